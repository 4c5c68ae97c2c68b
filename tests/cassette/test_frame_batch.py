import pytest
import zstandard

from replayx.cassette.damage import Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.packing import decode_chunk, encode, pack_chunk, unpack_chunk
from replayx.cassette.records import ClientMessage, Closed, Interaction, Opened
from replayx.framing import BINARY, TEXT, frame
from tests.cassettes import MS, START_NS, combined, first_chunk, second_chunk
from tests.tapes import batch


def unpacked(sealed) -> FrameBatch:
    packed = encode(pack_chunk(sealed, zstandard.ZstdCompressor()))
    return unpack_chunk(decode_chunk(packed), zstandard.ZstdDecompressor())


def test_messages_come_back_byte_for_byte():
    batch = unpacked(first_chunk())
    assert batch.count == 4
    assert bytes(batch.payload(1)) == combined(0)
    assert bytes(batch.payload(2)) == bytes(range(130))
    assert [batch.opcode(k) for k in range(4)] == [TEXT, TEXT, BINARY, TEXT]
    assert list(batch.channel) == [1, 0, 65535, 7]
    assert batch.at == [START_NS + 2, START_NS + 2, START_NS + 3, START_NS + MS]


def test_any_run_is_one_slice_ready_to_send():
    batch = unpacked(second_chunk())
    run = batch.frames[batch.end[1] : batch.end[3]]
    assert bytes(run) == frame(combined(2)) + frame(combined(3))


def test_events_and_messages_come_in_the_order_they_were_recorded():
    items = list(unpacked(first_chunk()).in_order())
    assert [item if isinstance(item, int) else type(item).__name__ for item in items] == [
        "Opened", "ClientMessage", 0, 1, "Opened", 2, 3, "Control", "Control", "Interaction",
    ]  # fmt: skip


def test_position_is_the_first_message_at_or_after():
    batch = unpacked(second_chunk())
    at = batch.at
    assert [batch.position(t) for t in (0, at[0], at[0] + 1, at[4], at[4] + 1)] == [0, 0, 1, 4, 5]


def test_one_event_is_decoded_without_the_others():
    batch = unpacked(first_chunk())
    assert isinstance(batch.event(0), Opened)
    assert isinstance(batch.event(1), ClientMessage)
    assert isinstance(batch.event(5), Interaction)
    assert isinstance(unpacked(second_chunk()).event(2), Closed)


def test_an_event_that_is_not_there_is_damage():
    with pytest.raises(Damage, match="event 99"):
        unpacked(first_chunk()).event(99)


@pytest.mark.parametrize("number", [7, 255, 256, 40_000])
def test_which_messages_belong_to_channels(number):
    rows = [(1, 1, b"a"), (2, number, b"b"), (3, 2, b"c"), (4, number, b"d")]
    made = batch(rows)
    assert made.carrying([number, 2]) == b"\0\1\1\1"
    assert made.carrying([]) == b"\0\0\0\0"
