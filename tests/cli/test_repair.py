from replayx.cassette.reader import CassetteReader
from replayx.errors import ExitCode
from tests.cassettes import write_small
from tests.cli.runs import flip, run


def test_what_is_lost_is_told(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        offset = reader.chunks.offsets[1]
    done = run("repair", flip(path, offset + 50), tmp_path / "b.rpx")
    assert done.exit_code == ExitCode.FOUND
    assert "saved 6 messages" in done.stdout
    assert "in 1 places, 5 messages" in done.stdout
    assert run("verify", tmp_path / "b.rpx").exit_code == ExitCode.OK


def test_nothing_lost(tmp_path):
    path = write_small(tmp_path / "a.rpx", finished=False)
    done = run("repair", path, tmp_path / "b.rpx", "--json")
    assert done.exit_code == ExitCode.OK
    assert '"lost_frame_count":0' in done.stdout


def test_the_new_file_must_be_new(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    assert run("repair", path, path).exit_code == ExitCode.USAGE
