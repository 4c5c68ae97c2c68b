import gzip

import pytest
import zstandard

from replayx.errors import InvalidCapture, ReplayxError, StorageFailure, WouldOverwrite
from replayx.recorder.capture_file import line_sink, read_lines

TEXT = b'{"a":1}\n\n{"b":2}\n  \n{"c":3}'
LINES = [(1, b'{"a":1}'), (3, b'{"b":2}'), (5, b'{"c":3}')]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.ndjson", TEXT),
        ("a.ndjson.gz", gzip.compress(TEXT[:9], mtime=0) + gzip.compress(TEXT[9:], mtime=0)),
        ("a.ndjson.zst", zstandard.compress(TEXT[:9]) + zstandard.compress(TEXT[9:])),
    ],
)
@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_lines_come_with_their_numbers(tmp_path, monkeypatch, name, data, block):
    monkeypatch.setattr("replayx.recorder.capture_file._BLOCK_BYTES", block)
    path = tmp_path / name
    path.write_bytes(data)
    assert list(read_lines(path)) == LINES


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
@pytest.mark.parametrize("data", [b"no archive at all", None])
def test_a_damaged_archive_is_told(tmp_path, name, data):
    path = tmp_path / name
    with line_sink(path) as sink:
        sink.write(TEXT * 1000)
    path.write_bytes(data or path.read_bytes()[:-12])
    with pytest.raises(InvalidCapture, match="damaged archive") as caught:
        list(read_lines(path))
    assert str(path) in str(caught.value)


def test_a_line_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("replayx.recorder.capture_file.CAPTURE_LINE_BYTES_MAX", 10)
    monkeypatch.setattr("replayx.recorder.capture_file._BLOCK_BYTES", 4)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"x" * 100)
    with pytest.raises(InvalidCapture, match="at most 10"):
        list(read_lines(path))


@pytest.mark.parametrize("make", ["missing", "folder"])
def test_what_cannot_be_read_is_told(tmp_path, make):
    path = tmp_path / make
    if make == "folder":
        path.mkdir()
    with pytest.raises(ReplayxError, match="cannot read"):
        list(read_lines(path))


@pytest.mark.parametrize("name", ["a.ndjson", "a.gz", "a.zst"])
def test_what_is_written_is_read_and_the_same_each_time(tmp_path, name):
    paths = [tmp_path / "x" / name, tmp_path / "y" / name]
    for path in paths:
        path.parent.mkdir()
        with line_sink(path) as sink:
            sink.write(TEXT)
    assert list(read_lines(paths[0])) == LINES
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_file_that_exists_is_left_alone(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"precious")
    with pytest.raises(WouldOverwrite), line_sink(path):
        pass
    assert path.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_a_storage_failure(tmp_path):
    with pytest.raises(StorageFailure), line_sink(tmp_path / "no" / "a.ndjson"):
        pass


def test_half_a_file_is_removed(tmp_path):
    path = tmp_path / "a.ndjson"
    with pytest.raises(TypeError), line_sink(path) as sink:
        sink.write("text is no bytes")
    assert not path.exists()
