import pytest

from replayx.cassette.reader import CassetteReader
from replayx.errors import CassetteError, WouldOverwrite
from replayx.recorder.exporter import export_capture, export_split
from tests.cassettes import write_small
from tests.recorder.captures import read_capture


def exported(path, target):
    passed = []
    with CassetteReader(path) as reader:
        count = export_capture(reader, target, passed.append)
    return count, sum(passed)


def test_every_line_is_counted_and_told(tmp_path):
    small = write_small(tmp_path / "a.rpx")
    assert exported(small, tmp_path / "a.ndjson") == (19, 11)
    assert len(read_capture(tmp_path / "a.ndjson")) == 19


def test_the_files_of_the_markets_hold_every_line_once(tmp_path):
    small = write_small(tmp_path / "a.rpx")
    exported(small, tmp_path / "all")
    with CassetteReader(small) as reader:
        counts = export_split(reader, lambda market: tmp_path / market, lambda _: None)
    assert counts == {tmp_path / "alpha": 14, tmp_path / "beta": 5}
    parts = read_capture(tmp_path / "alpha") + read_capture(tmp_path / "beta")
    assert sorted(map(str, parts)) == sorted(map(str, read_capture(tmp_path / "all")))


@pytest.mark.parametrize("cut", [100, 900])
def test_a_damaged_cassette_leaves_no_half_of_a_capture(tmp_path, cut):
    path = write_small(tmp_path / "a.rpx")
    path.write_bytes(path.read_bytes()[:-cut])
    with CassetteReader(path) as reader, pytest.raises(CassetteError) as caught:
        export_capture(reader, tmp_path / "a.ndjson", lambda _: None)
    assert caught.value is reader.damage
    assert not (tmp_path / "a.ndjson").exists()


def test_if_one_file_of_a_split_exists_none_is_written(tmp_path):
    (tmp_path / "beta").write_text("precious")
    with CassetteReader(write_small(tmp_path / "a.rpx")) as reader, pytest.raises(WouldOverwrite):
        export_split(reader, lambda market: tmp_path / market, lambda _: None)
    assert not (tmp_path / "alpha").exists()
    assert (tmp_path / "beta").read_text() == "precious"
