import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from websockets.sync.client import connect

from replayx.cli import control_places
from replayx.cli.control_places import ControlPlace
from tests.cli.runs import lines, run
from tests.cli.test_replay import DEMO, read_to_close, replaying
from tests.server.control.fake_run import START, T0, FakeRun, S
from tests.server.control.serving import serving


@pytest.fixture
def fake():
    run = FakeRun()
    with serving(run) as url:
        yield run, url


@pytest.fixture(autouse=True)
def no_replay_of_mine(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("REPLAYX_CONTROL", "REPLAYX_CONTROL_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pause"], {"paused": True}),
        (["resume"], {"paused": False}),
        (["speed", "10"], {"speed": "10"}),
        (["speed", "max"], {"speed": "max"}),
        (["seek", "90s"], {"position_ns": T0 + 90 * S}),
        (["seek", "+30s"], {"position_ns": T0 + 30 * S}),
        (["seek", "-10s"], {"position_ns": T0}),
        (["step"], {"delivered": 1, "paused": True}),
        (["step", "--messages", "10"], {"delivered": 10}),
        (["step", "--by", "5s"], {"position_ns": T0 + 5 * S}),
        (["run-until", "--at", "+7s"], {"position_ns": T0 + 7 * S}),
        (["reset"], {"position_ns": T0}),
    ],
)
def test_the_clock(fake, arguments, told):
    (clock,) = lines(run("ctl", "--url", fake[1], "--json", *arguments))
    assert told.items() <= clock.items()


def test_for_people(fake):
    done = run("ctl", "--url", fake[1], "seek", "30s")
    assert done.output == "2023-11-14 22:13:50.000Z, 30s of 1m 40.0s at 1 x, running\n"
    assert "a.rpx" in run("ctl", "--url", fake[1], "status").output
    assert "127.0.0.1:9" in run("ctl", "--url", fake[1], "connections").output
    assert "replayx_info" in run("ctl", "--url", fake[1], "metrics").output


def test_lists_are_lines_of_json(fake):
    seen = fake[0].timelines[""].transcript
    seen.unanswered("no /x", 0, 0)
    (connection,) = lines(run("ctl", "--url", fake[1], "--json", "connections"))
    assert connection["number"] == 7
    assert [one["kind"] for one in lines(run("ctl", "--url", fake[1], "--json", "transcript"))] == [
        "unmatched"
    ]
    (unmatched,) = lines(run("ctl", "--url", fake[1], "--json", "unmatched"))
    assert unmatched["message"] == "no /x"
    (session,) = lines(run("ctl", "--url", fake[1], "--json", "status"))
    assert session["clock"]["start_ns"] == START.start_ns


def test_a_connection_is_kicked(fake):
    assert lines(run("ctl", "--url", fake[1], "--json", "kick", "7"))[0]["number"] == 7
    done = run("ctl", "--url", fake[1], "kick", "7")
    assert done.exit_code == 2
    assert done.output == "error: no connection 7 is open. See GET /connections\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["speed", "fast"], 2, "speed: 'fast'; expected a number above 0, a ratio, or max"),
        (["seek", "101s"], 2, "to: 101s is not on the tape"),
        (["step", "--messages", "1", "--by", "1s"], 2, "expected `by` or else `messages`"),
        (["run-until", "--event", "war"], 2, "Invalid enum value"),
        (["run-until", "--event", "trade"], 1, ""),
        (["--timeline", "x", "status"], 2, "timeline: no timeline 'x'"),
    ],
)
def test_what_is_refused_is_told(fake, arguments, code, told):
    options = ["--timeline", arguments.pop(1)] if arguments[0] == "--timeline" else []
    rest = arguments[1:] if options else arguments
    done = subprocess.run(
        [sys.executable, "-m", "replayx", "ctl", "--url", fake[1], *options, *rest],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--url", "http://127.0.0.1:1"], 5, "no replay answers"),
        (["--url", "ftp://127.0.0.1:1"], 2, "expected one such as http://127.0.0.1:9000"),
        (["--ready-file", "/none"], 2, "--ready-file /none: no control URL in it"),
        ([], 2, "no replay runs"),
    ],
)
def test_without_a_replay(arguments, code, told):
    done = subprocess.run(
        [sys.executable, "-m", "replayx", "ctl", *arguments, "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ready_file_and_the_environment_name_the_replay(fake, tmp_path, monkeypatch):
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps({"event": "ready", "control": fake[1]}))
    assert lines(run("ctl", "--ready-file", ready, "--json", "pause"))[0]["paused"]
    monkeypatch.setenv("REPLAYX_CONTROL", fake[1])
    assert not lines(run("ctl", "--json", "resume"))[0]["paused"]


def test_the_one_that_runs_is_found_with_its_token(monkeypatch):
    with serving(token="t0ken") as url:
        control_places.leave(ControlPlace(os.getpid(), url, "t0ken", ("a.rpx",)))
        assert lines(run("ctl", "--json", "pause"))[0]["paused"]
        wrong = run("ctl", "--token", "no", "pause")
        assert (wrong.exit_code, "no valid token" in wrong.output) == (2, True)


def test_several_that_run_are_listed(fake):
    control_places.leave(ControlPlace(os.getpid(), fake[1], "", ("a.rpx",)))
    control_places.leave(ControlPlace(os.getppid(), "http://127.0.0.1:1", "", ("b.rpx",)))
    done = run("ctl", "pause")
    assert done.exit_code == 2
    assert all(word in done.output for word in (fake[1], "b.rpx", "Give --url"))


def test_a_transcript_is_followed(fake):
    seen = fake[0].timelines[""].transcript
    seen.unanswered("first", 0, 0)
    command = [sys.executable, "-m", "replayx", "ctl", "--url", fake[1], "transcript", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert "first" in process.stdout.readline()
        seen.unanswered("second", 0, 0)
        assert "second" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_a_replay_is_commanded_from_the_shell():
    with replaying(DEMO) as replay:
        url = replay.ready["control"]
        with connect(replay.urls["ws"] + "/ws/btcusdt@trade") as client:
            (clock,) = lines(run("ctl", "--json", "pause"))
            assert clock["paused"]
            (clock,) = lines(run("ctl", "--url", url, "--json", "seek", "10s"))
            assert clock["position_ns"] - clock["start_ns"] == 10 * S
            assert read_to_close(client)[1] == 1001
        with urllib.request.urlopen(replay.urls["rest"] + "/api/v3/time") as answer:
            assert json.load(answer)["serverTime"] == clock["venue_ms"]
        (told,) = [
            one for one in lines(run("ctl", "--json", "transcript")) if one["kind"] == "request"
        ]
        assert told["target"] == "/api/v3/time"
        replay.signal(signal.SIGTERM)
        assert replay.end()[0] == 0
    assert list(control_places.folder().iterdir()) == []
