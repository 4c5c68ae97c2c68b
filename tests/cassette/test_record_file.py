import os
from contextlib import closing

import pytest

from replayx.cassette.damage import Damage
from replayx.cassette.record_file import RecordFile
from replayx.cassette.records import MAGIC, RecordKind
from replayx.errors import DamagedCassette, ReplayxError, TruncatedCassette
from tests.cassettes import write_small


def test_the_records_of_a_finished_file(tmp_path):
    with closing(RecordFile(write_small(tmp_path / "a.rpx"))) as file:
        kinds = [record.kind for record in file.records()]
    assert kinds == [
        RecordKind.HEADER,
        *[RecordKind.CHANNEL] * 4,
        *[RecordKind.CHUNK] * 3,
        RecordKind.INDEX,
        RecordKind.INTERACTION_INDEX,
        RecordKind.FOOTER,
    ]


def test_zeros_to_the_end_are_unused_space(tmp_path):
    with closing(RecordFile(write_small(tmp_path / "a.rpx", finished=False))) as file:
        assert len(list(file.records())) == 8


def test_zeros_with_something_behind_them_are_damage(tmp_path):
    path = write_small(tmp_path / "a.rpx", finished=False)
    with path.open("ab") as more:
        more.write(b"\x01")
    with closing(RecordFile(path)) as file, pytest.raises(DamagedCassette, match="00 00 00 00"):
        list(file.records())


def test_a_record_beyond_the_end_is_not_read(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with closing(RecordFile(path)) as file:
        for offset in (-1, file.file_bytes - 1, file.file_bytes, 1 << 62):
            with pytest.raises(TruncatedCassette) as caught:
                file.record(offset)
            assert caught.value.offset == offset


@pytest.mark.parametrize("make", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path, make):
    path = tmp_path / make
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)
    with pytest.raises(ReplayxError) as caught:
        RecordFile(path)
    assert str(path) in str(caught.value)


def test_a_file_that_shrinks_is_damage(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with closing(RecordFile(path)) as file:
        os.truncate(path, 100)
        with pytest.raises(DamagedCassette, match="shorter"):
            file.read(90, 20)
        assert file.peek(90, 20) == path.read_bytes()[90:]


def test_damage_names_the_file_the_byte_and_the_way_out(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with closing(RecordFile(path)) as file:
        error = file.damaged(Damage("x", "y"), len(MAGIC))
    assert str(error).startswith(f"{path} at byte 8: x; expected y. `replayx repair")


def test_closing_twice_is_fine(tmp_path):
    file = RecordFile(write_small(tmp_path / "a.rpx"))
    file.close()
    file.close()
