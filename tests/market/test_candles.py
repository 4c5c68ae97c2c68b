import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.candles import CandleRows
from replayx.market.instant import Instant
from tests.market.brute_candles import brute_candles, values
from tests.market.trades import SYMBOL, Tape, captured_trades, tapes, trade

MINUTE = 60_000
HOUR = 60 * MINUTE
INTERVALS = ("1s", "1m", "3m", "5m", "1h", "4h", "1d", "3d", "1w", "1M")
ZONES = (0, 8 * HOUR, -12 * HOUR, 5 * HOUR + 45 * MINUTE)
T0 = 1_699_999_980_000  # the beginning of a minute, not of five


@pytest.mark.parametrize("interval", INTERVALS)
@given(data=st.data())
def test_candles_are_what_the_trades_known_add_up_to(interval, data):
    tape = data.draw(tapes())
    count = data.draw(st.integers(1, len(tape.trades)))
    zone_ms = data.draw(st.sampled_from(ZONES))
    shift_ms = data.draw(st.sampled_from((0, 0, 1_000, 86_400_000, 123_456_789, -1)))
    later_ms = data.draw(st.integers(-2_000, 90_000))
    known = tape.trades[:count]
    now_ms = known[-1].time_ms + shift_ms + later_ms
    expected = brute_candles(known, interval, now_ms, shift_ms=shift_ms, zone_ms=zone_ms)
    at = tape.at(count, now_ms, shift_ms=shift_ms)
    limit = data.draw(st.integers(1, 1500))
    found = tape.rows.candles(interval, limit, at, zone_ms=zone_ms)
    assert [values(one) for one in found] == expected[-limit:]
    start_ms = expected[0]["start_ms"] + data.draw(st.integers(-5, 100_000))
    end_ms = start_ms + data.draw(st.integers(0, 500_000))
    within = [one for one in expected if start_ms <= one["start_ms"] <= end_ms]
    found = tape.rows.candles(
        interval, limit, at, start_ms=start_ms, end_ms=end_ms, zone_ms=zone_ms
    )
    assert [values(one) for one in found] == within[:limit]
    until = [one for one in expected if one["start_ms"] <= end_ms]
    found = tape.rows.candles(interval, limit, at, end_ms=end_ms, zone_ms=zone_ms)
    assert [values(one) for one in found] == until[-limit:]


@given(data=st.data())
def test_trades_that_come_late_are_counted_where_they_belong(data):
    tape = data.draw(tapes(late=True))
    count = data.draw(st.integers(1, len(tape.trades)))
    shift_ms = data.draw(st.sampled_from((0, 123)))
    at = tape.at(count, shift_ms=shift_ms)
    for interval in ("1s", "1m", "1h"):
        expected = brute_candles(tape.trades[:count], interval, at.now_ms, shift_ms=shift_ms)
        assert [values(one) for one in tape.rows.candles(interval, 1500, at)] == expected[-1500:]


@given(data=st.data())
def test_a_hole_is_not_known_before_what_comes_behind_it(data):
    tape = data.draw(tapes(holes=True))
    count = data.draw(st.integers(1, len(tape.trades)))
    now_ms = tape.trades[count - 1].time_ms + data.draw(st.integers(0, 200_000))
    shorter = Tape(tape.trades[:count], tape.firsts[1:])
    for interval in ("1s", "1m", "1h"):
        found = tape.rows.candles(interval, 1500, tape.at(count, now_ms))
        assert found == shorter.rows.candles(interval, 1500, shorter.at(count, now_ms))


@given(data=st.data())
def test_trades_that_are_missing_leave_the_others_where_they_are(data):
    tape = data.draw(tapes(holes=True))
    at = tape.at(len(tape.trades))
    expected = {one["start_ms"]: one for one in brute_candles(tape.trades, "1m", at.now_ms)}
    found = [values(one) for one in tape.rows.candles("1m", 1500, at)]
    assert [one for one in found if one["trade_count"]] == [
        expected[start] for start in sorted(expected) if expected[start]["trade_count"]
    ]
    assert all(one == expected[one["start_ms"]] for one in found)


@given(data=st.data())
def test_told_twice_is_counted_once(data):
    tape = data.draw(tapes())
    again = CandleRows(SYMBOL, lambda run: tape.runs[run] * 2)
    for run, part in enumerate(tape.runs):
        again.add_trades(run, part)
        again.add_trades(run, part[: len(part) // 2])
    at = tape.at(len(tape.trades), shift_ms=77)
    assert again.candles("1m", 1500, at) == tape.rows.candles("1m", 1500, at)


def test_there_is_no_candle_before_anything_is_known():
    tape = Tape([trade(1, T0), trade(2, T0 + 5)], [1])
    assert tape.rows.candles("1m", 10, Instant(T0 - 1, 0)) == []
    assert CandleRows(SYMBOL, [].__getitem__).candles("1m", 10, Instant(T0, 5)) == []


def test_an_interval_that_is_none_is_told():
    with pytest.raises(ValueError, match="1x"):
        CandleRows(SYMBOL, [].__getitem__).candles("1x", 10, Instant(T0, 5))


def test_trades_of_answers_go_before_the_streams():
    rows = CandleRows(SYMBOL, lambda run: [trade(12, T0 + 70_000)] if run == 0 else [])
    rows.add_trades(0, [trade(12, T0 + 70_000)])
    rows.add_history([trade(n, T0 - 50_000 + 10_000 * n) for n in (3, 4, 10, 11, 12)])
    found = rows.candles("1m", 10, Instant(T0 + 80_000, 1))
    assert [(one.start_ms - T0, one.trade_count) for one in found] == [
        (-60_000, 2),
        (0, 1),
        (60_000, 2),
    ]


@pytest.mark.capture
@pytest.mark.parametrize(
    "name",
    [
        "binance_spot_20240808_btcusdt_ethusdt",
        "binance_usdm_20240808_btcusdt_ethusdt",
        "binance_coinm_20240808_btcusd_ethusd",
    ],
)
def test_candles_of_real_trades(captures, name):
    for trades in captured_trades(captures / "ws" / f"{name}.ndjson.zst").values():
        tape = Tape(trades, range(500, len(trades), 700))
        for count in (1, len(trades) // 3, len(trades)):
            for interval in ("1s", "1m", "5m", "1h", "1d", "1M"):
                at = tape.at(count)
                expected = brute_candles(trades[:count], interval, at.now_ms)
                found = tape.rows.candles(interval, 1500, at)
                assert [values(one) for one in found] == expected
