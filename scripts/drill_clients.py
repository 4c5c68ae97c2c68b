"""Real clients through an exchange's worst days: what does each survive?

    python scripts/drill_clients.py [CLIENT ...] [--drill NAME ...] [--jobs 2] [--json] [--out FILE]

Each client (from PyPI, pinned, in an environment of its own) does one thing against a replay of the
project's cassette: reads trades, keeps a book, or asks for it. When it is at it, a plan comes in
force over the control API, and is taken away again; what the client's user saw is compared with
what the tape holds. Prints Markdown. A drill takes less than 20 s once the client is under way.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

SCRIPTS = Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "conformance")]

from drills.catalogue import DRILLS, Drill  # noqa: E402
from drills.judging import Span, Truth, Verdict, judge  # noqa: E402
from drills.server import Run, asked, replaying  # noqa: E402
from drills.table import Verdicts, table  # noqa: E402
from drills.truth import truth_of  # noqa: E402

CASSETTE = ROOT / "cassettes" / "binance-demo.rpx"
DOCS = ROOT / "docs" / "reference" / "drills.md"
BEGIN, END = "<!-- made by scripts/drill_clients.py --docs -->", "<!-- end -->"
STEADY_COUNT = 5  # of what it was asked for, then a client is under way
STEADY_S = 40.0
SETTLED_S = 0.4
SHOCK_MIN = 0.1  # by how much the price falls at least, or it was no crash


class Client(NamedTuple):
    """A client: its environment, its driver, and what it can do."""

    environment: str
    driver: str
    packages: tuple[str, ...]
    tasks: tuple[str, ...] = ("trades", "book", "rest")


CLIENTS = {
    "ccxt.pro": Client("ccxt", "ccxt_driver.py", ("ccxt",)),
    "python-binance": Client("python-binance", "python_binance_driver.py", ("python_binance",)),
    "binance-connector": Client(
        "binance-connector", "binance_connector_driver.py", ("binance-connector",),
        ("trades", "rest"),
    ),
    "websockets": Client("plain", "websockets_driver.py", ("websockets",), ("trades", "book")),
    "aiohttp": Client("plain", "aiohttp_driver.py", ("aiohttp",)),
}  # fmt: skip


class Driven:
    """A client at work, and what it tells."""

    def __init__(self, client: Client, run: Run, task: str) -> None:
        from run import environment

        driver = SCRIPTS / "drills" / client.driver
        command = [str(environment(client.environment)), str(driver), json.dumps(run.urls), task]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process: Any = subprocess.Popen(command, text=True, **pipes)
        self.events: list[dict] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.startswith('{"t"'):
                self.events.append(json.loads(line))

    def wait_until_steady(self) -> bool:
        """Wait until the client is under way; say whether it is."""
        end_s = time.monotonic() + STEADY_S
        while time.monotonic() < end_s and self._process.poll() is None:
            if sum(e["event"] in ("trade", "book", "answer") for e in self.events) > STEADY_COUNT:
                return True
            time.sleep(0.02)
        return False

    def end(self) -> list[dict]:
        """Stop the client, as a terminal that is closed does."""
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        return self.events


def drilled(client: Client, drill: Drill, truth: Truth, cassette: Path) -> Verdict:
    """Put a client through a drill."""
    plan = {"seed": 1, "toxic": list(drill.toxics)}
    options = ["--faults", str(_written(drill))] if drill.at_start else []
    with replaying(cassette, *options) as run:
        driven = Driven(client, run, drill.task)
        try:
            if not driven.wait_until_steady():
                texts = [one.get("text", "") for one in driven.events][-1:]
                return Verdict(f"did not start {texts}", {"alive": False})
            began_s = time.monotonic()
            if not drill.at_start:
                run.ask("PUT", "/faults", plan)
            time.sleep(drill.fault_s)
            lifted_s = time.monotonic()
            injected = run.ask("GET", "/faults").get("injected", 0)
            if not drill.at_start:
                run.ask("PUT", "/faults", {"toxic": []})
            time.sleep(drill.after_s)
            span = Span(began_s, lifted_s, time.monotonic())
            if drill.at_start:
                truth = last_book(run)
        finally:
            events = list(driven.end())
    verdict = judge(drill.task, events, span, truth)
    if drill.at_start:
        injected = 1.0 - (verdict.facts["lowest"] or 1.0) > SHOCK_MIN
    if not injected and drill.toxics:
        return Verdict(f"not run: nothing was injected ({verdict.outcome})", verdict.facts)
    return Verdict(verdict.outcome, {**verdict.facts, "injected": injected})


def last_book(run: Run) -> Truth:
    """Stop the tape, and return the server's own book once clients have read theirs."""
    run.ask("PATCH", "/clock", {"paused": True})
    time.sleep(SETTLED_S)
    told = asked(f"{run.urls['rest']}/api/v3/depth?symbol=BTCUSDT&limit=20")
    bids, asks = (tuple((float(p), float(q)) for p, q in told[side]) for side in ("bids", "asks"))
    return Truth({}, {told["lastUpdateId"]: (bids, asks)})


