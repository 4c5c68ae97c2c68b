from fractions import Fraction
from typing import get_args

import msgspec
import pytest

from replayx.faults.rule import Plan
from replayx.limits import TRANSCRIPT_PAYLOAD_BYTES_MAX
from replayx.ratelimit.limits_document import Limits
from replayx.session import effects, inputs
from replayx.session.effects import ClockState
from replayx.session.stops import StopAfter
from replayx.session.transcript_entry import (
    Body,
    Entry,
    Place,
    body_of,
    effect_entry,
    input_entry,
)
from replayx.venues.venue import HttpReply, HttpRequest, Refusal


class Name(str):
    """A header's name as a server may give it."""


PLACE = Place(seq=3, at_ns=5, now_ns=7)
CLOCK = ClockState(
    regime="wall",
    speed="1",
    paused=False,
    started=True,
    ended=False,
    position_ns=5,
    start_ns=0,
    end_ns=9,
    venue_ms=0,
    shift_ms=0,
    delivered=2,
)
INPUTS = [
    (inputs.ConnectionAsked(1, "fake", "/s/a"), {"kind": "connect", "target": "/s/a"}),
    (inputs.ConnectionOpened(1), {"kind": "opened", "connection": 1}),
    (inputs.MessageReceived(1, b"+a"), {"kind": "message", "payload": {"size": 2, "text": "+a"}}),
    (inputs.PingReceived(1, b""), {"kind": "ping", "payload": {"size": 0}}),
    (inputs.PongReceived(1, b"\xff"), {"kind": "pong", "payload": {"size": 1, "base64": "/w=="}}),
    (inputs.ConnectionLost(1), {"kind": "lost"}),
    (
        inputs.RequestReceived(4, "fake", HttpRequest("POST", "/o", (("A", "b"),), b"q")),
        {"kind": "request", "method": "POST", "headers": [["A", "b"]], "body": {"size": 1}},
    ),
    (
        inputs.RequestReceived(4, "fake", HttpRequest("GET", "/o", ((Name("A"), Name("b")),))),
        {"kind": "request", "headers": [["A", "b"]], "body": {"size": 0}},
    ),
    (
        inputs.RequestRefused(4, "fake", Refusal.BODY_TOO_LARGE, "4 MiB"),
        {"kind": "bad-request", "refusal": "body too large", "detail": "4 MiB"},
    ),
    (inputs.HistoryBuilt("fake"), {"kind": "history", "market": "fake", "is_built": True}),
    (inputs.HistoryBuilt("fake"), {"kind": "history", "market": "fake", "is_built": True}),
    (inputs.StartAsked(), {"kind": "command", "command": "start"}),
    (inputs.SpeedAsked(1, None), {"command": "speed", "speed": "max"}),
    (inputs.SpeedAsked(1, Fraction(1, 2)), {"command": "speed", "speed": "1/2"}),
    (inputs.PauseAsked(1), {"command": "pause", "number": 1}),
    (inputs.ResumeAsked(1), {"command": "resume"}),
    (inputs.SeekAsked(1, 0), {"command": "seek", "to_ns": 0}),
    (
        inputs.RunUntilAsked(1, StopAfter(10)),
        {"command": "run-until", "stop": {"type": "after", "messages": 10}},
    ),
    (inputs.ResetAsked(1), {"command": "reset"}),
    (inputs.FaultsAsked(1, Plan(seed=7)), {"command": "faults", "document": {"seed": 7}}),
    (
        inputs.LimitsAsked(1, Limits(rest_limit=5)),
        {"command": "limits", "document": {"rest_limit": 5}},
    ),
]
EFFECTS = [
    (effects.Accept(1), {"kind": "accept", "connection": 1}),
    (effects.Refuse(1, HttpReply(404, b"no")), {"kind": "refuse", "status": 404}),
    (effects.SendFrames((1, 2), b"abc"), {"kind": "played", "writes": 2, "size": 6}),
    (effects.CloseConnection(1, 1001, "x"), {"kind": "close", "code": 1001, "reason": "x"}),
    (effects.AbortConnection(1), {"kind": "abort", "connection": 1, "is_reset": True}),
    (
        effects.ReachChanged("m", effects.Reach.SILENT),
        {"kind": "reach", "market": "m", "reach": "silent"},
    ),
    (effects.Reply(4, HttpReply(200, b"{}")), {"kind": "reply", "status": 200, "size": 2}),
    (effects.HistoryWanted("fake"), {"kind": "history", "is_built": False}),
    (effects.Started(7), {"kind": "started"}),
    (effects.HistoryWanted("fake"), {"kind": "history", "is_built": False}),
    (effects.Ended(), {"kind": "ended"}),
    (effects.ReachChanged("fake", effects.Reach.REFUSED), {"kind": "reach", "reach": "refused"}),
    (effects.ClockTold(1, CLOCK), {"kind": "clock", "number": 1}),
]


def told(entry):
    """Return an entry as JSON, once it has come back the same from it."""
    data = msgspec.json.encode(entry)
    assert msgspec.json.decode(data, type=Entry) == entry
    return msgspec.json.decode(data)


def part_of(small, large):
    return all(
        part_of(value, large[name]) if isinstance(value, dict) else value == large[name]
        for name, value in small.items()
    )


def test_the_tables_hold_every_input_and_effect():
    assert {type(given) for given, _ in INPUTS} == {*get_args(inputs.AnyInput)}
    assert {type(done) for done, _ in EFFECTS} == {*get_args(effects.AnyEffect)}


@pytest.mark.parametrize(("given", "expected"), INPUTS)
def test_an_input_is_told(given, expected):
    entry = told(input_entry(given, PLACE))
    assert part_of({"seq": 3, "at_ns": 5, "now_ns": 7, **expected}, entry)


@pytest.mark.parametrize(("done", "expected"), EFFECTS)
def test_an_effect_is_told(done, expected):
    assert part_of({"seq": 3, **expected}, told(effect_entry(done, PLACE)))


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"", Body(0)),
        ("é".encode(), Body(2, text="é")),
        (b"\x00\xff", Body(2, base64=b"\x00\xff")),
    ],
)
def test_a_body_is_text_if_it_can_be(data, body):
    assert body_of(data) == body


def test_a_large_body_is_cut_before_a_word():
    size = TRANSCRIPT_PAYLOAD_BYTES_MAX
    body = body_of(b"." * (size - 10) + b"secret" * 10)
    assert body == Body(size + 50, text="." * (size - 10), is_cut=True)


def test_a_large_body_is_not_cut_within_a_letter():
    size = TRANSCRIPT_PAYLOAD_BYTES_MAX
    body = body_of(b"." * (size - 1) + "é".encode() * 9)
    assert body == Body(size + 17, text="." * (size - 1), is_cut=True)
