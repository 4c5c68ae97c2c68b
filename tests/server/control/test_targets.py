from fractions import Fraction

import msgspec
import pytest

from replayx.market.events import FeedKind
from replayx.server.control.definitions import Advance, ClockChange, Refused, RunUntil, Seek
from replayx.server.control.targets import (
    advance_stop,
    clock_inputs,
    run_until_stop,
    seek_ns,
    timeout_s,
)
from replayx.session.inputs import PauseAsked, ResumeAsked, SpeedAsked
from replayx.session.stops import StopAfter, StopAt, StopWhen
from tests.server.control.fake_run import START, T0, S

CLOCK = msgspec.structs.replace(START, position_ns=T0 + 50 * S)


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ({}, []),
        ({"speed": "10"}, [SpeedAsked(4, Fraction(10))]),
        ({"speed": 0.1}, [SpeedAsked(4, Fraction(1, 10))]),
        ({"speed": 10}, [SpeedAsked(4, Fraction(10))]),
        ({"speed": "1/2"}, [SpeedAsked(4, Fraction(1, 2))]),
        ({"speed": "max", "paused": False}, [SpeedAsked(4, None), ResumeAsked(4)]),
        ({"paused": True}, [PauseAsked(4)]),
    ],
)
def test_changes_of_the_clock(given, inputs):
    change = msgspec.convert(given, ClockChange)
    assert [make(4) for make in clock_inputs(change)] == inputs


@pytest.mark.parametrize(
    "speed", ["0", "0.0", "-1", "1e9", "10/0", "1" * 13, "x", "", "1\n", "10x", "١"]
)
def test_what_is_no_speed(speed):
    with pytest.raises(Refused) as refused:
        clock_inputs(ClockChange(speed=speed))
    assert (refused.value.problem.status, refused.value.problem.where) == (400, "$.speed")


@pytest.mark.parametrize(
    ("to", "second"),
    [
        ("+30s", 80),
        ("-10s", 40),
        ("+1h", 100),
        ("-1h", 0),
        ("90s", 90),
        ("0s", 0),
        ("2023-11-14T22:13:25Z", 5),
        ("2023-11-14T23:13:25+01:00", 5),
        (1_700_000_007, 7),
        (1_700_000_007_000, 7),
        (T0 + 100 * S, 100),
        (str(T0), 0),
    ],
)
def test_where_a_seek_goes(to, second):
    assert seek_ns(Seek(to=to), CLOCK) == T0 + second * S


def test_a_time_may_be_one_that_clients_see():
    rebased = msgspec.structs.replace(CLOCK, shift_ms=3_600_000)
    assert seek_ns(Seek(to=T0 + 3600 * S + 5 * S), rebased) == T0 + 5 * S
    assert seek_ns(Seek(to=T0 + 5 * S), rebased) == T0 + 5 * S
    assert run_until_stop(RunUntil(at=T0 + 3660 * S), rebased) == StopAt(T0 + 60 * S)
    with pytest.raises(Refused):
        seek_ns(Seek(to=T0 + 1800 * S), rebased)


@pytest.mark.parametrize(
    ("to", "status", "told"),
    [
        ("101s", 409, "101s is not on the tape"),
        ("2026-11-03T13:59:00Z", 409, "2026-11-03T13:59:00Z is not on the tape"),
        ("2026-02-31", 409, "there is no 2026-02-31"),
        (0, 409, "0 is not on the tape"),
        ("-5", 400, "'-5'"),
        ("+", 400, "'+'"),
        ("", 400, "''"),
        ("soon", 400, "'soon'"),
        ("9" * 64, 400, "'" + "9" * 64 + "'"),
    ],
)
def test_where_no_seek_goes(to, status, told):
    with pytest.raises(Refused) as refused:
        seek_ns(Seek(to=to), CLOCK)
    problem = refused.value.problem
    assert (problem.status, problem.error, problem.where) == (status, told, "$.to")
    assert problem.expected


def test_how_far_an_advance_goes():
    assert advance_stop(Advance(by="1.5s"), CLOCK) == StopAt(T0 + 51 * S + S // 2)
    assert advance_stop(Advance(messages=10), CLOCK) == StopAfter(10)
    assert advance_stop(Advance(by="9" * 12 + "d"), CLOCK) == StopAt((1 << 63) - 1)


@pytest.mark.parametrize("by", ["1", "", "s", "1 s", "1e3s", "1" * 13 + "s"])
def test_what_is_no_duration(by):
    with pytest.raises(Refused):
        advance_stop(Advance(by=by), CLOCK)


@pytest.mark.parametrize(
    ("given", "stop"),
    [
        ({"at": "90s"}, StopAt(T0 + 90 * S)),
        ({"at": "+1s"}, StopAt(T0 + 51 * S)),
        ({"at": T0 + 60 * S}, StopAt(T0 + 60 * S)),
        ({"channel": "a*"}, StopWhen(channel="a*")),
        ({"event": "aggregated trade"}, StopWhen(event="aggregated trade")),
        ({"event": "trade", "channel": "a"}, StopWhen("a", "trade")),
        ({"price_crosses": 60000}, StopWhen(price_crosses="60000")),
        ({"price_crosses": "0.5"}, StopWhen(price_crosses="0.5")),
        ({"price_crosses": 0.0000001}, StopWhen(price_crosses="0.0000001")),
    ],
)
def test_where_a_run_stops(given, stop):
    assert run_until_stop(msgspec.convert(given, RunUntil), CLOCK) == stop


@pytest.mark.parametrize(
    ("given", "status", "where"),
    [
        ({"at": "10s"}, 409, "$.at"),
        ({"at": "-1s"}, 400, "$.at"),
        ({"at": "never"}, 400, "$.at"),
        ({"price_crosses": "x"}, 400, "$.price_crosses"),
        ({"price_crosses": "-1"}, 400, "$.price_crosses"),
        ({"price_crosses": "1e999999"}, 400, "$.price_crosses"),
    ],
)
def test_where_no_run_stops(given, status, where):
    with pytest.raises(Refused) as refused:
        run_until_stop(msgspec.convert(given, RunUntil), CLOCK)
    assert (refused.value.problem.status, refused.value.problem.where) == (status, where)


def test_timeouts():
    assert timeout_s(RunUntil(at="1s")) is None
    assert timeout_s(RunUntil(event=FeedKind.TRADE, timeout="250ms")) == 0.25
    with pytest.raises(Refused):
        timeout_s(RunUntil(at="1s", timeout="soon"))
