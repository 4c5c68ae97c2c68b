import struct
import zlib

import msgspec
import pytest

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.packing import HEAD_BYTES, encode, pack_entries, pack_record
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import (
    MAGIC,
    SYNC,
    AnyEvent,
    Footer,
    Index,
    InteractionIndex,
    RecordKind,
)
from replayx.errors import (
    DamagedCassette,
    NotACassette,
    ReplayxError,
    TruncatedCassette,
    UnsupportedFormat,
)
from tests.cassettes import CHANNELS, HEADER, START_NS, interaction, write_small


def contents(batch: FrameBatch) -> list[tuple[int, int, int, bytes] | AnyEvent]:
    """Return everything of a chunk in order."""
    return [
        (batch.at[k], batch.channel[k], batch.opcode(k), bytes(batch.payload(k)))
        if isinstance(k, int)
        else k
        for k in batch.in_order()
    ]


def everything(path):
    with CassetteReader(path) as reader:
        return [item for batch in reader.checked_batches() for item in contents(batch)]


@pytest.fixture
def small(tmp_path):
    return write_small(tmp_path / "small.rpx")


@pytest.mark.parametrize("finished", [True, False])
def test_a_file_opens_the_same_by_index_and_by_walking(tmp_path, finished):
    with CassetteReader(write_small(tmp_path / "a.rpx", finished=finished)) as reader:
        assert reader.header == HEADER
        assert reader.is_finished is finished
        assert reader.damage is None
        assert list(reader.channels.values()) == list(CHANNELS)
        assert (reader.frame_count, len(reader.chunks)) == (11, 3)
        assert (reader.start_ns, reader.end_ns) == (START_NS, START_NS + 2_500_000_000)
        assert list(reader.chunks.events) == [6, 3, 0]
        refs = reader.interactions()
        assert [(ref.chunk, ref.place) for ref in refs] == [(0, 5), (1, 0)]
        assert reader.interaction(refs[1]) == interaction(5, START_NS + 1_006_000_000, 1)
        assert reader.interaction(refs[0], reader.batch(0)).label == "case 0"


def test_reading_from_the_middle(small):
    with CassetteReader(small) as reader:
        assert reader.chunks.at(START_NS + 1_008_000_001) == 2
        (batch,) = reader.batches(2)
        assert bytes(batch.payload(0)) == b'{"price":"2"}'


def test_records_of_unknown_kinds_are_skipped(small, tmp_path):
    data = small.read_bytes()
    with CassetteReader(small) as reader:
        offset, end = reader.chunks.offsets[1], reader.data_end
    private = pack_record(200, b"whatever")
    other = tmp_path / "other.rpx"
    other.write_bytes(data[:offset] + private + data[offset:end])
    assert everything(other) == everything(small)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotACassette),
        (MAGIC[:-1], NotACassette),
        (b'{"t":1}\n' * 10, NotACassette),
        (MAGIC[:-1] + b"\x02" + bytes(40), UnsupportedFormat),
        (MAGIC, TruncatedCassette),
        (MAGIC + bytes(40), DamagedCassette),
        (MAGIC + pack_record(RecordKind.CHANNEL, encode(CHANNELS[0])), DamagedCassette),
        (MAGIC + pack_record(RecordKind.HEADER, b"\x91" * 10_000), DamagedCassette),
        (MAGIC + pack_record(RecordKind.HEADER, b"\x90"), DamagedCassette),
    ],
)
def test_what_has_no_header_is_refused(tmp_path, data, error):
    path = tmp_path / "a.rpx"
    path.write_bytes(data)
    with pytest.raises(error):
        CassetteReader(path)


def test_a_cassette_that_only_began_is_empty(tmp_path):
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC + pack_record(RecordKind.HEADER, encode(HEADER)))
    with CassetteReader(path) as reader:
        assert (reader.frame_count, reader.interactions(), reader.start_ns) == (0, [], 0)
        assert not reader.is_finished


# ---- acceptance 6: truncated anywhere, any bit flipped


def test_a_truncation_at_any_byte_gives_an_error_or_a_correct_prefix(small, tmp_path):
    data, whole = small.read_bytes(), everything(small)
    cut = tmp_path / "cut.rpx"
    lengths = set()
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        try:
            found = everything(cut)
        except ReplayxError:
            assert size < 400, "the header was whole"
            continue
        assert found == whole[: len(found)], size
        lengths.add(len(found))
    # Chunk by chunk: nothing, the first, the first two, all.
    assert lengths == {0, 10, 18, 20}


