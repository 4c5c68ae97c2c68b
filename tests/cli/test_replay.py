import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from replayx.cassette.reader import CassetteReader
from replayx.errors import InvalidOption
from replayx.quantities import parse_speed
from tests.cli.runs import flip, run

DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"
STREAM = "/ws/btcusdt@bookTicker"
PATIENCE_S = 30


class Replay:
    """`replayx replay` in a process of its own; `event` reads a line of its stdout."""

    def __init__(self, *arguments) -> None:
        command = [sys.executable, "-m", "replayx", "replay", *map(str, arguments), "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ready = self.event()
        self.urls = self.ready["listeners"]["binance-spot"]

    def event(self):
        return json.loads(self.process.stdout.readline())

    def signal(self, number) -> None:
        self.process.send_signal(number)

    def end(self):
        """Wait for the process; return its exit code, its last event and its stderr."""
        # Not `communicate`: it knows nothing of lines that came with those `event` has read.
        late = threading.Timer(PATIENCE_S, self.process.kill)
        late.start()
        lines, err = self.process.stdout.readlines(), self.process.stderr.read()
        late.cancel()
        return self.process.wait(), json.loads(lines[-1]) if lines else None, err


@contextmanager
def replaying(*arguments):
    """Give a Replay on free ports, and end it if the test has not."""
    replay = Replay(*arguments, "--port", "0")
    try:
        yield replay
    finally:
        replay.process.kill()
        replay.process.communicate()


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def read_to_close(client):
    count = 0
    try:
        while True:
            client.recv()
            count += 1
    except ConnectionClosed as closed:
        return count, closed.rcvd and closed.rcvd.code


@pytest.mark.parametrize(
    ("text", "speed"),
    [("1", Fraction(1)), ("0.5", Fraction(1, 2)), ("10x", Fraction(10)), ("max", None)],
)
def test_speeds(text, speed):
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "", "nan", "inf", "1/0"])
def test_what_is_no_speed(text):
    with pytest.raises(InvalidOption, match="a number above 0"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--speed", "fast"], 2, "--speed: the speed 'fast'; expected a number above 0"),
        (["--from", "1h"], 2, "--from: 3600 s; expected at most what the tape lasts: 149.9"),
        (["--from", "x"], 2, "the time 'x'"),
        (["--to", "0s"], 2, "--to: 0 s; expected a time behind --from; the tape lasts 149.9"),
        (["--from", "2020-01-01"], 2, "expected at most what the tape lasts: 149.9"),
        (["--skip-idle", "x"], 2, "the duration 'x'"),
        (["--timeline", "mine"], 2, "--timeline: 'mine'; expected a name and a port"),
        (["--timeline", "mine=65536"], 2, "expected a name and a port: mine=8090"),
        (["--timeline", "a b=0"], 2, "the timeline 'a b'; expected a name of at most 64"),
        (["--port", "65535"], 2, "--port: no port 65536 for binance-usdm"),
        (["--port", "1", "--port", "2", "--port", "3"], 2, "--port: 3 ports; expected at most 2"),
        (["--tls-key", "key.pem"], 2, "--tls-key: a key without its certificate"),
        (["--tls-cert", __file__], 2, "--tls-cert: cannot use "),
        (["--port", "0", "--ready-file", "/none/urls"], 4, "--ready-file /none/urls: cannot be"),
    ],
)
def test_wrong_options_are_told(arguments, code, told):
    done = run("replay", DEMO, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.rpx", "cannot open"),
        (".", "not a regular file"),
        ("text.rpx", "the file begins with"),
        ("short.rpx", "the file ends at byte 40"),
    ],
)
def test_what_is_no_cassette_is_told(tmp_path, name, told):
    (tmp_path / "text.rpx").write_text("no cassette")
    (tmp_path / "short.rpx").write_bytes(DEMO.read_bytes()[:40])
    done = run("replay", tmp_path / name, "--port", "0")
    assert (done.exit_code, done.stdout) == (3, "")
    assert told in done.stderr


def test_a_market_of_no_venue_is_told():
    done = run("replay", DEMO.with_name("golden-finished.rpx"), "--port", "0")
    assert done.exit_code == 3
    assert "no market is called 'alpha'; expected binance-spot or binance-usdm" in done.stderr


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("replay", DEMO, "--port", port)
    assert done.exit_code == 2
    assert f"--port: cannot listen on 127.0.0.1:{port}" in done.stderr


def test_the_ready_line_comes_first_and_into_the_ready_file(tmp_path):
    ready = tmp_path / "urls.json"
    with replaying(DEMO, "--start", "now", "--ready-file", ready) as replay:
        assert replay.ready["event"] == "ready"
        assert json.loads(ready.read_text()) == replay.ready
        assert [*tmp_path.iterdir()] == [ready]
        assert [*replay.ready["listeners"]] == ["binance-spot", "binance-usdm"]
        port = replay.urls["rest"].rsplit(":", 1)[1]
        assert replay.urls == {
            "rest": f"http://127.0.0.1:{port}",
            "ws": f"ws://127.0.0.1:{port}",
            "wsapi": f"ws://127.0.0.1:{port}/ws-api/v3",
        }
        assert replay.event()["event"] == "started"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_sockets_with_1001_and_exits_with_0(number):
    with replaying(DEMO) as replay, connect(replay.urls["ws"] + STREAM) as client:
        client.recv()
        replay.signal(number)
        assert read_to_close(client)[1] == 1001
        assert replay.end() == (0, {"event": "end", "unmatched": 0, "cut_off": 0}, "")


