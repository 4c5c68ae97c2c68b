import itertools

from hypothesis import given
from hypothesis import strategies as st

from replayx.market.trade_holes import BEFORE_ALL_MS, TradeHoles
from tests.market.trades import tapes, trade

T0 = 1_700_000_000_000


def holes_of(*batches):
    holes = TradeHoles()
    for batch in batches:
        holes.note(batch)
    return holes


def test_all_before_the_first_trade_is_missing():
    holes = holes_of([trade(5, T0), trade(6, T0 + 2_500)])
    assert not TradeHoles().covers(T0, T0)
    assert not holes.covers(T0, T0 + 1)
    assert holes.covers(T0 + 1, T0 + 10**9)
    assert holes.next_whole(T0 - 7) == T0 + 1_000
    assert holes.next_whole(T0 + 1) > 10**18
    assert holes.spans() == [(T0, T0 + 2_500)]
    holes.begin(3, T0 - 4_000)
    assert holes.covers(T0 - 3_999, T0)


@given(tapes(holes=True), st.data())
def test_a_span_is_whole_if_no_id_is_missing_in_it(tape, data):
    parts = [part for part in tape.runs if part]
    holes = holes_of(*parts)
    trades = tape.trades
    torn = [
        (one.time_ms, after.time_ms, one.id + 1)
        for one, after in itertools.pairwise(trades)
        if after.id > one.id + 1
    ]
    first_ms = trades[0].time_ms + data.draw(st.integers(1, 100_000))
    last_ms = first_ms + data.draw(st.integers(0, 100_000))
    expected = all(after < first_ms or before > last_ms for before, after, _ in torn)
    assert holes.covers(first_ms, last_ms) == expected
    assert all(holes.hold(trade(number, 0)) for _, _, number in torn)
    assert not any(holes.hold(one) for one in trades)
    assert (holes.first_id, holes.last_id) == (trades[0].id, trades[-1].id)
    assert len(holes.spans()) == len(torn) + 1


def test_what_was_before_begins_never():
    assert holes_of([trade(1, T0)]).covers(BEFORE_ALL_MS + 1, T0 - 1) is False