def test_a_flip_of_any_bit_gives_an_error_or_what_was_recorded(small, tmp_path):
    data, whole = bytearray(small.read_bytes()), everything(small)
    flipped = tmp_path / "flipped.rpx"
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        flipped.write_bytes(data)
        data[bit // 8] ^= 1 << bit % 8
        try:
            found = everything(flipped)
        except ReplayxError:
            continue
        assert found == whole[: len(found)], bit
        with CassetteReader(flipped) as reader:
            assert len(found) == len(whole) or reader.damage is not None, bit


# ---- hostile files: right checksums, wrong contents


def with_tail(path, small, **fields):
    """Write the small cassette with another index."""
    data = small.read_bytes()
    with CassetteReader(small) as reader:
        end = reader.data_end
        index = msgspec.msgpack.decode(reader.file.record(end).body, type=Index)
    changed = msgspec.structs.replace(index, **fields)
    record = pack_record(RecordKind.INDEX, encode(changed))
    interactions = pack_record(
        RecordKind.INTERACTION_INDEX, encode(InteractionIndex(b"", b"", b"", *pack_entries([], 1)))
    )
    footer = encode(Footer(end, end + len(record), 11, 9))
    tail = record + interactions + pack_record(RecordKind.FOOTER, footer) + MAGIC
    path.write_bytes(data[:end] + tail)
    return path


@pytest.mark.parametrize(
    "fields",
    [
        {"offsets": b"x"},
        {"offsets": struct.pack("<3q", 1 << 40, 0, 0)},
        {"channels": (b"x", b"", b"")},
        {"frames": b""},
    ],
)
def test_a_wrong_index_is_told_and_the_records_are_walked(small, tmp_path, fields):
    path = with_tail(tmp_path / "a.rpx", small, **fields)
    with CassetteReader(path) as reader:
        assert reader.damage is not None
        assert not reader.is_finished
    assert everything(path) == everything(small)


def test_an_index_that_points_at_no_chunk_is_damage(small, tmp_path):
    path = with_tail(tmp_path / "a.rpx", small, offsets=struct.pack("<3q", 8, 8, 8))
    with CassetteReader(path) as reader, pytest.raises(DamagedCassette, match="kind 1"):
        reader.batch(0)


def test_an_index_without_channels_is_damage(small, tmp_path):
    path = with_tail(tmp_path / "a.rpx", small, declared=())
    with CassetteReader(path) as reader, pytest.raises(DamagedCassette, match="not declared"):
        list(reader.batches())


def raw_record(kind: int, length: int, body: bytes, *, crc: int | None = None) -> bytes:
    checked = struct.pack("<B3xI", kind, length)
    made = zlib.crc32(body, zlib.crc32(checked)) if crc is None else crc
    return SYNC + checked + struct.pack("<I", made) + body


HOSTILE_CHUNKS = {
    "claims 64 MiB": raw_record(3, 1 << 26, b"x" * 100),
    "claims 4 GiB": raw_record(3, 0xFFFFFFFF, b"x" * 100),
    "deep": raw_record(3, 900, b"\x91" * 900),
    "huge array": pack_record(3, b"\xdd\xff\xff\xff\xff" + b"\xc0" * 50),
    "uint64 times": pack_record(
        3, msgspec.msgpack.encode([2**64 - 1, 2**64 - 1, 0, 0, 0, 0, 0, 0, b"", b"", b""])
    ),
    "a million messages": pack_record(
        3, msgspec.msgpack.encode([0, 0, 0, 1 << 20, 1, 64, 1 << 26, 0, b"", b"", b"x"])
    ),
    "negative counts": pack_record(
        3, msgspec.msgpack.encode([0, 0, 0, -1, 0, 0, 0, 0, b"", b"", b""])
    ),
}


@pytest.mark.parametrize("record", HOSTILE_CHUNKS.values(), ids=HOSTILE_CHUNKS.keys())
def test_a_hostile_file_ends_in_damage_and_allocates_little(tmp_path, record):
    import tracemalloc

    path = tmp_path / "hostile.rpx"
    path.write_bytes(MAGIC + pack_record(RecordKind.HEADER, encode(HEADER)) + record)
    assert path.stat().st_size < 2000
    tracemalloc.start()
    try:
        with CassetteReader(path) as reader:
            assert reader.damage is not None
            assert reader.frame_count == 0
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_record_stops_at_its_head(small):
    assert HEAD_BYTES == 16
    with CassetteReader(small) as reader:
        assert reader.file.read(reader.chunks.offsets[0], 4) == SYNC
