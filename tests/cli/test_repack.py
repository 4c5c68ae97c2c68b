from replayx.cassette.reader import CassetteReader
from replayx.errors import ExitCode
from tests.cassettes import write_small
from tests.cli.runs import flip, lines, run


def test_times_channels_and_level(tmp_path):
    path, new = write_small(tmp_path / "a.rpx"), tmp_path / "b.rpx"
    options = ("--from", "1s", "--to", "3s", "--channel", "bbb@*", "--level", "1", "--json")
    (report,) = lines(run("repack", path, new, *options))
    assert report["frame_count"] == 2
    with CassetteReader(new) as reader:
        assert [one.name for one in reader.channels.values()] == ["bbb@book"]


def test_for_people(tmp_path):
    done = run("repack", write_small(tmp_path / "a.rpx"), tmp_path / "b.rpx")
    assert "11 messages and 9 events" in done.stdout


def test_a_damaged_source_is_refused(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        flip(path, reader.chunks.offsets[1] + 50)
    assert run("repack", path, tmp_path / "b.rpx").exit_code == ExitCode.BAD_INPUT
    assert not (tmp_path / "b.rpx").exists()
