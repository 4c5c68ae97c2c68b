"""`replayx demo` as a user runs it: a process of its own."""

import subprocess
import sys
from pathlib import Path

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Header, Market
from replayx.cassette.writer import CassetteWriter
from replayx.cli.demo import bundled_cassette


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from replayx.cli.main import main; main()"
    asked = [sys.executable, "-c", code, "demo", *arguments]
    return subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)


def test_sees_every_message_of_the_bundled_cassette():
    with CassetteReader(bundled_cassette()) as reader:
        frames = reader.frame_count
    ended = demo("--speed", "max")
    assert ended.stderr == ""
    assert ended.returncode == 0
    first, last = ended.stdout.splitlines()[0], ended.stdout.splitlines()[-1]
    assert first.startswith("binance-spot: rest http://127.0.0.1:")
    assert last == f"2:30 of 2:30: {frames:,} messages seen"


def test_a_cassette_without_connections_is_refused(tmp_path: Path):
    path = tmp_path / "empty.rpx"
    header = Header(1, "test", "synthetic", 0, 0, None, "none", (Market("binance-spot"),))
    with CassetteWriter(path, header):
        pass
    ended = demo(str(path))
    assert ended.returncode == 2
    assert "begins without a stream connection" in ended.stderr


def test_a_wrong_speed_is_refused():
    ended = demo("--speed", "backwards")
    assert ended.returncode == 2
    assert "backwards" in ended.stderr
