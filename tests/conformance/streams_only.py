"""Real clients against a replay of streams alone: no answer was recorded, all are derived.

python tests/conformance/streams_only.py

The tape is the project's own cassette without its answers, and without the streams that tell more
than trades, quotes and differences. Exits with 1 if a check failed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from run import CASSETTE, CLIENT_S, HERE, environment, replay, tell

CLIENTS = ("ccxt", "python-binance", "binance-connector")
WORDS = ("trade", "bookTicker", "depth@100ms")


def streams_only(cassette: Path, folder: Path) -> Path:
    """Return a cassette with the streams of another, as imported from a capture."""
    whole, kept, tape = (folder / name for name in ("all.ndjson", "kept.ndjson", "tape.rpx"))
    replayx = [sys.executable, "-m", "replayx"]
    subprocess.run([*replayx, "export", cassette, whole], check=True, capture_output=True)
    with whole.open() as lines, kept.open("w") as file:
        file.writelines(line for line in lines if _is_kept(json.loads(line)))
    subprocess.run([*replayx, "import", kept, "--out", tape], check=True, capture_output=True)
    return tape


def _is_kept(line: dict) -> bool:
    is_message = line["src"] == "ws" and line.get("ev") == "msg"
    return is_message and line.get("stream", "").partition("@")[2] in WORDS


def main() -> int:
    """Run all clients and print their checks."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tape = streams_only(CASSETTE, Path(folder))
        for client in CLIENTS:
            python = environment(client)
            with replay(tape, "--from", "70s") as urls:
                run = [python, HERE / "streams_only_client.py", urls, client]
                ended = subprocess.run(
                    run, capture_output=True, text=True, timeout=CLIENT_S, check=False
                )
            checks = [json.loads(line) for line in ended.stdout.splitlines() if line[:1] == "{"]
            tell(client, checks)
            failed += ended.returncode != 0 or not checks
            sys.stdout.write(ended.stderr[-500:] if ended.returncode else "")
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
