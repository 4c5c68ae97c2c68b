"""Local order books of real clients on the real captures: do they stay in sync?

python tests/conformance/books.py [CLIENT ...] [--scenario NAME ...] [--seconds 20] [--seed N]

Every scenario is one replay of spot and USDⓈ-M together, at 1x and at 10x; all clients follow it at
once. A client that started over though its connection held, a book that is not the oracle's at its
update id, and a client that got nothing are failures: exits with 1.

    start   joining at the start          later   joining at a random later moment
    seek    seeking back and forth        seam    across the seams of a loop, recorded streams only
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from run import CACHE, HERE, ROOT, environment

sys.path.insert(0, str(ROOT))

from tests.oracle.book import Book
from tests.oracle.told import Told, captured, read

CAPTURES = ROOT.parent / "shared" / "data" / "ws"
SOURCES = {
    "binance-spot": (
        "binance_spot_20240808_btcusdt_ethusdt",
        "binance_spot_20240809_btcusdt_ethusdt",
    ),
    "binance-usdm": ("binance_usdm_20240808_btcusdt_ethusdt",),
}
CLIENTS = {
    "plain": "plain_books.py",
    "python-binance": "python_binance_books.py",
    "ccxt": "ccxt_books.py",
}
SPEEDS = ("1", "10")
SEED = 20240808
READY_S = 30  # for servers and clients to start
SETTLED_S = 0.5  # until clients have read what was sent before a pause

# How long both captures last, in seconds, less what a run at 10x needs.
LAST_START_S = 100
LEVELS = 100  # of each book that are compared


class Run(NamedTuple):
    """A running replay: its URLs by market, and the control API's."""

    urls: dict
    control: str

    def post(self, path: str, **body: object) -> dict:
        """Ask the control API for something."""
        method = "PATCH" if path == "/clock" else "POST"
        request = urllib.request.Request(
            self.control + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=READY_S) as answer:
            return json.load(answer)


def replayx(*arguments: str | Path) -> None:
    """Run a verb to its end."""
    run = [sys.executable, "-m", "replayx", *arguments]
    subprocess.run(run, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def cassettes() -> list[Path]:
    """Return the captures as cassettes, imported once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    made = []
    for market, names in SOURCES.items():
        out = CACHE / f"books-{market}.rpx"
        if not out.exists():
            files = [CAPTURES / f"{name}.ndjson.zst" for name in names]
            replayx("import", *files, "--out", out)
        made.append(out)
    return made


def beginnings(folder: Path, seconds: float) -> list[Path]:
    """Return the first so many seconds of the captures as cassettes."""
    made = []
    for whole in cassettes():
        made.append(folder / whole.name)
        replayx("repack", whole, made[-1], "--to", f"{seconds:.3f}s", "--level", "6")
    return made


@contextmanager
def replaying(files: list[Path], *options: str) -> Iterator[Run]:
    """Run a replay of both markets."""
    command = [sys.executable, "-m", "replayx", "replay", *files, "--port", "0", "--json"]
    server = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(server.stdout.readline() or "{}")
        if ready.get("event") != "ready":
            raise SystemExit(f"`replayx replay {' '.join(options)}` did not start")
        yield Run(ready["listeners"], ready.get("control", ""))
    finally:
        server.terminate()
        server.wait(timeout=READY_S)


@contextmanager
def following(
    clients: list[str], run: Run, *, recorded_only: bool
) -> Iterator[dict[str, subprocess.Popen]]:
    """Run clients until the block ends. `recorded_only`: not on streams that have to be derived."""
    started = {}
    try:
        for client in clients:
            command = [environment(client), HERE / CLIENTS[client], json.dumps(run.urls)]
            command += ["recorded"] if recorded_only else []
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            started[client] = subprocess.Popen(command, text=True, **pipes)
        yield started
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def told_by(process: subprocess.Popen) -> list[dict]:
    """Let a client tell its books, and end."""
    said, complained = process.communicate("\n", timeout=READY_S)
    lines = [line for line in said.splitlines() if line.startswith('{"books"')]
    if not lines:
        raise SystemExit(f"{process.args[1].name} did not tell: {complained[-1500:]}")
    told = json.loads(lines[-1])
    if told["failed"]:
        raise SystemExit(f"{process.args[1].name}: {told['failed']}\n{complained[-1500:]}")
    return told["books"]


# ---- what happens while the clients follow


def options_of(scenario: str, speed: str, rng: random.Random) -> list[str]:
    """Return how the replay is started."""
    options = ["--speed", speed]
    if scenario == "later":
        options += ["--from", f"{rng.uniform(20, LAST_START_S):.3f}s"]
    if scenario == "seam":
        options += ["--loop"]
    return options


def files_of(scenario: str, speed: str, seconds: float, folder: Path) -> list[Path]:
    """Return what is replayed."""
    if scenario != "seam":
        return cassettes()
    # Laps so short that a seam comes by at least twice while the clients follow.
    return beginnings(folder, float(speed) * seconds / 4)


def meanwhile(scenario: str, run: Run, seconds: float, rng: random.Random) -> None:
    """Wait; on the way, do what the scenario is about."""
    if scenario == "seek":
        for _ in range(2):
            time.sleep(seconds / 3)
            run.post("/clock/seek", to=f"{rng.uniform(20, LAST_START_S):.3f}s")
        seconds /= 3
    time.sleep(seconds)


# ---- judging


def books_at(told: Told, ids: set[int]) -> dict[int, Book]:
    """Return the oracle's best levels at update ids."""
    book, found = Book(), {}
    book.load(told.snapshots[0])
    for delta in told.deltas:
        book.apply(delta)
        if book.last in ids and book.last not in found:
            found[book.last] = _values(*book.levels(LEVELS))
    return found


def _values(bids: list, asks: list) -> list[list[tuple[Decimal, Decimal]]]:
    """Return levels as numbers. Some clients keep floats: they print as they were read."""
    sides = (bids[:LEVELS], asks[:LEVELS])
    return [[(Decimal(str(p)).normalize(), Decimal(str(q)).normalize()) for p, q in side]
            for side in sides]  # fmt: skip


def faults(book: dict, scenario: str, expected: dict[int, list]) -> list[str]:
    """Return what is wrong with a client's book."""
    found = []
    if book["resyncs"]:
        found.append(f"started over {book['resyncs']} times: {book['complaints'][:2]}")
    if book["applied"] < 5:
        found.append(f"only {book['applied']} differences")
    connects_max = 3 if scenario == "seek" else 1
    if book["connects"] > connects_max:
        found.append(f"connected {book['connects']} times")
    values = _values(book["bids"], book["asks"])
    if not all(values) or values[0][0][0] >= values[1][0][0]:
        found.append("crossed or empty")
    if book["last"] not in expected:
        found.append(f"no difference ends with {book['last']}")
    elif values != expected[book["last"]]:
        pairs = zip(chain(*values), chain(*expected[book["last"]]), strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), "its length")
        found.append(f"not the oracle's at {book['last']}: {first}")
    return found


