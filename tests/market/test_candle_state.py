"""What candles are made of where the trades do not tell all of them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from replayx.market.candles import CandleRows
from replayx.market.instant import Instant
from replayx.market.interval import Interval
from replayx.market.told_candles import ToldCandles
from tests.market.brute_candles import as_candle, brute_candles, values
from tests.market.trades import SYMBOL, tapes, trade

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
T0 = 1_699_999_980_000  # the beginning of a minute, not of five


def told(interval, rows, told_ms, *, has_ids=True):
    candles = [as_candle(SYMBOL, row, has_ids=has_ids) for row in rows]
    return ToldCandles(interval, candles, told_ms, is_answer=not has_ids)


def without_ids(rows):
    return [
        {name: value for name, value in row.items() if name not in ("first_id", "last_id")}
        for row in rows
    ]


@given(data=st.data())
def test_an_answer_and_the_trades_behind_it_make_what_all_trades_make(data):
    trades = data.draw(tapes(longest_gap_ms=30_000)).trades
    begin = data.draw(st.integers(1, len(trades)))
    told_ms = trades[begin - 1].time_ms
    assume(begin == len(trades) or trades[begin].time_ms > told_ms)
    runs = [[], trades[begin:]]
    rows = CandleRows(SYMBOL, runs.__getitem__)
    has_ids = data.draw(st.booleans())
    rows.add_candles(
        0, told("1m", brute_candles(trades[:begin], "1m", told_ms), told_ms, has_ids=has_ids)
    )
    rows.add_trades(1, trades[begin:])
    count = data.draw(st.integers(begin, len(trades)))
    at = Instant(trades[count - 1].time_ms, 1, 0, trades[begin:count])
    for interval in ("1m", "3m", "1h", "1d"):
        expected = brute_candles(trades[:count], interval, at.now_ms)
        found = [values(one) for one in rows.candles(interval, 1500, at)]
        assert without_ids(found) == without_ids(expected)


@given(data=st.data())
def test_updates_alone_make_every_longer_candle(data):
    trades = data.draw(tapes(longest_gap_ms=30_000)).trades
    rows = CandleRows(SYMBOL, [].__getitem__)
    last_start = 0
    for run in range(len(trades)):
        expected = brute_candles(trades[: run + 1], "1m", 0)
        news = [row for row in expected if row["start_ms"] >= last_start]
        last_start = news[-1]["start_ms"]
        rows.add_candles(run, told("1m", news, trades[run].time_ms))
    count = data.draw(st.integers(1, len(trades)))
    at = Instant(trades[count - 1].time_ms, count)
    for interval in ("1m", "5m", "1h", "1M"):
        expected = brute_candles(trades[:count], interval, at.now_ms)
        found = [values(one) for one in rows.candles(interval, 1500, at)]
        assert found == expected[-1500:]


def minutes(count, first_ms=T0):
    """Return closed candles of a minute, each with one trade."""
    trades = [
        trade(k, first_ms + k * MINUTE + 5, f"{10 + k}.00", f"{k + 1}.000") for k in range(count)
    ]
    return brute_candles(trades, "1m", first_ms + count * MINUTE)[:count]


def test_what_closed_before_the_instant_may_be_told_later():
    rows = CandleRows(SYMBOL, [].__getitem__)
    rows.add_candles(9, told("1m", minutes(3), T0 + 3 * MINUTE + 10_000, has_ids=False))
    found = rows.candles("1m", 9, Instant(T0 + 2 * MINUTE + 30_000, 0))
    assert [one.start_ms for one in found] == [T0, T0 + MINUTE]
    assert rows.candles("1m", 9, Instant(T0 + 30_000, 0)) == []


def test_what_is_open_is_as_it_was_told_last():
    rows = CandleRows(SYMBOL, [].__getitem__)
    trades = [trade(1, T0 + 5, "10.00"), trade(2, T0 + 9_000, "12.00"), trade(3, T0 + 9_500)]
    for run in range(3):
        known = brute_candles(trades[: run + 1], "1m", 0)
        rows.add_candles(run, told("1m", known, trades[run].time_ms))
    counts = [
        [one.trade_count for one in rows.candles("1m", 9, Instant(T0 + 10_000, run))]
        for run in range(4)
    ]
    assert counts == [[], [1], [2], [3]]
    tail = (told("1m", brute_candles(trades[:2], "1m", 0), T0 + 9_000),)
    (one,) = rows.candles("1m", 9, Instant(T0 + 9_100, 1, tail_candles=tail))
    assert (one.trade_count, one.close, one.is_closed) == (2, "12.00", False)


def test_what_was_told_last_counts_whoever_told_it():
    rows = CandleRows(SYMBOL, [].__getitem__)
    trades = [trade(1, T0 + 5, "10.00"), trade(2, T0 + 9_000, "12.00"), trade(3, T0 + 9_500)]
    one, two, three = (brute_candles(trades[:count], "1m", 0) for count in (1, 2, 3))
    rows.add_candles(0, told("1m", two, T0 + 9_000))
    old = told("1m", one, T0 + 100, has_ids=False)
    new = told("1m", three, T0 + 9_600)
    for tail, count in (((old,), 2), ((new, old), 3), ((old, new), 3), ((), 2)):
        at = Instant(T0 + 9_700, 1, tail_candles=tail)
        assert [each.trade_count for each in rows.candles("1m", 9, at)] == [count]


def test_the_newest_row_of_an_answer_is_final_only_well_after_its_end():
    rows = CandleRows(SYMBOL, [].__getitem__)
    rows.add_candles(3, told("1m", minutes(2), T0 + 2 * MINUTE + 4_000, has_ids=False))
    early = rows.candles("1m", 9, Instant(T0 + 2 * MINUTE + 1, 0))
    assert [one.start_ms for one in early] == [T0]
    late = rows.candles("1m", 9, Instant(T0 + 2 * MINUTE + 5_000, 4))
    assert [one.start_ms for one in late] == [T0, T0 + MINUTE]


def test_a_fresh_minute_says_more_than_an_hour_told_long_ago():
    rows = CandleRows(SYMBOL, [].__getitem__)
    hour_ms = T0 - T0 % HOUR
    parts = minutes(3, hour_ms)
    rows.add_candles(0, told("1h", brute_candles([trade(0, hour_ms + 5)], "1h", 0), hour_ms + 9))
    rows.add_candles(1, told("1m", parts[:2], hour_ms + 2 * MINUTE))
    (one,) = rows.candles("1h", 9, Instant(hour_ms + 2 * MINUTE, 2))
    assert (one.trade_count, one.close) == (2, "11.00")
    (one,) = rows.candles("1h", 9, Instant(hour_ms + MINUTE - 1, 1))
    assert one.trade_count == 1


def test_nothing_is_made_up_between_what_is_told():
    rows = CandleRows(SYMBOL, [].__getitem__)
    rows.add_candles(0, told("1m", minutes(1), T0 + MINUTE))
    rows.add_candles(0, told("1m", minutes(1, T0 + DAY), T0 + DAY + MINUTE))
    found = rows.candles("1m", 9, Instant(T0 + 2 * DAY, 1))
    assert [one.start_ms - T0 for one in found] == [0, DAY]


@pytest.mark.parametrize("interval", ["1m", "1h", "1d", "3d", "1w", "1M"])
@given(shift_ms=st.integers(-(10**11), 10**11), first=st.integers(0, 600))
def test_recorded_candles_move_by_whole_intervals(interval, shift_ms, first):
    grid = Interval.parse(interval)
    gap_ms = min(37 * HOUR, 13 * grid.longest_ms)
    trades = [trade(k, 1_600_000_000_000 + (first + k) * gap_ms) for k in range(20)]
    recorded = brute_candles(trades, interval, 0)[:200]
    now_ms = recorded[-1]["end_ms"] + 1
    rows = CandleRows(SYMBOL, [].__getitem__)
    rows.add_candles(0, told(interval, recorded, now_ms))
    rows.add_candles(0, told(interval, [recorded[-1] | {"is_closed": True}], now_ms))
    at = Instant(now_ms + shift_ms + grid.longest_ms, 1, shift_ms)
    found = rows.candles(interval, 1500, at)
    starts = [one.start_ms for one in found]
    assert starts == [grid.start_of(one) for one in starts]
    assert starts[1:] == [grid.next_start(one) for one in starts[:-1]]
    assert [one.end_ms for one in found] == [grid.end_of(one) for one in starts]
    assert [one.close for one in found] == [str(one["close"]) for one in recorded]
    assert [one.trade_count for one in found] == [one["trade_count"] for one in recorded]
    if grid.length_ms:
        assert all(
            abs(one.start_ms - row["start_ms"] - shift_ms) < grid.length_ms
            for one, row in zip(found, recorded, strict=True)
        )


@given(count=st.integers(-1000, 1000))
def test_a_shift_of_whole_intervals_can_be_undone(count):
    shift_ms = count * MINUTE
    recorded = minutes(5)
    now_ms = recorded[-1]["end_ms"] + 1
    rows = CandleRows(SYMBOL, [].__getitem__)
    rows.add_candles(0, told("1m", recorded, now_ms))
    plain = [values(one) for one in rows.candles("1m", 9, Instant(now_ms, 1))]
    moved = rows.candles("1m", 9, Instant(now_ms + shift_ms, 1, shift_ms))
    back = [
        values(one) | {"start_ms": one.start_ms - shift_ms, "end_ms": one.end_ms - shift_ms}
        for one in moved
    ]
    assert back == plain == recorded
