"""`replayx record`: options, the ready line, the end."""

import asyncio
import json
import signal
import socket
import sys

import click
import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cli.record import _options, _rotation, _upstream, _urls, command
from replayx.errors import InvalidOption
from replayx.recorder.recording import Rotation
from replayx.venues.registry import load_venue
from tests.cli.runs import run
from tests.recorder.harness import PATIENCE_S, Exchange

VENUE = load_venue("binance-spot")


def test_help_has_examples_and_exit_codes():
    text = run("record", "--help").output
    assert "replayx record binance-spot --upstream testnet --out btc.rpx" in text
    assert "Exit codes:" in text
    assert isinstance(command, click.Command)


@pytest.mark.parametrize(
    ("preset", "given", "expected"),
    [
        ("testnet", {}, ("https://testnet.binance.vision", False)),
        ("mainnet", {}, ("https://api.binance.com", True)),
        (None, {"rest": "http://localhost:1/"}, ("http://localhost:1", False)),
        ("mainnet", {"rest": "http://localhost:1"}, ("http://localhost:1", True)),
        ("testnet", {"rest": "https://api1.binance.com"}, ("https://api1.binance.com", True)),
        (None, {"rest": "https://demo-api.binance.com"}, ("https://demo-api.binance.com", False)),
    ],
)  # fmt: skip
def test_upstreams_by_preset_and_by_url(preset, given, expected):
    upstream = _upstream(VENUE, preset, {"rest": "", "ws": "", "wsapi": "", **given})
    assert (upstream.rest, upstream.live) == expected


@pytest.mark.parametrize(
    ("preset", "given", "hint"),
    [
        (None, {}, "mainnet"),
        ("tesnet", {}, "testnet"),
        (None, {"rest": "ws://x"}, "https://"),
        (None, {"ws": "https://x"}, "wss://"),
        (None, {"rest": "http://h:99999"}, "host[:port]"),
        (None, {"rest": "http://:80"}, "host[:port]"),
        (None, {"rest": "http://h?x=1"}, "host[:port]"),
        (None, {"rest": "http://me:pw@h"}, "host[:port]"),
    ],
)
def test_upstreams_that_cannot_be_used(preset, given, hint):
    with pytest.raises(InvalidOption) as caught:
        _upstream(VENUE, preset, given)
    assert hint in str(caught.value)


def test_rotation_is_a_size_or_a_time():
    assert _rotation("") == Rotation()
    assert _rotation("1GiB") == Rotation(bytes_max=1 << 30)
    assert _rotation("1h") == Rotation(duration_ns=3600 * 10**9)
    with pytest.raises(InvalidOption):
        _rotation("often")


def test_the_urls_to_paste():
    live = type("Live", (), {"port": 80, "venue": VENUE})
    assert _urls(live, "127.0.0.1", "http") == {
        "binance-spot": {
            "rest": "http://127.0.0.1:80",
            "ws": "ws://127.0.0.1:80",
            "wsapi": "ws://127.0.0.1:80/ws-api/v3",
        }
    }
    assert _urls(live, "::1", "https")["binance-spot"]["ws"] == "wss://[::1]:80"
    live.port = 0
    assert _urls(live, "x", "http") == {}


def test_certificates_that_are_none(tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("no")
    for option in ("--upstream-ca", "--tls-cert"):
        done = run("record", "binance-spot", "--upstream", "testnet", "--out", tmp_path / "a.rpx",
                   option, bad)  # fmt: skip
        assert done.exit_code == 2
        assert option in done.output
    assert not (tmp_path / "a.rpx").exists()


def test_an_unknown_market_and_an_existing_file(tmp_path):
    done = run("record", "binance-spott", "--upstream", "testnet", "--out", tmp_path / "a.rpx")
    assert done.exit_code == 3
    (tmp_path / "a.rpx").touch()
    done = run("record", "binance-spot", "--upstream", "testnet", "--out", tmp_path / "a.rpx")
    assert done.exit_code == 2
    assert "the file exists" in done.output


def test_options_become_what_the_recorder_takes(tmp_path):
    options = _options(
        VENUE, preset="testnet", upstream_rest="", upstream_ws="", upstream_wsapi="",
        upstream_ca=None, host="127.0.0.1", port=0, tls_cert=None, tls_key=None,
        symbols="BTCUSDT, ETHUSDT", streams="trade,", duration="10m", rotate="1h",
        out=tmp_path / "a.rpx", level=3, allow_trading=False,
    )  # fmt: skip
    assert options.symbols == ("BTCUSDT", "ETHUSDT")
    assert options.streams == ("trade",)
    assert options.duration_ns == 600 * 10**9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_with_totals_and_a_whole_file(tmp_path, number):
    exchange = Exchange()
    await exchange.start()
    out, ready_file = tmp_path / "a.rpx", tmp_path / "ready.json"
    here = f"127.0.0.1:{exchange.port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from replayx.cli.main import main; main()",
        "record", "binance-spot", "--upstream-rest", f"http://{here}", "--upstream-ws",
        f"ws://{here}", "--out", out, "--port", "0", "--json", "--ready-file", ready_file,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert ready == json.loads(ready_file.read_text())
    assert ready["event"] == "ready"
    assert ready["listeners"]["binance-spot"]["wsapi"].endswith("/ws-api/v3")
    process.send_signal(number)
    rest, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    end = json.loads(rest)
    assert (end["event"], end["files"], end["messages"]) == ("end", [str(out)], 0)
    assert process.returncode == 0
    assert CassetteReader(out).is_finished
    await exchange.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        ("--symbols", "BTCUSDT"),
        ("--duration", "0s"),
        ("--rotate", "0GiB"),
        ("--rotate", "0s"),
        ("--tls-key", "key.pem"),
    ],
)
def test_options_that_would_be_ignored_are_errors(tmp_path, wrong):
    done = run("record", "binance-spot", "--upstream-rest", "http://127.0.0.1:1",
               "--upstream-ws", "ws://127.0.0.1:1", *wrong, "--out", tmp_path / "a")  # fmt: skip
    assert done.exit_code == 2
    assert wrong[0] in done.output


def test_a_port_that_is_taken_is_said_and_leaves_no_file(tmp_path):
    out = tmp_path / "a.rpx"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("record", "binance-spot", "--upstream-rest", "http://127.0.0.1:1",
                   "--upstream-ws", "ws://127.0.0.1:1", "--out", out,
                   "--port", taken.getsockname()[1])  # fmt: skip
    assert done.exit_code == 2
    assert "cannot listen" in done.output
    assert not out.exists()


def test_a_ready_file_that_cannot_be_written_is_said(tmp_path):
    done = run("record", "binance-spot", "--upstream-rest", "http://127.0.0.1:1",
               "--upstream-ws", "ws://127.0.0.1:1", "--out", tmp_path / "a.rpx",
               "--port", 0, "--ready-file", tmp_path / "no" / "ready")  # fmt: skip
    assert done.exit_code == 4
    assert "--ready-file" in done.output
    assert CassetteReader(tmp_path / "a.rpx").is_finished
