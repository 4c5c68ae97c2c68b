"""Shrinking over real replays: the bundled cassette, and a bot that is easily upset."""

import subprocess
import sys

import pytest

from replayx.cassette.reader import CassetteReader
from tests.cli.runs import run
from tests.cli.test_replay import DEMO

PLAN = """
seed = 3
[[toxic]]
type = "latency"
delay = "1ms"
[[toxic]]
type = "http_error"
status = 418
where = {route = "GET /api/v3/time"}
[[toxic]]
type = "http_error"
name = "other"
status = 503
where = {route = "GET /api/v3/ping"}
"""
# Exits with 3 where /time is refused.
BOT = (
    "import os, sys, urllib.error, urllib.request\n"
    "try: urllib.request.urlopen(os.environ['REPLAYX_REST_URL'] + '/api/v3/time').read()\n"
    "except urllib.error.HTTPError as error: sys.exit(3 if error.code == 418 else 4)\n"
)


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


def shrink(plan, out, *options, bot=BOT):
    fixed = ("--cassette", DEMO, "--from", "10s", "--to", "20s", "--speed", "max", "--out", out)
    return run("shrink", plan, *fixed, *options, "--", sys.executable, "-c", bot)


def test_a_failure_is_made_small_and_repeated(plan, tmp_path):
    out = tmp_path / "out"
    done = shrink(plan, out, "--tries", "6")
    assert done.exit_code == 0, done.output
    assert "1 of 3 toxics" in done.stdout
    assert f"pytest {out / 'test_shrunk.py'}" in done.stdout
    assert "try 1: latency, http_error, other on 10.0 s of tape ... exit code 3" in done.stderr
    text = (out / "plan.toml").read_text()
    assert (text.count("[[toxic]]"), "418" in text, "seed = 3" in text) == (1, True, True)
    with CassetteReader(out / "shrunk.rpx") as small, CassetteReader(DEMO) as whole:
        assert small.frame_count < whole.frame_count / 5
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    again = subprocess.run(
        [*command, out / "test_shrunk.py"], check=False, capture_output=True, text=True
    )
    assert again.returncode == 1
    assert "assert 3 != 3" in again.stdout


def test_what_does_not_fail_is_left_alone(plan, tmp_path):
    done = shrink(plan, tmp_path / "out", bot="pass")
    assert (done.exit_code, "does not fail with the whole plan" in done.stdout) == (1, True)
    assert not (tmp_path / "out").exists()


def test_what_fails_without_faults_is_told(plan, tmp_path):
    done = shrink(plan, tmp_path / "out", "--tries", "3", bot="raise SystemExit(9)")
    assert done.exit_code == 0
    assert "without any fault it exits with 9, too" in done.stderr
    assert "no more tries" in done.stderr
    assert "0 of 3 toxics" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--speed", "fast"), "--speed"),
        (("--to", "5s"), "no time between --from and --to"),
        (("--within", "soon"), "the duration 'soon'"),
    ],
)
def test_wrong_options_are_told(plan, tmp_path, options, said):
    done = shrink(plan, tmp_path / "out", *options)
    assert (done.exit_code, said in done.output) == (2, True)


def test_a_folder_is_not_written_over(plan, tmp_path):
    (tmp_path / "out").mkdir()
    done = shrink(plan, tmp_path / "out")
    assert (done.exit_code, "out exists" in done.output) == (2, True)
