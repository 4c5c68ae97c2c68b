"""Frames out of bytes: any cut gives the same messages; broken ones are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.framing import frame
from replayx.limits import MESSAGE_BYTES_MAX
from replayx.recorder.frame_reader import (
    FrameReader,
    Message,
    Side,
    close_payload,
    close_status,
    unmask,
)

KEY = b"\x01\x02\x03\x04"


def masked(payload: bytes, opcode: int = 1) -> bytes:
    plain = frame(payload, opcode)
    head = plain[: len(plain) - len(payload)]
    return head[:1] + bytes((head[1] | 0x80,)) + head[2:] + KEY + unmask(payload, KEY)


@given(
    payloads=st.lists(st.binary(max_size=300) | st.just(b"x" * 70_000), max_size=5),
    cuts=st.lists(st.integers(0, 71_000), max_size=6),
    side=st.sampled_from(Side),
)
def test_any_cut_of_the_bytes_gives_the_same_messages(payloads, cuts, side):
    build = masked if side is Side.CLIENT else frame
    wires = [build(payload, 2) for payload in payloads]
    stream = b"".join(wires)
    reader = FrameReader(side)
    messages = []
    start = 0
    for cut in sorted({*(c for c in cuts if c < len(stream)), len(stream)}):
        messages += reader.feed(stream[start:cut])
        start = cut
    assert messages == [Message(2, p, w) for p, w in zip(payloads, wires, strict=True)]


def test_fragments_are_gathered_and_control_frames_pass_between_them():
    reader = FrameReader(Side.VENUE)
    first, second, last = b"\x01\x02ab", b"\x00\x01c", b"\x80\x01d"
    ping = frame(b"!", 9)
    assert reader.feed(first + ping) == [Message(9, b"!", ping)]
    assert reader.feed(second) == []
    assert reader.feed(last) == [Message(1, b"abcd", first + second + last)]
    assert reader.feed(frame(b"z")) == [Message(1, b"z", frame(b"z"))]


@pytest.mark.parametrize(
    ("side", "data", "code"),
    [
        (Side.VENUE, masked(b"a"), 1002),
        (Side.CLIENT, frame(b"a"), 1002),
        (Side.VENUE, b"\xc1\x01a", 1002),  # RSV1: compressed, never agreed to
        (Side.VENUE, b"\x83\x01a", 1002),  # opcode 3
        (Side.VENUE, b"\x80\x01a", 1002),  # continues nothing
        (Side.VENUE, b"\x01\x01a\x81\x01b", 1002),  # a new message inside another
        (Side.VENUE, b"\x09\x00", 1002),  # a ping in fragments
        (Side.VENUE, b"\x89\x7e\x00\x7e", 1002),  # a ping of 126 bytes
        (Side.VENUE, b"\x82\x7f" + (MESSAGE_BYTES_MAX + 1).to_bytes(8, "big"), 1009),
    ],
)
def test_a_broken_frame_is_named_with_its_close_code(side, data, code):
    reader = FrameReader(side)
    good = masked(b"good") if side is Side.CLIENT else frame(b"good")
    assert [m.payload for m in reader.feed(good + data)] == [b"good"]
    assert reader.broken is not None
    assert reader.broken.code == code


def test_close_payloads():
    assert close_status(close_payload(4001, "bye")) == (4001, "bye")
    assert close_status(b"") == (1005, "")
    assert len(close_payload(1008, "ö" * 100)) <= 125
