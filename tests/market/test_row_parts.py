import pytest

from replayx.market.row_parts import RowParts, Span
from replayx.market.trade_sums import Digits, TradeColumns
from tests.market.trades import trade

TRADES = [trade(k, 5_000 + 100 * k, f"{k}.00") for k in range(1, 12)]  # the last two: 6 s
ROW = TradeColumns(TRADES[:9], Digits(2, 3, 5)).sum_of(0, 9, 4)


def columns(trades):
    return TradeColumns(trades, Digits(2, 3, 5))


@pytest.mark.parametrize(
    ("span", "apart", "ids"),
    [
        (Span(5_200, 5_400), (), (2, 4)),
        (Span(0, 5_150), (), (1, 1)),
        (Span(5_850, 9_000), (), (9, 9)),
        (Span(0, 9_000, 6), (), (7, 9)),
        (Span(5_200, 5_400), (4,), (2, 3)),
        (Span(5_210, 5_290), (), None),
    ],
)
def test_a_part_is_the_trades_in_it(span, apart, ids):
    asked = []

    def run_trades(run):
        asked.append(run)
        return TRADES * 2  # told by two connections

    parts = RowParts(run_trades)
    for _ in range(2):
        found = parts.part(ROW, span, columns, apart=apart)
        assert (found and (found.first_id, found.last_id)) == ids
        assert found is None or found.trade_count == ids[1] - ids[0] + 1
    assert asked == [4]
    parts.clear()
    parts.part(ROW, span, columns, apart=apart)
    assert asked == [4, 4]


@pytest.mark.parametrize(
    ("span", "holds", "touches"),
    [
        (Span(5_100, 5_900), True, True),
        (Span(5_101, 5_900), False, True),
        (Span(5_100, 5_899), False, True),
        (Span(5_100, 5_900, 1), False, True),
        (Span(5_100, 5_900, 9), False, False),
        (Span(6_000, 7_000), False, False),
    ],
)
def test_a_span_holds_a_row_or_touches_it(span, holds, touches):
    assert span.holds(ROW) == holds
    assert span.touches(ROW) == touches
