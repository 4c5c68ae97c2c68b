import itertools
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from replayx.market.events import AggTrade
from replayx.market.trade_sums import (
    UNKNOWN,
    Digits,
    TradeColumns,
    TradeSum,
    first_id_of,
    id_columns,
    interleaved,
    last_id_of,
    merged,
    rescaled,
)
from tests.market.trades import tapes, trade

DIGITS = Digits(2, 3, 5)


def sum_of(trades):
    return TradeColumns(trades, DIGITS).sum_of(0, len(trades), 0)


@given(tapes(), st.integers(0, 40), st.integers(0, 40))
def test_sums_of_parts_are_the_sum_of_all(tape, first, second):
    trades = tape.trades
    bounds = sorted({0, min(first, len(trades)), min(second, len(trades)), len(trades)})
    parts = [sum_of(trades[low:high]) for low, high in itertools.pairwise(bounds) if low < high]
    assert merged(parts) == interleaved(parts[::-1]) == sum_of(trades)
    assert merged([merged(parts[:1]), *parts[1:]]) == sum_of(trades)


@given(tapes(late=True))
def test_trades_out_of_order_add_up_in_the_order_of_time(tape):
    ordered = sorted(tape.trades, key=lambda one: one.time_ms)
    found = sum_of(tape.trades)
    assert (found.open, found.close) == (
        int(Decimal(ordered[0].price) * 100),
        int(Decimal(ordered[-1].price) * 100),
    )
    assert (found.first_id, found.last_id) == (tape.trades[0].id, tape.trades[-1].id)
    assert interleaved([sum_of([one]) for one in tape.trades]) == found


def test_an_amount_is_cut_trade_by_trade_as_the_venue_does():
    # Binance, trade 401634051 of ETHBTC: quoteQty 0.02168687 of 0.0216868788.
    trades = [trade(k, 5, "0.07011600", "0.30930000") for k in (1, 2)]
    digits = Digits.of_trades(trades)
    assert digits == Digits(8, 8, 8)
    assert TradeColumns(trades, digits).sum_of(0, 2, 0).amount == 2 * 2168687


def test_amounts_may_be_told_in_more_digits_than_they_need():
    wide = TradeColumns([trade(1, 5, "2.50", "1.001")], Digits(2, 3, 8)).sum_of(0, 1, 0)
    assert wide.amount == 250250000
    narrow = TradeColumns([trade(1, 5, "2.50", "1.001")], DIGITS).sum_of(0, 1, 0)
    assert rescaled(narrow, DIGITS, Digits(2, 3, 8)) == wide


def test_a_sum_of_nothing_gives_its_price_only_to_itself():
    nothing = TradeSum(0, 0, 0, -1, -1, 0, 7, 7, 7, 7, 0, 0, 0, 0)
    one = sum_of([trade(5, 100, "3.00", "2.000")])
    assert merged([nothing, one, nothing]) == one
    assert merged([nothing, nothing]).open == 7
    assert rescaled(nothing, DIGITS, Digits(2, 4, 5)).last_size == UNKNOWN


def test_ids_that_are_not_told_stay_unknown():
    told = sum_of([trade(5, 100)])._replace(first_id=UNKNOWN, last_id=UNKNOWN)
    later = sum_of([trade(9, 200)])
    assert merged([told, later])[3:5] == (UNKNOWN, 9)
    assert merged([later, told])[3:5] == (9, UNKNOWN)


def test_aggregated_trades_count_as_many_as_they_hold():
    rows = [
        AggTrade("AAABBB", 1, "2.00", "3.000", 10, 12, 100, False),
        AggTrade("AAABBB", 2, "1.00", "1.000", 13, 13, 101, True),
    ]
    assert id_columns(rows) == ([10, 13], [12, 13])
    assert (first_id_of(rows[0]), last_id_of(rows[0])) == (10, 12)
    found = sum_of(rows)
    assert (found.trade_count, found.first_id, found.last_id) == (4, 10, 13)
    assert (found.volume, found.taker_volume) == (4000, 3000)
    assert sum_of(rows[:1]).trade_count == 3
