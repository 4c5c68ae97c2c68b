import struct
import tracemalloc

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.damage import Damage
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.packing import (
    HEAD_BYTES,
    check_batch,
    check_body,
    check_order,
    decode,
    decode_chunk,
    encode,
    pack_chunk,
    pack_record,
    parse_head,
    unpack_chunk,
    unpack_frame,
)
from replayx.cassette.records import SYNC, Channel, ClientMessage, Index, RecordKind
from replayx.framing import BINARY, TEXT, frame
from replayx.limits import CHUNK_FRAMES_MAX, RECORD_BYTES_MAX
from tests.cassettes import CHANNELS, CHUNKS, first_chunk, second_chunk, third_chunk


def packed(sealed):
    return pack_chunk(sealed, zstandard.ZstdCompressor())


def unpacked(chunk):
    return unpack_chunk(decode_chunk(encode(chunk)), zstandard.ZstdDecompressor())


# ---- records


def test_a_record_of_the_specification():
    record = pack_record(RecordKind.CHANNEL, b"abc")
    assert record[:12] == SYNC + bytes([2, 0, 0, 0, 3, 0, 0, 0])
    assert record[HEAD_BYTES:] == b"abc"
    head = parse_head(record[:HEAD_BYTES])
    assert (head.kind, head.length) == (2, 3)
    check_body(head, b"abc")


@given(st.binary(max_size=60), st.integers(0, 8 * (HEAD_BYTES + 60) - 1))
def test_no_flipped_bit_of_a_record_goes_unseen(body, bit):
    record = bytearray(pack_record(RecordKind.CHUNK, body))
    bit %= 8 * len(record)
    record[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damage):
        read_back(bytes(record))


def read_back(record):
    head = parse_head(record[:HEAD_BYTES])
    if HEAD_BYTES + head.length > len(record):
        raise Damage("beyond the file's end")  # what a reader says before it reads
    check_body(head, record[HEAD_BYTES : HEAD_BYTES + head.length])


def test_a_length_over_the_limit_is_refused_before_it_is_used():
    head = SYNC + struct.pack("<B3xII", 3, RECORD_BYTES_MAX + 1, 0)
    with pytest.raises(Damage, match="claims 67108865 bytes"):
        parse_head(head)


def test_a_body_over_the_limit_is_not_written():
    with pytest.raises(Damage, match="67108865 bytes"):
        pack_record(RecordKind.CHUNK, bytes(RECORD_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc0",
        b"\x91\xa1x",
        msgspec.msgpack.encode([65536, "m", "n", 1]),
        msgspec.msgpack.encode([1, "m", "n", 9]),
        msgspec.msgpack.encode([1, "m", "n", 1, 0, b"", b"", 1])[:-1] + b"\x91" * 50_000,
        b"\x93\x01\xa1m\xdb\xff\xff\xff\xff",
    ],
    ids=["empty", "nil", "short", "number", "kind", "deep", "huge string"],
)
def test_a_body_that_is_not_the_record_is_damage(body):
    with pytest.raises(Damage, match="not a Channel"):
        decode(body, Channel)


# ---- chunks

messages = st.lists(
    st.tuples(
        st.integers(0, 10**12),
        st.integers(0, 0xFFFF),
        st.binary(max_size=300),
        st.sampled_from([TEXT, BINARY]),
        st.booleans(),
    ),
    max_size=40,
)


@given(st.integers(0, 2 * 10**18), messages)
def test_whatever_is_recorded_comes_back(start_ns, rows):
    chunk = OpenChunk(start_ns)
    at_ns, expected, events = start_ns, [], []
    for delta_ns, channel, payload, opcode, is_sent in rows:
        at_ns += delta_ns
        if is_sent:
            events.append(ClientMessage(chunk.frame_count, at_ns, 1, opcode, payload))
            chunk.add(events[-1])
        else:
            chunk.append(at_ns, channel, payload, opcode)
            expected.append((at_ns, channel, payload, opcode))
    batch = unpacked(packed(chunk.seal()))
    check_batch(batch)
    assert expected == [
        (batch.at[k], batch.channel[k], bytes(batch.payload(k)), batch.opcode(k))
        for k in range(batch.count)
    ]
    assert batch.events == events


@pytest.mark.parametrize("sealed", CHUNKS)
def test_the_chunks_of_the_small_cassette_pass_every_check(sealed):
    check_batch(unpacked(packed(sealed())))


def changed(chunk, **fields):
    return msgspec.structs.replace(chunk, **fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"frame_count": 6}, "do not sum"),
        ({"frame_count": CHUNK_FRAMES_MAX + 1}, "not a Chunk"),
        ({"frame_count": CHUNK_FRAMES_MAX}, "1048576 messages"),
        ({"event_bytes": RECORD_BYTES_MAX}, "messages in"),
        ({"raw_bytes": RECORD_BYTES_MAX}, "declares"),
        ({"raw_bytes": RECORD_BYTES_MAX + 1}, "not a Chunk"),
        ({"end_ns": 0}, "ends at 0"),
        ({"channels": b"\x00"}, "unequal"),
        ({"channels": b"\x00\x00\x01\x00"}, "unequal"),
        ({"channel_frames": struct.pack("<I", 9)}, "do not sum"),
        ({"columns": memoryview(b"no zstd")}, "not a zstd frame"),
        ({"columns": memoryview(b"")}, "zstd"),
    ],
)
def test_a_chunk_that_contradicts_itself_is_damage(fields, found):
    with pytest.raises(Damage, match=found):
        unpacked(changed(packed(third_chunk() if "end_ns" in fields else second_chunk()), **fields))


