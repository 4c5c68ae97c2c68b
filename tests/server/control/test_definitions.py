import re

import msgspec
import pytest

from replayx.quantities import parse_duration_ns, parse_speed
from replayx.server.control.definitions import (
    DURATION,
    GROUPS,
    SPEED,
    Advance,
    ClockChange,
    Refused,
    RunUntil,
    Seek,
    check_groups,
)


@pytest.mark.parametrize(
    "body",
    [
        ClockChange(),
        Advance(by="1s"),
        Advance(messages=1),
        Seek(to=1),
        RunUntil(at="1s", timeout="1s"),
        RunUntil(channel="a", price_crosses=1),
    ],
)
def test_fields_that_go_together(body):
    check_groups(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Advance(), "`by` or else `messages`"),
        (Advance(by="1s", messages=1), "`by` or else `messages`"),
        (RunUntil(), "`at` or else `channel` and `event` and `price_crosses`"),
        (RunUntil(timeout="1s"), "`at` or else `channel` and `event` and `price_crosses`"),
        (RunUntil(at=1, channel="a"), "`at` or else `channel` and `event` and `price_crosses`"),
    ],
)
def test_fields_that_do_not(body, expected):
    with pytest.raises(Refused) as refused:
        check_groups(body)
    assert (refused.value.problem.status, refused.value.problem.expected) == (400, expected)


def test_groups_name_fields_that_are_there():
    for one in (Advance, RunUntil):
        named = {field for group in GROUPS[one.__name__] for field in group}
        assert named <= set(one.__struct_fields__)


@pytest.mark.parametrize("text", ["1ns", "1.5h30m", "1d", "10s"])
def test_durations_are_those_of_the_command_line(text):
    assert re.fullmatch(DURATION, text)
    assert parse_duration_ns(text) > 0


@pytest.mark.parametrize("text", ["max", "1", "0.1", ".5", "1/3", "1000"])
def test_speeds_are_those_of_the_command_line(text):
    assert re.fullmatch(SPEED, text)
    parse_speed(text)


@pytest.mark.parametrize("body", [b'{"speed":null}', b'{"speed":0}', b'{"speed":1e7}', b'{"x":1}'])
def test_what_no_field_takes(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ClockChange)
