import msgspec
import pytest

from replayx.cassette.packing import decode, encode
from replayx.cassette.records import (
    MAGIC,
    SYNC,
    Channel,
    ChannelKind,
    Closed,
    Header,
    InteractionEntry,
    Market,
    Opened,
    event_size,
    interaction_entry,
)
from replayx.limits import INDEXED_BODY_BYTES_MAX
from tests.cassettes import HEADER, START_NS, interaction


def test_magic_and_sync_are_those_of_the_specification():
    assert bytes.fromhex("89 52 50 58 0D 0A 1A 01") == MAGIC
    assert bytes.fromhex("F5 52 45 43") == SYNC


def test_bodies_are_arrays_in_the_order_of_the_specification():
    assert msgspec.msgpack.decode(encode(Market("m", "2026-11", {"rest": "https://a"}))) == [
        "m",
        "2026-11",
        {"rest": "https://a"},
    ]
    channel = Channel(3, "m", "c", ChannelKind.USER, 2, b"<", b">")
    assert msgspec.msgpack.decode(encode(channel)) == [3, "m", "c", 3, 2, b"<", b">", 1]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Closed(4, 9, 1, 1001))) == [
        2, 4, 9, 1, 1001, "", "venue",
    ]  # fmt: skip


def test_a_reader_takes_defaults_for_missing_elements():
    assert decode(msgspec.msgpack.encode([3, "m", "c", 1]), Channel) == Channel(
        3, "m", "c", ChannelKind.STREAM
    )
    short = msgspec.msgpack.encode([1, 0, 5, 1, "m", "ws", "/ws"])
    assert msgspec.msgpack.decode(short, type=Opened) == Opened(0, 5, 1, "m", "ws", "/ws")


def test_a_reader_ignores_elements_it_does_not_know():
    newer = [*msgspec.msgpack.decode(encode(HEADER)), {"new": [1, 2]}]
    assert decode(msgspec.msgpack.encode(newer), Header) == HEADER


@pytest.mark.parametrize("at_ns", [1 << 63, -(1 << 63) - 1])
def test_a_time_is_int64(at_ns):
    fields = [2, 0, at_ns, 1, 1000]
    try:
        packed = msgspec.msgpack.encode(fields)
    except OverflowError:
        return  # msgpack has no such number at all
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(packed, type=Closed)


def test_a_large_request_body_is_left_out_of_the_index():
    small = interaction(0, START_NS, 1)
    assert interaction_entry(small) == InteractionEntry(
        "alpha", "rest", "POST", "/api/thing?n=1", b"a=1"
    )
    large = msgspec.structs.replace(small, request_body=b"x" * (INDEXED_BODY_BYTES_MAX + 1))
    assert interaction_entry(large).request_body is None


def test_an_events_size_follows_its_bodies():
    event = interaction(0, START_NS, 1)
    larger = msgspec.structs.replace(event, response_body=event.response_body + b"x" * 1000)
    assert event_size(larger) == event_size(event) + 1000
    assert event_size(Closed(0, 0, 1, 1000)) > 0