def test_a_client_that_reads_nothing_does_not_keep_it_from_ending():
    names = ("depth20@100ms", "depth10@100ms", "depth5@100ms", "bookTicker")
    path = "/ws/" + "/".join(f"{symbol}usdt@{name}" for symbol in ("btc", "eth") for name in names)
    with replaying(DEMO, "--speed", "max") as replay, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", int(replay.urls["ws"].rsplit(":", 1)[1])))
        head = (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        client.sendall(head.encode())
        assert replay.event()["event"] == "started"
        replay.signal(signal.SIGINT)
        replay.signal(signal.SIGINT)
        code, end, err = replay.end()
        assert (code, end["event"], err) == (0, "end", "")


def test_the_command_that_starts_the_tape():
    with replaying(DEMO, "--start", "command", "--speed", "max", "--at-end", "exit") as replay:
        with connect(replay.urls["ws"] + STREAM) as client:
            with pytest.raises(TimeoutError):
                client.recv(timeout=0.05)
            replay.signal(signal.SIGUSR1)
            assert replay.event()["event"] == "started"
            assert read_to_close(client) == (3432, 1001)
        assert replay.end()[0] == 0


@pytest.mark.parametrize(("strict", "code"), [(["--strict"], 1), ([], 0)])
def test_requests_without_an_answer_are_told_and_strict_counts_them(strict, code):
    with replaying(DEMO, *strict) as replay:
        status, body = ask(replay.urls["rest"] + "/api/v3/depth?symbol=NONE")
        assert (status, json.loads(body)["code"]) == (400, -1121)  # as the venue says it
        replay.signal(signal.SIGINT)
        done, end, err = replay.end()
        assert (done, end["unmatched"]) == (code, 1)
        assert "GET /api/v3/depth?symbol=NONE. Nearest recorded: GET /api/v3/depth?" in err


def test_at_the_end_it_exits_without_clients_too():
    with replaying(DEMO, "--start", "now", "--speed", "100000", "--at-end", "exit") as replay:
        assert replay.end() == (0, {"event": "end", "unmatched": 0, "cut_off": 0}, "")


@pytest.mark.parametrize(("more", "needs"), [((), False), (("--rebase", "7d"), True)])
def test_numpy_is_loaded_where_times_are_moved_and_nowhere_else(more, needs):
    given = ("--port", "0", "--start", "now", "--speed", "100000", "--at-end", "exit", *more)
    command = [sys.executable, "-X", "importtime", "-m", "replayx", "replay", str(DEMO), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert ("numpy" in loaded) == needs


async def read_slowly(url):
    async with async_connect(url, max_queue=1, close_timeout=20) as client:
        count = 0
        try:
            while True:
                await client.recv()
                count += 1
                if count % 500 == 0:
                    await asyncio.sleep(0.01)
        except ConnectionClosed as closed:
            return count, closed.rcvd and closed.rcvd.code


def test_at_the_end_a_slow_reader_gets_everything():
    with replaying(DEMO, "--speed", "max", "--at-end", "exit") as replay:
        assert asyncio.run(read_slowly(replay.urls["ws"] + STREAM)) == (3432, 1001)
        assert replay.end()[0] == 0


@pytest.mark.parametrize("speed", ["max", "1000"])
def test_damage_found_on_the_way_ends_it_with_a_message(tmp_path, speed):
    with CassetteReader(DEMO) as reader:
        offset = reader.chunks.offsets[3] + 5000
    damaged = tmp_path / "damaged.rpx"
    damaged.write_bytes(DEMO.read_bytes())
    flip(damaged, offset)
    with replaying(damaged, "--speed", speed) as replay:
        with connect(replay.urls["ws"] + STREAM) as client:
            count, close = read_to_close(client)
        assert 0 < count < 3432
        assert close == 1001
        code, _, err = replay.end()
        assert code == 3
        assert err.startswith(f"error: {damaged} at byte ")
        assert "replayx repair" in err
        assert "Traceback" not in err


def test_a_truncated_cassette_plays_what_is_left_and_says_so(tmp_path):
    short = tmp_path / "short.rpx"
    short.write_bytes(DEMO.read_bytes()[:1_000_000])
    with replaying(short, "--speed", "max", "--at-end", "exit") as replay:
        with connect(replay.urls["ws"] + STREAM) as client:
            count, close = read_to_close(client)
        assert 0 < count < 3432
        code, _, err = replay.end()
        assert (code, close) == (0, 1001)
        assert err.startswith(f"warning: {short} at byte ")
