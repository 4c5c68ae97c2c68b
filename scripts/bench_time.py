"""Benchmarks of time: pacing on real captures, seeks, derived answers, a day in lockstep.

    python scripts/bench_time.py [--json] [--only pacing|seek|klines|lockstep] [--quick | --long]

Messages are timed by a reader of raw sockets in its own process; both read CLOCK_MONOTONIC. --long
plays the captures for ten minutes, to see drift; --plot draws the lateness (needs matplotlib).
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measuring.clients import Caller, arrivals, decoded_count
from measuring.long_tape import write_long_tape
from measuring.pacing import judge, lateness_ns
from measuring.plot import plot_lateness
from measuring.processes import Child, begin_when_connected, serving
from measuring.report import Report
from measuring.tapes import (
    CAPTURES,
    MARKET,
    captured,
    generated,
    snapshots,
    streams_path,
    write_tape,
)

from replayx.rng import named_stream

SPOT = ("binance_spot_20240808_btcusdt_ethusdt", "binance_spot_20240809_btcusdt_ethusdt")
USDM = ("binance_usdm_20240808_btcusdt_ethusdt",)
THIN = ("binance_spot_20240723_nexousdt", "binance_spot_20240724_nexousdt")
PARTS = ("pacing", "seek", "klines", "lockstep")
PACED_S = 20  # of wall time, each run
LONG_S = 600
DAY_NS = 86_400 * 1_000_000_000
BYTES, QUICK_BYTES = 1_000_000_000, 200_000_000  # of the large cassette
DEPTH = "/api/v3/depth?symbol=BTCUSDT&limit=100"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="a smaller cassette")
    parser.add_argument("--long", action="store_true", help="ten minutes at 1x")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the lateness here")
    options = parser.parse_args()
    if not CAPTURES.is_dir():
        raise SystemExit(f"the real captures are not beside the repository ({CAPTURES})")
    report = Report("time")
    with tempfile.TemporaryDirectory() as folder:
        for name in PARTS:
            if options.only in (None, name):
                globals()[name](report, Path(folder), options)
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


# ---- seeks and derived answers


def seek(report: Report, folder: Path, options: argparse.Namespace) -> None:
    """Seek anywhere in a large cassette and ask for the book; and ask for it again nearby."""
    source = CAPTURES / f"{SPOT[0]}.ndjson.zst"
    rows, tape = list(captured(source)), folder / "large.rpx"
    count = write_long_tape(tape, rows, snapshots(source), QUICK_BYTES if options.quick else BYTES)
    report.note("seek.cassette_bytes", tape.stat().st_size)
    report.note("seek.messages", count)
    rng = named_stream(1, "bench/seek")
    with serving("replay", str(tape), "--port", "0", "--at-end", "hold") as served:
        control, base = Caller(served.control), Caller(served.urls[MARKET]["rest"])
        control.call("PATCH", "/clock", paused=True)
        begin_s = time.perf_counter()
        base.call("GET", DEPTH)
        report.note("seek.index_s", time.perf_counter() - begin_s)
        clock = control.call("GET", "/clock")
        first_ns, span_ns = clock["start_ns"], clock["end_ns"] - clock["start_ns"]
        far, near = [], []
        for _ in range(40):
            to_ns = first_ns + rng.randrange(span_ns)
            begin_s = time.perf_counter()
            control.call("POST", "/clock/seek", to=to_ns)
            far.append(_until_depth(base, begin_s))
            # Warm: the same chunk again, at another instant of it.
            control.call("POST", "/clock/seek", to=to_ns + rng.randrange(100_000_000))
            near.append(_until_depth(base, time.perf_counter()))
        report.note("seek.server_peak_resident_mb", served.resident_mb(peak=True))
    report.note("seek.to_depth_p50_ms", statistics.median(far) * 1e3)
    report.at_most("seek.to_depth_worst_ms", max(far) * 1e3, 50)
    report.at_most("seek.depth_warm_p50_ms", statistics.median(near) * 1e3, 5)
    report.note("seek.depth_warm_worst_ms", max(near) * 1e3)


def _until_depth(base: Caller, begin_s: float) -> float:
    book = base.call("GET", DEPTH)
    took_s = time.perf_counter() - begin_s
    assert len(book["bids"]) == len(book["asks"]) == 100, "a book without levels"
    return took_s


def klines(report: Report, folder: Path, options: argparse.Namespace) -> None:
    """Trades a second from the tape to candles, for tapes of two sizes: linear."""
    rates = []
    for trades in (200_000, 400_000) if options.quick else (1_000_000, 2_000_000):
        rows = list(generated(trades, rate=100))
        tape = write_tape(folder / f"trades{trades}.rpx", rows)
        with serving("replay", str(tape), "--port", "0", "--start", "command") as served:
            base = Caller(served.urls[MARKET]["rest"])
            control = Caller(served.control)
            control.call("POST", "/clock/seek", to=control.call("GET", "/clock")["end_ns"])
            begin_s = time.perf_counter()
            seen = base.call("GET", "/api/v3/klines?symbol=BTCUSDT&interval=1d")
            seen += base.call("GET", "/api/v3/klines?symbol=ETHUSDT&interval=1d")
            took_s = time.perf_counter() - begin_s
        assert sum(row[8] for row in seen) == trades, "trades are missing"
        rates.append(trades / took_s)
        report.note(f"klines.first_answer_over_{trades}_trades_s", took_s)
    report.at_least("klines.trades_per_s", max(rates), 1e6)
    report.at_least("klines.linear", rates[1] / rates[0], 0.7)


# ---- lockstep


def lockstep(report: Report, folder: Path, options: argparse.Namespace) -> None:
    """A day of a thin market in lockstep, with a client that decodes all it reads."""
    del options
    rows = [row for name in THIN for row in captured(CAPTURES / f"{name}.ndjson.zst")]
    # The venue ends a connection after 24 hours, in lockstep of the tape's time.
    rows = [row for row in rows if row[0] - rows[0][0] < DAY_NS]
    tape = write_tape(folder / "day.rpx", rows)
    hours = (rows[-1][0] - rows[0][0]) / 3.6e12
    with serving("replay", str(tape), "--port", "0", "--clock", "lockstep") as served:
        control = Caller(served.control)
        child = Child(decoded_count, served.port, streams_path(rows), len(rows))
        while not control.call("GET", "/connections")["connections"]:
            time.sleep(0.05)
        begin_s = time.perf_counter()
        control.call("POST", "/clock/run-until", at=control.call("GET", "/clock")["end_ns"])
        took_s = time.perf_counter() - begin_s
        assert child.result() == len(rows), "messages are missing"
    report.note("lockstep.virtual_hours", hours)
    report.note("lockstep.messages_per_s", len(rows) / took_s)
    report.note("lockstep.virtual_hours_per_minute", hours / took_s * 60)


if __name__ == "__main__":
    sys.exit(main())
