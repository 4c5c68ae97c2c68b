"""Benchmarks of time: pacing on real captures, seeks, derived answers, a day in lockstep.

    python scripts/bench_time.py [--json] [--only pacing|seek|klines|lockstep] [--quick | --long]

Messages are timed by a reader of raw sockets in its own process; both read CLOCK_MONOTONIC. --long
plays the captures for ten minutes, to see drift; --plot draws the lateness (needs matplotlib).
"""

import argparse
import sys
import tempfile
from pathlib import Path

from measuring.clients import arrivals
from measuring.pacing import judge, lateness_ns
from measuring.plot import plot_lateness
from measuring.processes import Child, begin_when_connected, serving
from measuring.report import Report
from measuring.tapes import CAPTURES, captured, streams_path, write_tape

SPOT = ("binance_spot_20240808_btcusdt_ethusdt", "binance_spot_20240809_btcusdt_ethusdt")
USDM = ("binance_usdm_20240808_btcusdt_ethusdt",)
PACED_S = 20  # of wall time, each run
LONG_S = 600


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=["pacing"])
    parser.add_argument("--quick", action="store_true", help="a smaller cassette")
    parser.add_argument("--long", action="store_true", help="ten minutes at 1x")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the lateness here")
    options = parser.parse_args()
    if not CAPTURES.is_dir():
        raise SystemExit(f"the real captures are not beside the repository ({CAPTURES})")
    report = Report("time")
    parts = {"pacing": pacing}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            if options.only in (None, name):
                part(report, Path(folder), options)
    return report.print(as_json=options.json) and 1


# ---- pacing


def pacing(report: Report, folder: Path, options: argparse.Namespace) -> None:
    """The captures against their own schedule: nothing early, and how late."""
    drawn = []
    for market, names in (("binance-spot", SPOT), ("binance-usdm", USDM)):
        rows = [row for name in names for row in captured(CAPTURES / f"{name}.ndjson.zst")]
        for speed in (1, 10):
            seconds = LONG_S if options.long and speed == 1 else PACED_S
            told = _paced(folder / f"{market}{speed}.rpx", market, rows, speed, seconds)
            late, due = told
            seen = judge(late, due)
            name = f"pacing.{market}_{speed}x"
            report.note(f"{name}_messages", len(late))
            report.note(f"{name}_seconds", (due[-1] - due[0]) / 1e9)
            report.at_least(f"{name}_earliest_ms", seen.earliest, 0)
            report.at_most(f"{name}_lateness_p50_ms", seen.p50, 0.15)
            report.at_most(f"{name}_lateness_p99_ms", seen.p99, 1)
            report.at_most(f"{name}_drift_ms", abs(seen.drift), 1)
            drawn.append((f"{market} at {speed}x", due, late))
    if options.plot:
        plot_lateness(options.plot, drawn)


def _paced(
    path: Path, market: str, rows: list, speed: int, seconds: float
) -> tuple[list[int], list[int]]:
    """Play so many seconds of a capture; return how late each message was, and when due."""
    start_ns = rows[0][0]
    rows = [row for row in rows if row[0] - start_ns < seconds * speed * 1e9]
    write_tape(path, rows, market=market)
    prefix = "/public" if market == "binance-usdm" else ""
    given = ("--port", "0", "--start", "command", "--at-end", "close", "--speed", str(speed))
    with serving("replay", str(path), *given) as served:
        child = Child(arrivals, served.port, prefix + streams_path(rows), len(rows))
        begin_when_connected(served, 1)
        started_ns = served.event()["monotonic_ns"]
        told = child.result(timeout_s=seconds + 60)
    assert told[-1][1] == len(rows), f"{told[-1][1]} of {len(rows)} messages came"
    due_ns = [(at_ns - start_ns) // speed for at_ns, _, _ in rows]
    return lateness_ns(told, due_ns, started_ns), due_ns


if __name__ == "__main__":
    sys.exit(main())
