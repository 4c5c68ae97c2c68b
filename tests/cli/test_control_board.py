import msgspec
import pytest

from replayx.cli.control_board import clock_line, entry_line, print_connections
from replayx.session.transcript_entry import Body, ClockEntry, MessageEntry
from tests.server.control.fake_run import START, T0, S


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "2023-11-14 22:13:20.000Z, 0s of 1m 40.0s at 1 x, running"),
        (
            {"started": False},
            "2023-11-14 22:13:20.000Z, 0s of 1m 40.0s at 1 x, waiting for its start",
        ),
        ({"paused": True}, "2023-11-14 22:13:20.000Z, 0s of 1m 40.0s at 1 x, paused"),
        (
            {"ended": True, "speed": "max", "position_ns": T0 + 100 * S, "regime": "lockstep"},
            "2023-11-14 22:15:00.000Z, 1m 40.0s of 1m 40.0s at full speed, ended, lockstep",
        ),
        (
            {"shift_ms": 86_400_000, "venue_ms": T0 // 10**6 + 86_400_000},
            "2023-11-14 22:13:20.000Z, 0s of 1m 40.0s at 1 x, running, "
            "2023-11-15 22:13:20.000Z to clients",
        ),
    ],
)
def test_where_a_clock_stands(changes, line):
    assert clock_line(msgspec.structs.replace(START, **changes)) == line


def test_an_entry_is_one_line_that_moves_no_cursor():
    body = Body(5, text="a\n\x1b[2J" + "b" * 500)
    line = entry_line(MessageEntry(seq=1, at_ns=T0, now_ns=0, connection=1, payload=body))
    assert line.startswith("     1  2023-11-14 22:13:20.000Z  message     connection=1")
    assert line.isprintable()
    assert len(line) == 160


def test_an_answer_of_the_clock_is_its_line():
    line = entry_line(ClockEntry(seq=1, at_ns=T0, now_ns=0, number=1, clock=START))
    assert line.endswith(clock_line(START))


def test_no_connection_is_said(capsys):
    print_connections([])
    assert capsys.readouterr().out == "no connection is open\n"
