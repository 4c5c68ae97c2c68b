"""oversize, invalid_frame, fragment: the bytes of the frames."""

import msgspec
import pytest

from replayx.framing import PING, frame, split_frames
from replayx.limits import OVERSIZE_BYTES_MAX
from tests.faults.flows import WS, carried, flow_of, sent, toxic


@pytest.mark.parametrize(
    ("how", "framed"),
    [
        ("reserved_bit", b"\xc1\x02ab"),
        ("opcode", b"\x83\x02ab"),
        ("masked", b"\x81\x82\x00\x00\x00\x00ab"),
        ("utf8", b"\x81\x03ab\xff"),
    ],
)
def test_invalid_frames(how, framed):
    flow = flow_of("ab")
    assert carried(toxic("invalid_frame", how=how).on_link(WS), flow) == [0]
    assert sent(flow) == [(0, framed)]


@pytest.mark.parametrize("size", [200, 70_000])
def test_masks_stand_behind_long_lengths(size):
    flow = flow_of("x" * size)
    carried(toxic("invalid_frame", how="masked").on_link(WS), flow)
    ((_, data),) = sent(flow)
    start = len(frame(b"x" * size)) - size
    assert data[start : start + 5] == b"\x00\x00\x00\x00x"
    assert len(data) == start + 4 + size


@pytest.mark.parametrize(
    ("pieces", "text", "framed"),
    [
        (2, "abc", b"\x01\x01a\x80\x02bc"),
        (3, "abc", b"\x01\x01a\x00\x01b\x80\x01c"),
        (9, "ab", b"\x01\x01a\x80\x01b"),
    ],
)
def test_fragments(pieces, text, framed):
    flow = flow_of(text)
    assert carried(toxic("fragment", pieces=pieces).on_link(WS), flow) == [0]
    assert sent(flow) == [(0, framed)]


def test_fragments_of_long_messages_are_the_message():
    flow = flow_of("xyz" * 40_000)
    carried(toxic("fragment", pieces=3).on_link(WS), flow)
    ((_, data),) = sent(flow)
    found = list(split_frames(data))
    assert [opcode for opcode, _ in found] == [1, 0, 0]
    assert b"".join(payload for _, payload in found) == b"xyz" * 40_000


@pytest.mark.parametrize("text", ["", "a"])
def test_what_cannot_be_divided_stays(text):
    flow = flow_of(text)
    assert carried(toxic("fragment").on_link(WS), flow) == []


def test_invalid_frames_stay_as_invalid():
    for how in ("reserved_bit", "masked"):
        flow = flow_of("abc")
        carried(toxic("invalid_frame", how=how).on_link(WS), flow)
        assert carried(toxic("fragment").on_link(WS), flow) == []


def test_messages_are_padded_with_spaces():
    flow = flow_of('{"a":1}', "x" * 300)
    assert carried(toxic("oversize", size=200).on_link(WS), flow) == [0]
    padded, untouched = (data for _, data in sent(flow))
    assert padded == frame(b'{"a":1}'.ljust(200))
    assert untouched == frame(b"x" * 300)


def test_padding_has_an_end():
    running = toxic("oversize", size="16MiB").on_link(WS)
    touched = [len(carried(running, flow_of("a"))) for _ in range(OVERSIZE_BYTES_MAX // 2**24 + 3)]
    assert sum(touched) == OVERSIZE_BYTES_MAX // 2**24
    assert touched[-3:] == [0, 0, 0]


@pytest.mark.parametrize("name", ["oversize", "invalid_frame", "fragment"])
def test_control_frames_stay_as_they_are(name):
    flow = flow_of(framed=[frame(b"123", PING)], channel="")
    assert carried(toxic(name).on_link(WS), flow) == []


def test_sizes_are_bounded():
    with pytest.raises(msgspec.ValidationError, match="at most"):
        toxic("oversize", size="17MiB")
