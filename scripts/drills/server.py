"""A replay in a process of its own, and its control API."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
READY_S = 40


class Run(NamedTuple):
    """A running replay: a market's URLs by role, without paths, and the control API's."""

    urls: dict[str, str]
    control: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the control API; raises RuntimeError with what it said."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.control + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=READY_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:500]}") from None


def asked(url: str) -> Any:
    """Ask a replay as a client does."""
    with urllib.request.urlopen(url, timeout=READY_S) as answer:
        return json.load(answer)


@contextmanager
def replaying(cassette: Path, *options: str) -> Iterator[Run]:
    """Replay until the block ends."""
    command = [sys.executable, "-m", "replayx", "replay", str(cassette), "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"replay {' '.join(options)}: {process.stderr.read()[-800:]}")
        ready = json.loads(line)
        market = ready["listeners"]["binance-spot"]
        urls = {role: "/".join(url.split("/")[:3]) for role, url in market.items()}
        yield Run(urls, ready["control"])
    finally:
        process.terminate()
        process.communicate(timeout=READY_S)
