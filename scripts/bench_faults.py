"""Benchmarks of faults: what a plan costs, and whether 100 ms are 100 ms.

    python scripts/bench_faults.py [--json] [--only throughput|latency|crowd]

Ratios are taken within one run: every plan in turn, round by round, over the same tape. Toxiproxy
is a program in Go, no package of Python's: it is not measured against.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measuring.clients import drain_frames, frame_times
from measuring.processes import Child, begin_when_connected, serving
from measuring.report import Report
from measuring.tapes import generated, messages, streams_path, write_interactions, write_tape

from replayx.cassette.reader import CassetteReader

WS, REST = 'where = { carrier = "ws" }', 'where = { carrier = "rest" }'
ALL_BYTES = 1 << 62
DELAY_MS = 100
PLANS = {
    "none": "",
    "never_matching": f'[[toxic]]\ntype = "loss"\nrate = 1.0\n{WS}\nwhen = {{ nth = [999999999] }}',
    "elsewhere": '[[toxic]]\ntype = "loss"\nrate = 1.0\nwhere = { connection = 999 }',
    "latency": f'[[toxic]]\ntype = "latency"\ndelay = "{DELAY_MS}ms"\n{WS}',
    "loss": f'seed = 1\n[[toxic]]\ntype = "loss"\nrate = 0.01\n{WS}',
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=["throughput", "latency", "crowd"])
    parser.add_argument("--rounds", type=int, default=5, help="runs whose median is told")
    options = parser.parse_args()
    report = Report("faults")
    parts = {"throughput": throughput, "latency": latency, "crowd": crowd}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            if options.only in (None, name):
                part(report, Path(folder), options.rounds)
    return report.print(as_json=options.json) and 1


def _plan(folder: Path, name: str, text: str) -> list[str]:
    """Return the options that give a plan to a replay."""
    path = folder / f"{name}.toml"
    path.write_text(text + "\n")
    return ["--faults", str(path)] if text else []


def throughput(report: Report, folder: Path, rounds: int) -> None:
    """Flat out, one connection, file to socket: messages of the tape a second."""
    origin, rows = messages()
    times = max(1, 1_000_000 // len(rows))
    tape = write_tape(folder / "flat.rpx", rows, times=times)
    with CassetteReader(tape) as reader:
        count = reader.frame_count
        frame_bytes = sum(len(batch.frames) for batch in reader.batches())
    report.note("throughput.messages", f"{count} ({origin}, {times} times over)")
    path = streams_path(rows)
    rates: dict[str, list[float]] = {name: [] for name in PLANS}
    for _ in range(rounds):
        for name, text in PLANS.items():
            more = ("--port", "0", "--speed", "max", "--at-end", "close")
            with serving("replay", str(tape), *more, *_plan(folder, name, text)) as served:
                got, took = Child(drain_frames, served.port, path, ALL_BYTES).result()
                share = got / frame_bytes
                expected = 0.99 if name == "loss" else 1.0
                assert abs(share - expected) < 0.001, f"{name}: {share:.4f} of the bytes came"
                rates[name].append(count / took)
    for name, found in rates.items():
        report.note(f"throughput.{name}_messages_per_s", statistics.median(found))

    def ratio(name: str) -> float:
        pairs = zip(rates[name], rates["none"], strict=True)
        return statistics.median(one / other for one, other in pairs)

    report.at_least("throughput.elsewhere_of_none", ratio("elsewhere"), 0.95)
    report.note("throughput.never_matching_of_none", ratio("never_matching"))
    report.at_least("throughput.latency_of_none", ratio("latency"), 0.8)
    report.at_least("throughput.loss_per_s", statistics.median(rates["loss"]), 1e6)


# ---- is a delay what it says


def latency(report: Report, folder: Path, rounds: int) -> None:
    """100 ms on every message and on every answer, once each."""
    del rounds
    plan = _plan(folder, "ws", PLANS["latency"])
    rows = list(generated(5_000, rate=1000))
    tape = write_tape(folder / "paced.rpx", rows)
    more = ("--port", "0", "--start", "command", "--at-end", "close", *plan)
    with serving("replay", str(tape), *more) as served:
        child = Child(frame_times, served.port, streams_path(rows), len(rows))
        begin_when_connected(served, 1)
        started_ns = served.event()["monotonic_ns"]
        got = child.result()
    first_ns = rows[0][0]
    _tell(report, "latency.ws", [
        (now_ns - started_ns - (at_ns - first_ns)) / 1e6
        for (now_ns, _), (at_ns, _, _) in zip(got, rows, strict=True)
    ])  # fmt: skip
    tape, targets = write_interactions(folder / "rest.rpx", 100)
    plan = _plan(folder, "rest", f'[[toxic]]\ntype="latency"\ndelay="{DELAY_MS}ms"\n{REST}')
    with serving("replay", str(tape), "--port", "0", *plan) as served:
        took = Child(_ask_in_turn, served.port, targets, 100).result()
    with serving("replay", str(tape), "--port", "0") as served:
        bare = statistics.median(Child(_ask_in_turn, served.port, targets, 100).result())
    report.note("latency.rest_without_ms", bare)
    _tell(report, "latency.rest", [one - bare for one in took])


def _tell(report: Report, name: str, times_ms: list[float]) -> None:
    late = sorted(one - DELAY_MS for one in times_ms)
    if name.endswith("ws"):
        report.at_least(f"{name}_earliest_ms", late[0], 0)
    report.at_most(f"{name}_error_p50_ms", abs(late[len(late) // 2]), 2)
    report.at_most(f"{name}_error_p99_ms", abs(late[len(late) * 99 // 100]), 2)


def _ask_in_turn(port: int, targets: list[str], count: int) -> list[float]:
    """Ask on one kept connection; return how long each answer took, in ms."""
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port)
    took = []
    for number in range(count + 1):
        began_ns = time.monotonic_ns()
        connection.request("GET", targets[number % len(targets)])
        connection.getresponse().read()
        took.append((time.monotonic_ns() - began_ns) / 1e6)
    return took[1:]  # the first one waits for the server to be ready


# ---- many at once


def crowd(report: Report, folder: Path, rounds: int) -> None:
    """1,000 clients ask at the same moment; each answer is delayed: nobody waits for another."""
    tape, targets = write_interactions(folder / "crowd.rpx", 100)
    plan = _plan(folder, "crowd", f'[[toxic]]\ntype="latency"\ndelay="{DELAY_MS}ms"\n{REST}')
    for name, more in (("without", []), ("with", plan)):
        with serving("replay", str(tape), "--port", "0", *more) as served:
            took = [Child(_ask_at_once, served.port, targets, 1000).result() for _ in range(rounds)]
        report.note(f"crowd.{name}_total_ms", statistics.median(took))
        if name == "without":
            bare = statistics.median(took)
    added = statistics.median(took) - bare
    report.at_most("crowd.added_over_latency", added / DELAY_MS, 1.5)


def _ask_at_once(port: int, targets: list[str], count: int) -> float:
    """Connect so many times, ask on all, and return the ms until the last answer."""

    async def ask() -> float:
        opened = []
        for _ in range(count):
            opened.append(await asyncio.open_connection("127.0.0.1", port))
        await _one(*opened[0], targets[0])  # the server is ready from here on
        began_s = time.perf_counter()
        pairs = enumerate(opened)
        await asyncio.gather(*(_one(*pair, targets[k % len(targets)]) for k, pair in pairs))
        took_ms = (time.perf_counter() - began_s) * 1e3
        for _, writer in opened:
            writer.close()
        return took_ms

    return asyncio.run(ask())


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
    writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b" 200 " in head.split(b"\r\n", 1)[0], head[:80]
    await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))


if __name__ == "__main__":
    sys.exit(main())
