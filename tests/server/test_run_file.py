import msgspec
import pytest
import zstandard

from replayx.errors import DamagedRunFile, StorageFailure, WouldOverwrite
from replayx.limits import RUN_TURNS_MAX
from replayx.server.run_file import RunFileReader, RunFileWriter, run_path
from replayx.session.run_entry import EndEntry, RunHeader, SentEntry, TurnsEntry

HEADER = RunHeader(
    replayx="1",
    cassettes=(),
    markets=("m",),
    speed="1",
    regime="wall",
    at_end="hold",
    starts="now",
    on_seek="close",
)


def turn(seq):
    return TurnsEntry(seq=seq, at_ns=0, now_ns=0, first_ns=seq)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.rpt"


def written(path, *flushes):
    writer = RunFileWriter(path, HEADER)
    for entries in flushes:
        writer.write(entries)
    writer.close()
    return path


def read(path):
    with RunFileReader(path) as reader:
        return list(reader), reader


def test_what_is_written_is_read(path):
    sent = SentEntry(seq=3, at_ns=1, now_ns=2, connection=1, size=5, digest="ab")
    end = EndEntry(seq=4, at_ns=1, now_ns=2, sent=5, fault_digest="cd")
    entries, reader = read(written(path, [turn(1), turn(2)], [], [sent, end]))
    assert entries == [turn(1), turn(2), sent, end]
    assert (reader.header, reader.damage) == (HEADER, "")


def test_it_is_json_lines_for_everybody(path):
    written(path, [turn(1)])
    with path.open("rb") as file:
        unpacked = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    assert [msgspec.json.decode(line)["kind"] for line in unpacked.splitlines()] == ["run", "turns"]


def test_what_was_flushed_is_read_wherever_the_file_ends(path):
    sizes = []
    writer = RunFileWriter(path, HEADER)
    sizes.append(path.stat().st_size)
    for seq in range(1, 4):
        writer.write([turn(seq)])
        sizes.append(path.stat().st_size)
    writer.close()
    data = path.read_bytes()
    for end in range(sizes[0], len(data)):
        path.write_bytes(data[:end])
        entries, reader = read(path)
        whole = sum(size <= end for size in sizes) - 1
        assert entries == [turn(seq) for seq in range(1, whole + 1)]
        assert ("in the middle" in reader.damage) == (end not in sizes)


def test_a_changed_byte_is_seen(path):
    written(path, [turn(1)], [turn(2)])
    data = bytearray(path.read_bytes())
    data[-3] ^= 1  # within the checksum
    path.write_bytes(data)
    entries, reader = read(path)
    assert turn(1) in entries
    assert "damaged" in reader.damage


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no run file"),
        (b"{}", "is no run file"),
        (zstandard.compress(b'{"kind":"turns"}\n'), "is no run file"),
        (zstandard.compress(b'{"kind":"run","version":9}\n'), "version 9 of run files; expected"),
        (zstandard.compress(b'{"kind":"run","version":1}\n'), "its header: Object missing"),
    ],
)
def test_another_file_is_refused(path, data, said):
    path.write_bytes(data)
    with pytest.raises(DamagedRunFile, match=said):
        RunFileReader(path)


def test_a_file_that_is_not_there_is_told(path):
    with pytest.raises(DamagedRunFile, match="cannot be read: No such file"):
        RunFileReader(path)


def test_a_line_that_is_no_entry_is_told(path):
    written(path, [turn(1)])
    with path.open("ab") as file:
        file.write(zstandard.compress(b'{"kind":"dance"}\n'))
    with pytest.raises(DamagedRunFile, match="line 3 is no entry"):
        read(path)


def test_an_endless_flush_is_refused(path, monkeypatch):
    monkeypatch.setattr("replayx.server.run_file._FLUSH_BYTES_MAX", 1000)
    path.write_bytes(zstandard.compress(b"x" * 2000))
    with pytest.raises(DamagedRunFile, match="a flush of more than 1000 bytes"):
        RunFileReader(path)


def test_a_flush_ends_with_a_line(path):
    written(path, [turn(1)])
    with path.open("ab") as file:
        file.write(zstandard.compress(b'{"kind":"tu') + zstandard.compress(b'rns"}\n'))
    entries, reader = read(path)
    assert (entries, reader.damage) == ([turn(1)], "the last line is not whole")


def test_a_run_without_an_end_is_told(path):
    assert "it has no end" in read(written(path, [turn(1)]))[1].damage


def test_nothing_of_a_changed_flush_is_read(path):
    """A flipped bit may leave what unpacks to another entry: only the checksum tells."""
    sizes = []
    writer = RunFileWriter(path, HEADER)
    later = [turn(seq) for seq in range(2, 99)]
    for entries in ([turn(1)], later):
        sizes.append(path.stat().st_size)
        writer.write(entries)
    writer.close()
    whole = path.read_bytes()
    for place in range(sizes[1], len(whole)):
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        entries, reader = read(path)
        # Some bits mean nothing, as that in a frame's head (RFC 8878, 3.1.1.1.1.3).
        assert entries in ([turn(1)], [turn(1), *later])
        assert reader.damage


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"turns","seq":1,"at_ns":1' + b"0" * 30 + b',"now_ns":1,"first_ns":1}',
        b'{"kind":"turns","seq":1,"at_ns":1,"now_ns":1,"first_ns":1,"later_ns":['
        + b"1," * RUN_TURNS_MAX
        + b"1]}",
        b"[" * 100_000,
    ],
    ids=["a time", "turns", "depth"],
)
def test_what_no_run_can_say_is_refused(path, line):
    written(path)
    with path.open("ab") as file:
        file.write(zstandard.compress(line + b"\n"))
    with pytest.raises(DamagedRunFile, match="line 2 is no entry"):
        read(path)


def test_large_flushes_are_cut(path, monkeypatch):
    monkeypatch.setattr("replayx.server.run_file.RUN_BLOCK_BYTES_MAX", 1000)
    turns = [turn(seq) for seq in range(50)]
    assert read(written(path, turns))[0] == turns


def test_no_file_is_written_over(path):
    path.write_bytes(b"mine")
    with pytest.raises(WouldOverwrite, match="exists"):
        RunFileWriter(path, HEADER)
    assert path.read_bytes() == b"mine"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StorageFailure, match=r"--write-transcript .*: cannot be written"):
        RunFileWriter(tmp_path / "none" / "run.rpt", HEADER)


def test_private_timelines_have_files_of_their_own(path):
    assert run_path(path, "") == path
    assert run_path(path, "mine").name == "run@mine.rpt"
