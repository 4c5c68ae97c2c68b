import json

import pytest

from replayx.errors import ExitCode
from replayx.recorder.capture_file import read_lines
from tests.cassettes import write_small
from tests.cli.runs import run


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
def test_the_file_has_the_lines_of_cat(tmp_path, suffix):
    path, target = write_small(tmp_path / "a.rpx"), tmp_path / f"a{suffix}"
    assert "19 lines" in run("export", path, target).stdout
    printed = run("cat", path).stdout.encode().splitlines()
    assert [line for _, line in read_lines(target)] == printed


def test_one_file_a_market(tmp_path):
    done = run(
        "export", write_small(tmp_path / "a.rpx"), tmp_path / "x.ndjson", "--split", "--json"
    )
    assert json.loads(done.stdout) == {
        str(tmp_path / "x.alpha.ndjson"): 14,
        str(tmp_path / "x.beta.ndjson"): 5,
    }


def test_a_file_that_exists_is_left_alone(tmp_path):
    (tmp_path / "x.ndjson").write_text("precious")
    done = run("export", write_small(tmp_path / "a.rpx"), tmp_path / "x.ndjson")
    assert done.exit_code == ExitCode.USAGE
    assert (tmp_path / "x.ndjson").read_text() == "precious"
