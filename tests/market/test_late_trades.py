from hypothesis import given
from hypothesis import strategies as st

from replayx.market.late_trades import BEFORE_TAPE, LateTrades
from replayx.market.trade_sums import Digits, TradeColumns
from tests.market.trades import trade

DIGITS = Digits(2, 3, 5)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(-1, 5)),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(-1, 6),
)
def test_what_was_known_of_a_span_is_given_in_order(rows, low, high, run):
    late = LateTrades()
    for number, (time_ms, known) in enumerate(rows):
        late.add(TradeColumns([trade(number, time_ms)], DIGITS), 1, known)
    known = [(time, n) for n, (time, known) in enumerate(rows) if known < run]
    inside = sorted(one for one in known if low <= one[0] <= high)
    found = late.between(low, high, run)
    assert [(one.first_ms, one.first_id) for one in found] == inside
    before = [one for one in known if one[0] < low]
    last = late.last_before(low, run)
    assert (last and (last.first_ms, last.first_id)) == (max(before) if before else None)


def test_ids_lead_back_as_far_as_none_is_missing():
    late = LateTrades()
    trades = [trade(number, 100 * number) for number in (3, 5, 6, 7)]
    late.add(TradeColumns(trades, DIGITS), len(trades), BEFORE_TAPE)
    assert late.chained(8, 900) == (5, 500)
    assert late.chained(9, 900) == (9, 900)