def _written(drill: Drill) -> Path:
    """Write a drill's plan as TOML; of values as plain as these, JSON's are TOML's."""
    path = ROOT / ".cache" / "drills" / f"{drill.name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["seed = 1"]
    for toxic in drill.toxics:
        lines.append("[[toxic]]")
        for name, value in toxic.items():
            inner = value.items() if isinstance(value, dict) else ()
            rows = [f"{name}.{key} = {json.dumps(one)}" for key, one in inner]
            lines += rows or [f"{name} = {json.dumps(value)}"]
    path.write_text("\n".join(lines) + "\n")
    return path


def versions() -> dict[str, str]:
    """Return the clients' pinned versions."""
    found = {}
    for name, client in CLIENTS.items():
        pinned = ROOT / "tests" / "conformance" / "requirements" / f"{client.environment}.txt"
        rows = dict(row.split("==") for row in pinned.read_text().split() if "==" in row)
        found[name] = ", ".join(f"{one} {rows[one]}" for one in client.packages)
    return found


def prepare(names: list[str]) -> None:
    """Make the environments one after the other, before several want the same one."""
    from run import environment

    for name in names:
        environment(CLIENTS[name].environment)


def run_all(names: list[str], drills: list[Drill], jobs: int, cassette: Path) -> Verdicts:
    """Run every pair, several at once."""
    truth = truth_of(cassette)
    prepare(names)
    pairs = [(name, one) for one in drills for name in names if one.task in CLIENTS[name].tasks]
    verdicts: Verdicts = {}

    def one(pair: tuple[str, Drill]) -> None:
        name, drill = pair
        try:
            verdict = drilled(CLIENTS[name], drill, truth, cassette)
        except (RuntimeError, OSError) as error:
            verdict = Verdict(f"not run: {error}", {"alive": False})
        verdicts[name, drill.name] = verdict
        print(f"{name:<18} {drill.name:<13} {verdict.outcome}", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, pairs))
    return verdicts


def told(path: Path) -> Verdicts:
    """Return what an earlier run wrote with --out."""
    rows = json.loads(path.read_text())["drills"]
    return {(row["client"], row["drill"]): Verdict(row["outcome"], row) for row in rows}


def document(tables: str) -> None:
    """Put the tables, and what made them, between the marks in the documentation."""
    text = DOCS.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    made = "; ".join(f"{name}: {told}" for name, told in versions().items())
    DOCS.write_text(f"{head}{BEGIN}\n{tables}\nVersions: {made}.\n{END}{tail}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--drill", nargs="*", default=[], help=f"of {[d.name for d in DRILLS]}")
    parser.add_argument("--jobs", type=int, default=2, help="how many run at once")
    parser.add_argument("--cassette", type=Path, default=CASSETTE)
    parser.add_argument("--json", action="store_true", help="the facts instead of the table")
    parser.add_argument("--out", type=Path, help="write the JSON facts here as well")
    parser.add_argument("--given", type=Path, help="take the facts from here; run nothing")
    parser.add_argument("--docs", action="store_true", help="put the tables into the docs")
    given = parser.parse_args()
    unknown = set(given.clients) - set(CLIENTS) | set(given.drill) - {d.name for d in DRILLS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    drills = [one for one in DRILLS if not given.drill or one.name in given.drill]
    names = given.clients or list(CLIENTS)
    verdicts = told(given.given) if given.given else {}
    verdicts = verdicts or run_all(names, drills, given.jobs, given.cassette)
    rows = [
        {"client": name, "drill": drill, "outcome": one.outcome, **one.facts}
        for (name, drill), one in sorted(verdicts.items())
    ]
    facts = json.dumps({"versions": versions(), "drills": rows}, indent=1)
    if given.out:
        given.out.write_text(facts + "\n")
    if given.docs:
        document(table(verdicts, names))
    print(facts if given.json else table(verdicts, names))
    return int(any(one.outcome.startswith(("not run", "did not")) for one in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
