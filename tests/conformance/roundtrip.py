"""Record through the proxy from a replay over TLS, with real clients; compare; replay to them.

python tests/conformance/roundtrip.py [CLIENT ...] [--keep FOLDER]

    bundled cassette ── replay (https, wss, test CA) ── record (one a market) ── clients
    the new cassettes ─────────────── replay ───────────────────────────────── the same clients

Beside each client a `websockets` client watches every stream for the whole time, so that the
recording holds more than the moments at which checks looked, and it goes on for a while behind the
last check: a client is never as fast twice. Every message and answer that was recorded must be one
of the source's, in its order: exits with 1 if one is not. What a client asked for once, at one
moment, is all that a recording holds of it unless it follows from the streams: checks that need
such an answer of another moment fail on the replay, and are told.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from run import CASSETTE, CLIENT_S, CLIENTS, HERE, ROOT, environment, tell
from websockets.sync.client import connect

sys.path.insert(0, str(ROOT))

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from tests.server.certificates import make_certificate

PROGRAM = (sys.executable, "-m", "replayx")

# How long the recording goes on behind the checks. They took 25 s when this was written, a second
# more or less each time; one that waits for a stream behind the tape's end waits for nothing.
BEHIND_S = 15


@contextmanager
def running(*arguments: str) -> Iterator[dict]:
    """Run a verb of replayx and give the event with its URLs; end it with SIGINT."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [*PROGRAM, *arguments, "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            ready = process.stdout.readline()
            if ready:
                yield json.loads(ready)["listeners"]
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=30)
        if status or not ready:
            said.seek(0)
            told = said.read()[-1000:]
            raise SystemExit(f"replayx {arguments[0]} ended with {status}: {told}")


def checks_of(client: str, urls: str) -> list[dict]:
    """Run a client against URLs; return its checks."""
    run = [environment(client), HERE / CLIENTS[client], urls]
    try:
        ended = subprocess.run(run, capture_output=True, text=True, timeout=CLIENT_S, check=False)
        output, said = ended.stdout, ended.stderr
    except subprocess.TimeoutExpired as expired:
        output, said = (expired.stdout or b"").decode(), f"ran longer than {CLIENT_S} s"
    lines = [line for line in output.splitlines() if line.startswith('{"check"')]
    if not lines:
        raise SystemExit(f"{client} did not run: {said[-500:]}")
    return [json.loads(line) for line in lines]


@contextmanager
def watching(urls: dict) -> Iterator[None]:
    """Watch every stream of each market through the URLs."""
    with ExitStack() as stack:
        for market, listener in urls.items():
            stack.enter_context(_watching(market, listener["ws"]))
        yield


@contextmanager
def _watching(market: str, url: str) -> Iterator[None]:
    """Read and drop a market's streams in a thread, until the block ends."""
    names = dict.fromkeys(name for other, name, _ in messages(CASSETTE) if other == market)
    client = connect(f"{url}/stream?streams={'/'.join(names)}", max_size=None)
    thread = threading.Thread(target=lambda: [None for _ in client], daemon=True)
    thread.start()
    try:
        yield
    finally:
        client.close()
        thread.join(10)


def record(clients: list[str], folder: Path) -> tuple[list[Path], dict[str, list[dict]]]:
    """Record what the clients do; return the cassettes and the checks."""
    certificate, key = make_certificate(folder)
    tapes, checks = [], {}
    for client in clients:
        with ExitStack() as stack:
            tls = ("--tls-cert", str(certificate), "--tls-key", str(key))
            # What it says is compared with what its cassette holds: nothing is derived.
            said = ("replay", str(CASSETTE), "--port", "0", "--derive", "off", *tls)
            source = stack.enter_context(running(*said))
            urls = {}
            for market, listener in source.items():
                out = folder / f"{client}-{market}.rpx"
                tapes.append(out)
                upstream = ("--upstream-rest", listener["rest"], "--upstream-ws", listener["ws"])
                wsapi = ("--upstream-wsapi", listener["ws"], "--upstream-ca", str(certificate))
                port = ("--port", "0", "--out", str(out))
                urls |= stack.enter_context(running("record", market, *upstream, *wsapi, *port))
            stack.enter_context(watching(urls))
            checks[client] = checks_of(client, json.dumps(urls))
            time.sleep(BEHIND_S)
    return tapes, checks


def messages(path: Path) -> dict[tuple[str, str, int], list[bytes]]:
    """Return the streams' payloads without envelope, by market, name and connection."""
    found: dict[tuple[str, str, int], list[bytes]] = {}
    with CassetteReader(path) as reader:
        for batch in reader.batches():
            for k in range(batch.count):
                channel = reader.channels[batch.channel[k]]
                if channel.kind is ChannelKind.STREAM:
                    payload = bytes(batch.payload(k))
                    inner = payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
                    key = (channel.market, channel.name, channel.connection)
                    found.setdefault(key, []).append(inner)
    return found


def answers(path: Path) -> Counter[tuple[str, bytes]]:
    """Return the HTTP answers, by status and body."""
    with CassetteReader(path) as reader:
        interactions = [reader.interaction(ref) for ref in reader.interactions()]
    return Counter((str(i.status), i.response_body) for i in interactions if i.kind == "rest")


def compare(tape: Path, source: dict[tuple[str, str, int], list[bytes]]) -> tuple[int, list[str]]:
    """Return how many messages were compared, and what is not as in the source."""
    wrong, compared = [], 0
    by_name = {(market, name): rows for (market, name, _), rows in source.items()}
    for (market, name, connection), rows in messages(tape).items():
        expected = by_name.get((market, name), [])
        start = expected.index(rows[0]) if rows[0] in expected else len(expected)
        compared += len(rows)
        if expected[start : start + len(rows)] != rows:
            wrong.append(f"{tape.name}: {name} on connection {connection}")
    return compared, wrong


def compare_answers(tape: Path, source: Counter[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """Return how many answers were compared, and those that are not the source's."""
    found = answers(tape)
    computed = (b'{"serverTime":', b"{}", b'{"code":-1020')
    wrong = [
        f"{tape.name}: {status} {body[:80]!r}"
        for status, body in found
        if (status, body) not in source and not body.startswith(computed)
    ]
    return sum(found.values()), wrong


def main() -> int:
    """Record, compare, replay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", nargs="*", default=["ccxt", "python-binance"], metavar="CLIENT")
    parser.add_argument("--keep", type=Path, help="leave the cassettes here")
    given = parser.parse_args()
    source, said = messages(CASSETTE), answers(CASSETTE)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        tapes, recorded = record(given.clients, folder)
        wrong = []
        for tape in tapes:
            compared, unlike = compare(tape, source)
            answered, misheard = compare_answers(tape, said)
            wrong += unlike + misheard
            sys.stdout.write(f"{tape.name}: {compared} messages, {answered} answers compared\n")
        for client, checks in recorded.items():
            held = sum(one["passed"] for one in checks)
            sys.stdout.write(f"{client} while recording: {held} of {len(checks)} checks\n")
            mine = [str(tape) for tape in tapes if tape.name.startswith(client)]
            with running("replay", *mine, "--port", "0") as urls:
                again = checks_of(client, json.dumps(urls))
            tell(client, again)
    for line in wrong:
        sys.stdout.write(f"NOT EQUAL  {line}\n")
    sys.stdout.write(f"{len(wrong)} differences\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
