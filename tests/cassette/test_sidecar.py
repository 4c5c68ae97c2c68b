import pytest

from replayx.cassette.sidecar import SidecarReader, SidecarWriter
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


def test_an_abandoned_one_leaves_nothing(path):
    writer = SidecarWriter(path)
    writer.write(b"one")
    writer.abandon()
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there(path):
    with pytest.raises(StorageFailure):
        SidecarWriter(path.parent / "missing" / path.name)
