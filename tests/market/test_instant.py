from hypothesis import given
from hypothesis import strategies as st

from replayx.market.instant import TradesAt
from replayx.market.trade_sums import TradeColumns
from tests.market.trades import Tape, tapes, trade


def known_at(tape, count):
    return TradesAt(tape.rows.rows, tape.at(count))


@given(tapes(late=True), st.data())
def test_an_instant_knows_what_came_before_it_and_no_more(tape, data):
    count = data.draw(st.integers(0, len(tape.trades)))
    trades = known_at(tape, count)
    known = tape.trades[:count]
    first_ms = tape.trades[0].time_ms + data.draw(st.integers(-10, 100_000))
    last_ms = first_ms + data.draw(st.integers(0, 100_000))
    inside = [one for one in known if first_ms <= one.time_ms <= last_ms]
    found = trades.between(first_ms, last_ms)
    expected = None
    if inside:
        columns = TradeColumns(inside, tape.rows.digits)
        expected = columns.sum_of(0, len(inside), 0)
    assert (found and found._replace(run=0)) == expected


def test_the_tail_goes_on_where_the_rows_end():
    tape = Tape([trade(k, 1_000 * k, f"{k}.00") for k in range(1, 7)], [3])
    trades = known_at(tape, 5)
    assert trades.last_ms == 5_000
    assert trades.last_before(5_000).close == 400
    assert trades.last_before(9_000).close == 500
    assert trades.last_before(1_000) is None
    assert trades.above(2, 0, 9_000).first_id == 3
    assert trades.above(4, 0, 9_000).first_id == 5
    assert trades.above(5, 0, 9_000) is None
    assert trades.covers(2_000, 9_000)
    assert trades.next_whole(500) == 2_000


def test_a_trade_that_comes_late_behind_the_rows_is_not_the_last_one():
    tape = Tape([trade(1, 0, "1.00"), trade(2, 90, "2.00"), trade(3, 20, "3.00")], [2])
    trades = known_at(tape, 3)
    found = trades.between(0, 99)
    assert (found.open, found.close, found.last_ms, found.last_id) == (100, 200, 90, 3)
    assert trades.last_before(1_000).close == 200
    assert trades.last_before(50).close == 300