def test_a_zstd_bomb_is_refused_by_the_size_it_declares():
    bomb = zstandard.ZstdCompressor().compress(bytes(RECORD_BYTES_MAX * 2))
    tracemalloc.start()
    try:
        with pytest.raises(Damage, match="declares 134217728 bytes"):
            unpacked(changed(packed(second_chunk()), columns=memoryview(bomb)))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_zstd_frame_that_hides_its_size_is_refused():
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    columns, _ = second_chunk().columns()
    with pytest.raises(Damage, match="declares"):
        unpacked(changed(packed(second_chunk()), columns=memoryview(compressor.compress(columns))))


def test_an_index_that_claims_billions_allocates_nothing():
    body = b"\x97" + b"\xc4\0" * 5 + b"\xdd\x00\xff\xff\xff" + b"\xc4\0" * 3
    tracemalloc.start()
    try:
        with pytest.raises(Damage):
            decode(body, Index)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def rebuilt(sealed, **fields):
    return unpacked(packed(sealed._replace(**fields)))


@pytest.mark.parametrize(
    ("sealed", "fields", "found"),
    [
        (third_chunk, {"at": struct.pack("<2q", 10, -5)}, "go back"),
        (third_chunk, {"at": struct.pack("<2q", -1, 5)}, "go back"),
        (third_chunk, {"at": struct.pack("<2q", 0, 10**9)}, "bounds"),
        (third_chunk, {"channel_frames": {0: 2}}, "by channel"),
        (second_chunk, {"start_ns": 0}, "out of its time"),
        (third_chunk, {"frames": bytearray(28)}, "no text or binary frame"),
        (
            third_chunk,
            {"frames": bytearray(frame(b'{"price":"2"}')[:1] + b"\x05" + bytes(26))},
            "claims another size",
        ),
        (third_chunk, {"frames": bytearray(b"\x81\x7f" + bytes(26))}, "claims another size"),
        (third_chunk, {"frames": bytearray(b"\x89\x0d" + bytes(26))}, "no text or binary"),
    ],
)
def test_a_chunk_out_of_order_is_damage(sealed, fields, found):
    sealed = sealed()
    if "frames" in fields:
        lengths = struct.pack("<2I", 15, len(fields["frames"]) - 15)
        fields = {**fields, "length": lengths}
    if "start_ns" in fields:
        events = [msgspec.structs.replace(sealed.events[0], at_ns=sealed.start_ns)]
        fields = {"events": events}
    with pytest.raises(Damage, match=found):
        check_batch(rebuilt(sealed, **fields))


@pytest.mark.parametrize("place", [6, -1])
def test_an_event_outside_its_chunk_is_damage(place):
    sealed = second_chunk()
    event = msgspec.structs.replace(sealed.events[0], place=place)
    with pytest.raises(Damage, match="place"):
        check_order(rebuilt(sealed, events=[event]))


def test_lengths_must_sum_to_the_frames():
    with pytest.raises(Damage, match="sum to 29"):
        check_order(rebuilt(third_chunk(), length=struct.pack("<2I", 15, 14)))


def test_events_that_do_not_decode_are_damage():
    chunk = packed(first_chunk())
    columns = bytearray(zstandard.ZstdDecompressor().decompress(chunk.columns))
    columns[14 * 4] = 0xC1
    repacked = zstandard.ZstdCompressor().compress(bytes(columns))
    with pytest.raises(Damage, match="do not decode"):
        check_batch(unpacked(changed(chunk, columns=memoryview(repacked))))


def test_the_channels_of_the_small_cassette_come_back():
    assert [decode(encode(channel), Channel) for channel in CHANNELS] == list(CHANNELS)


def test_a_frame_without_a_record_declares_no_more_than_one_may_hold():
    packer = zstandard.ZstdCompressor()
    assert unpack_frame(packer.compress(b"small")) == b"small"
    assert unpack_frame(packer.compress(b"")) == b""
    with pytest.raises(Damage, match="declares"):
        unpack_frame(packer.compress(bytes(RECORD_BYTES_MAX + 1)))
    claimed = packer.compress(bytes(1 << 20))  # its size stands in bytes 5 to 8 (RFC 8878, 3.1.1.1)
    with pytest.raises(Damage, match="declares 4026531840"):
        unpack_frame(claimed[:5] + (0xF0000000).to_bytes(4, "little") + claimed[9:])
    with pytest.raises(Damage):
        unpack_frame(b"nonsense")
