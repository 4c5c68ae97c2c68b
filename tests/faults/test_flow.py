"""Flows: what their messages say, and what parts of them send."""

import pytest

from replayx.faults.flow import Flow, GivenColumns, Part
from tests.faults.flows import flow_of

ENVELOPED = '{"stream":"c","data":{"a":1}}'
WANTED = {"c": (b'{"stream":"c","data":', b"}")}


@pytest.mark.parametrize(
    ("text", "wanted", "payload"),
    [
        ("{}", {}, b"{}"),
        (ENVELOPED, WANTED, b'{"a":1}'),
        (ENVELOPED, {"other": (b"x", b"y")}, ENVELOPED.encode()),
        ("x" * 300, {}, b"x" * 300),
        ("x" * 70_000, {}, b"x" * 70_000),
    ],
)
def test_payloads_are_without_frame_and_envelope(text, wanted, payload):
    flow = flow_of("before", text, wanted=wanted)
    assert flow.payload(1) == payload


def test_a_part_sends_its_messages_or_what_stands_for_them():
    flow = flow_of(*"abc")
    assert flow.bytes_of(Part(1, 3, 0)) == b"\x81\x01b\x81\x01c"
    assert flow.bytes_of(Part(1, 3, 0, b"other")) == b"other"
    assert flow.bytes_of(flow.parts[0]) == flow.frames


def test_a_flow_like_another_is_of_its_venue_and_envelopes():
    flow = flow_of("a", wanted=WANTED)
    flow.venue_ms = lambda at_ns: at_ns + 1
    columns = GivenColumns(memoryview(b"\x81\x01b"), (0, 3), ("c",), (7,))
    other = Flow.of(5, 9, columns, like=flow)
    assert (other.now_ns, other.index, other.count) == (5, 9, 1)
    assert (other.wanted, other.venue, other.venue_ms(1)) == (WANTED, None, 2)
    assert other.parts == [Part(0, 1, 5)]


def test_a_venues_clock_is_the_tapes_unless_said():
    assert flow_of("a").venue_ms(1_999_999) == 1
