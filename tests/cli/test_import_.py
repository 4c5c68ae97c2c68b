"""Import on the command line; the real captures are acceptance 2 of the record and replay issue."""

import hashlib
import json

import msgspec
import pytest

from replayx.errors import ExitCode
from replayx.recorder.capture_file import read_lines
from tests.cli.runs import lines, run
from tests.recorder.captures import message, write_capture


def test_a_capture_becomes_a_cassette(tmp_path):
    source = write_capture(tmp_path / "a.ndjson", [message(1, "x"), message(None, "y")])
    done = run("import", source, "--out", tmp_path / "a.rpx")
    assert "2 messages and 1 events of ws.nobody.test" in done.stdout
    assert "1 lines had no time" in done.stdout
    assert [line["raw"] for line in lines(run("cat", tmp_path / "a.rpx"))] == ["y", "x"]


def test_a_wrong_line_is_named(tmp_path):
    source = write_capture(tmp_path / "a.ndjson", [message(1, "x"), message("2", "y")])
    done = run("import", source, "--out", tmp_path / "a.rpx", "--json")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert f"{source}:2:t" in done.stderr


class _Payload(msgspec.Struct):
    raw: str | None
    raw_b64: str | None = None


def digest(all_lines):
    """Return a hash of every payload in order."""
    decode = msgspec.json.Decoder(_Payload).decode
    found = hashlib.sha256()
    for line in all_lines:
        one = decode(line)
        found.update(
            b"T" + one.raw.encode() if one.raw is not None else b"B%s" % one.raw_b64.encode()
        )
        found.update(b"\n")
    return found.hexdigest()


@pytest.mark.capture
@pytest.mark.parametrize(
    "name",
    [
        "ws/binance_spot_20240808_btcusdt_ethusdt",
        "ws/binance_usdm_20240808_btcusdt_ethusdt",
        "ws/binance_spot_20240724_nexousdt",
        "ws/cryptofeed_binance",
        "ws/cryptofeed_bybit",
        "ws/cryptofeed_huobi",
    ],
)
def test_a_real_capture_keeps_every_payload_and_count(captures, tmp_path, name):
    source, cassette = captures / f"{name}.ndjson.zst", tmp_path / "a.rpx"
    assert run("import", source, "--out", cassette).exit_code == ExitCode.OK
    assert run("verify", cassette).exit_code == ExitCode.OK

    printed = run("cat", cassette).stdout_bytes.splitlines()
    assert digest(printed) == digest(line for _, line in read_lines(source))

    manifest = json.loads((captures / "MANIFEST.json").read_text())
    (kinds,) = [one["kinds"] for one in manifest if one["file"] == f"{name}.ndjson.zst"]
    (facts,) = lines(run("inspect", cassette, "--json"))
    counts = facts["counts"]
    assert {
        "ws:msg": counts["messages"],
        "rest": counts["rest"],
        "ws:open": counts["opened"],
        "ws:sent": counts["sent"],
    } == {"ws:msg": 0, "rest": 0, "ws:open": 0, "ws:sent": 0} | kinds
