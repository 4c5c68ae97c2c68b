from replayx.cassette.reader import CassetteReader
from replayx.errors import ExitCode
from tests.cassettes import write_small
from tests.cli.runs import flip, lines, run


def test_a_whole_file(tmp_path):
    done = run("verify", write_small(tmp_path / "a.rpx"))
    assert done.exit_code == ExitCode.OK
    assert "whole: 11 messages" in done.stdout


def test_an_unfinished_file_passes_and_says_so(tmp_path):
    done = run("verify", write_small(tmp_path / "a.rpx", finished=False))
    assert done.exit_code == ExitCode.OK
    assert "unfinished" in done.stdout


def test_damage_is_placed(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    with CassetteReader(path) as reader:
        offset = reader.chunks.offsets[1]
    flip(path, offset + 50)
    done = run("verify", path)
    assert done.exit_code == ExitCode.FOUND
    assert f"byte {offset}, record 6 (chunk): checksum" in done.stdout
    (report,) = lines_of_found(run("verify", path, "--json"))
    assert report["problems"][0]["offset"] == offset


def lines_of_found(done):
    assert done.exit_code == ExitCode.FOUND
    done.exception = None
    return lines(done)


def test_what_is_no_cassette(tmp_path):
    path = tmp_path / "a.rpx"
    path.write_text("hello")
    assert run("verify", path).exit_code == ExitCode.BAD_INPUT
