import os
import struct
from array import array

import pytest

from replayx.cassette.packing import HEAD_BYTES, pack_record
from replayx.cassette.sidecar import (
    BLOB,
    FOOTER,
    MAGIC,
    OFFSETS,
    TABLE,
    SidecarReader,
    SidecarWriter,
)
from replayx.errors import ReplayxError, StorageFailure


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.rpx.market"


def write(path):
    writer = SidecarWriter(path)
    assert [writer.write(blob) for blob in (b"one", b"", b"three" * 100)] == [0, 1, 2]
    writer.finish(b"table")
    return path.read_bytes()


def test_it_appears_when_it_is_whole(path):
    writer = SidecarWriter(path)
    writer.write(b"one")
    assert not path.exists()
    writer.finish(b"")
    assert path.exists()


def test_what_was_written_is_read(path):
    write(path)
    reader = SidecarReader(path)
    assert [reader.read(number) for number in range(len(reader))] == [b"one", b"", b"three" * 100]
    assert reader.table == b"table"
    reader.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_it_takes_the_place_of_an_older_one(path):
    path.write_bytes(b"something else")
    write(path)
    SidecarReader(path).close()


def test_every_damaged_byte_is_found(path):
    whole = write(path)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes((whole[place] ^ 0x10,)) + whole[place + 1 :])
        with pytest.raises(ReplayxError):
            SidecarReader(path)


def test_every_truncation_is_found(path):
    whole = write(path)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ReplayxError):
            SidecarReader(path)


@pytest.mark.parametrize("offsets", [[8, 8], [8, 8 + 19 + 3, 8], [30], [0], [1 << 63], []])
def test_offsets_of_other_than_all_blobs_in_turn_are_refused(path, offsets):
    blobs = [pack_record(BLOB, b"one"), pack_record(BLOB, b"two")]
    raw = array("Q", offsets).tobytes()
    body = MAGIC + b"".join(blobs)
    footer = struct.pack("<QQQ", len(body), len(body) + HEAD_BYTES + len(raw), len(offsets))
    rest = [pack_record(OFFSETS, raw), pack_record(TABLE, b""), pack_record(FOOTER, footer)]
    path.write_bytes(body + b"".join(rest) + MAGIC)
    with pytest.raises(ReplayxError):
        SidecarReader(path)


def test_a_link_in_its_way_is_not_followed(path):
    victim = path.with_name("victim")
    victim.write_bytes(b"mine")
    path.with_name(f".{path.name}.{os.getpid()}").symlink_to(victim)
    write(path)
    assert victim.read_bytes() == b"mine"
    assert not path.is_symlink()


def test_an_abandoned_one_leaves_nothing(path):
    writer = SidecarWriter(path)
    writer.write(b"one")
    writer.abandon()
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there(path):
    with pytest.raises(StorageFailure):
        SidecarWriter(path.parent / "missing" / path.name)
