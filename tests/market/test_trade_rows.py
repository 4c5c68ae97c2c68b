from hypothesis import given
from hypothesis import strategies as st

from replayx.market.trade_rows import TradeRows
from replayx.market.trade_sums import Digits, TradeColumns, interleaved
from tests.market.trades import tapes, trade


def filled(runs):
    rows = TradeRows(runs.__getitem__)
    for run, trades in enumerate(runs):
        rows.add(run, trades)
    return rows


def added_up(rows, first_ms, last_ms, run):
    sums, late = rows.sums_between(first_ms, last_ms, before_run=run)
    return interleaved(sums + late)._replace(run=0) if sums + late else None


@given(tapes(holes=True, late=True), st.data())
def test_a_span_is_what_its_trades_add_up_to(tape, data):
    rows = filled(tape.runs)
    run = data.draw(st.integers(0, len(tape.runs)))
    first_ms = tape.trades[0].time_ms + data.draw(st.integers(-10, 100_000))
    last_ms = first_ms + data.draw(st.integers(0, 100_000))
    known = [one for part in tape.runs[:run] for one in part]
    inside = [one for one in known if first_ms <= one.time_ms <= last_ms]
    expected = None
    if inside:
        expected = TradeColumns(inside, rows.digits).sum_of(0, len(inside), 0)
    assert added_up(rows, first_ms, last_ms, run) == expected
    before = [one for one in known if one.time_ms < first_ms]
    last = rows.last_before(first_ms, before_run=run)
    assert (last and last.last_ms) == max((one.time_ms for one in before), default=None)


@given(tapes(), st.data())
def test_trades_above_an_id_are_those_behind_it(tape, data):
    rows = filled(tape.runs)
    trades = tape.trades
    last_id = data.draw(st.integers(trades[0].id - 1, trades[-1].id))
    first_ms = trades[0].time_ms + data.draw(st.integers(-5, 50_000))
    last_ms = first_ms + data.draw(st.integers(0, 100_000))
    sums = rows.sums_above(last_id, first_ms, last_ms, before_run=len(tape.runs))
    expected = [one.id for one in trades if one.id > last_id and first_ms <= one.time_ms <= last_ms]
    assert sum(one.trade_count for one in sums) == len(expected)
    if expected:
        assert (sums[0].first_id, sums[-1].last_id) == (expected[0], expected[-1])


def test_more_digits_widen_what_was_added_before():
    rows = filled([[trade(1, 5, "2.0", "1")], [trade(2, 6, "2.25", "0.125")]])
    assert rows.digits == Digits(2, 3, 5)
    assert [(one.open, one.volume, one.amount) for one in rows.rows] == [
        (200, 1000, 200_000),
        (225, 125, 28_125),
    ]


def test_a_trade_that_fills_a_hole_is_counted_once():
    runs = [[trade(1, 1_000), trade(4, 4_000)], [trade(2, 2_000), trade(3, 3_000), trade(4, 4_000)]]
    rows = filled([*runs, runs[1]])
    assert added_up(rows, 0, 9_000, 3).trade_count == 4
    assert added_up(rows, 0, 9_000, 1).trade_count == 2
