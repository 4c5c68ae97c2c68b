import tracemalloc
from contextlib import closing

import pytest

from replayx.cassette.packing import pack_record
from replayx.cassette.reader import CassetteReader
from replayx.cassette.record_file import RecordFile
from replayx.cassette.records import MAGIC, SYNC, RecordKind
from replayx.cassette.scan import Hole, scan
from tests.cassettes import write_small


def scanned(path):
    with closing(RecordFile(path)) as file:
        return list(scan(file))


def holes(path):
    return [item for item in scanned(path) if isinstance(item, Hole)]


@pytest.mark.parametrize("finished", [True, False])
def test_a_whole_file_has_no_hole(tmp_path, finished):
    path = write_small(tmp_path / "a.rpx", finished=finished)
    assert not holes(path)


def test_a_hole_ends_where_the_next_record_begins(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        start, end = reader.chunks.offsets[0], reader.chunks.offsets[1]
    data = bytearray(path.read_bytes())
    data[start + 40] ^= 1
    path.write_bytes(data)
    (hole,) = holes(path)
    assert (hole.offset, hole.size, hole.kind) == (start, end - start, RecordKind.CHUNK)
    assert "checksum" in hole.error.found


def test_bytes_put_in_between_are_a_hole(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        at = reader.chunks.offsets[1]
    data = path.read_bytes()
    junk = b"junk" + SYNC + b"\x03\0\0\0\xff\xff\xff\xff" + SYNC[:3]
    path.write_bytes(data[:at] + junk + data[at:])
    (hole,) = holes(path)
    assert (hole.offset, hole.size, hole.kind) == (at, len(junk), None)


@pytest.mark.parametrize("shift", range(-3, 5))
def test_a_mark_across_two_blocks_is_found(tmp_path, monkeypatch, shift):
    monkeypatch.setattr("replayx.cassette.scan._BLOCK_BYTES", 64)
    record = pack_record(RecordKind.CHUNK, b"body")
    path = tmp_path / "a.rpx"
    path.write_bytes(MAGIC + b"x" * (65 + shift) + record)
    hole, found = scanned(path)
    assert hole.size == 65 + shift
    assert found.body == b"body"


def test_a_torn_record_ends_before_the_space_that_was_kept(tmp_path):
    path = tmp_path / "a.rpx"
    torn = pack_record(RecordKind.CHUNK, b"b" * 100)[:60]
    path.write_bytes(MAGIC + torn + bytes(3_000_000))
    (hole,) = holes(path)
    assert (hole.offset, hole.size) == (8, 60)


def test_a_file_of_false_marks_is_given_up_in_bounded_time_and_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("replayx.cassette.scan._FALSE_MARKS_FACTOR", 2)
    path = tmp_path / "a.rpx"
    mark = SYNC + b"\x03\0\0\0" + (1 << 19).to_bytes(4, "little") + b"\0\0\0\0"
    path.write_bytes(MAGIC + mark * 65_536)
    tracemalloc.start()
    try:
        (hole,) = holes(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    # The last byte of the file is a zero, as unused space has them.
    assert hole.offset + hole.size <= path.stat().st_size