def served(run: Run, books: dict[str, list[dict]]) -> dict[tuple[str, str], dict[int, list]]:
    """Return the books that the server tells, by market and symbol, then by update id."""
    found = {}
    for key in {(book["market"], book["symbol"]) for told in books.values() for book in told}:
        path = "/api/v3/depth" if key[0] == "binance-spot" else "/fapi/v1/depth"
        url = f"{run.urls[key[0]]['rest']}{path}?symbol={key[1]}&limit={LEVELS}"
        with urllib.request.urlopen(url, timeout=READY_S) as answer:
            book = json.load(answer)
        found[key] = {book["lastUpdateId"]: _values(book["bids"], book["asks"])}
    return found


def expected_of(
    books: dict[str, list[dict]], oracle: dict[tuple[str, str], Told]
) -> dict[tuple[str, str], dict[int, list]]:
    """Return the oracle's books at the ids that clients told."""
    ids = {one["last"] for rows in books.values() for one in rows}
    return {key: books_at(told, ids) for key, told in oracle.items()}


def judge(scenario: str, speed: str, books: dict[str, list[dict]], expected: dict) -> int:
    """Print a scenario's books; return how many are wrong."""
    wrong = 0
    for client, told in books.items():
        for book in told:
            bad = faults(book, scenario, expected[book["market"], book["symbol"]])
            wrong += bool(bad)
            what = f"{client} {book['market']} {book['symbol']} {book['channel']}"
            facts = f"{book['applied']} differences, {book['resyncs']} resyncs"
            sys.stdout.write(f"{'FAIL' if bad else 'pass'}  {scenario} {speed}x  {what}: {facts}\n")
            for one in bad:
                sys.stdout.write(f"      {one}\n")
    sys.stdout.flush()
    return wrong


class Scenario(NamedTuple):
    """One of the runs."""

    name: str
    speed: str
    seconds: float
    clients: list[str]

    def play(self, rng: random.Random, oracle: dict) -> int:
        """Run it and judge; return how many books are wrong."""
        is_loop = self.name == "seam"
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            files = files_of(self.name, self.speed, self.seconds, folder)
            options = options_of(self.name, self.speed, rng)
            run = stack.enter_context(replaying(files, *options))
            started = stack.enter_context(following(self.clients, run, recorded_only=is_loop))
            meanwhile(self.name, run, self.seconds, rng)
            if is_loop:
                # Ids went on behind the capture's: the server's own book is the judge.
                run.post("/clock", paused=True)
                time.sleep(SETTLED_S)
            books = {client: told_by(process) for client, process in started.items()}
            expected = served(run, books) if is_loop else expected_of(books, oracle)
        return judge(self.name, self.speed, books, expected)


def main() -> int:
    """Run the scenarios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", nargs="*", default=list(CLIENTS), metavar="CLIENT")
    parser.add_argument("--scenario", nargs="*", default=["start", "later", "seek", "seam"])
    parser.add_argument("--speed", nargs="*", default=SPEEDS)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    if not CAPTURES.is_dir():
        raise SystemExit(f"the real captures are not beside the repository ({CAPTURES})")
    rng = random.Random(given.seed)
    sys.stdout.write(f"seed {given.seed}\n")
    oracle = {}
    for market, names in SOURCES.items():
        told = read(captured(CAPTURES / f"{name}.ndjson.zst" for name in names))
        oracle |= {(market, symbol): one for symbol, one in told.items()}
    wrong = 0
    for scenario in given.scenario:
        for speed in given.speed:
            wrong += Scenario(scenario, speed, given.seconds, given.clients).play(rng, oracle)
    sys.stdout.write(f"{wrong} books failed\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
