"""Benchmarks of the recorder: messages through the proxy, added latency, REST against mitmproxy.

    python scripts/bench_record.py [--json] [--only throughput|latency|rest] [--seconds 30]

mitmproxy is installed from PyPI into an environment of its own (--peers) the first time.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from measuring.clients import frame_times, request_rate
from measuring.processes import Child, Served, peer, serving
from measuring.report import Report
from measuring.upstreams import sent_ns, serve_venue

from replayx.cassette.reader import CassetteReader

_PATH = "/stream?streams=btcusdt@trade"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=["throughput", "latency", "rest"])
    parser.add_argument("--seconds", type=float, default=30, help="of the throughput run")
    parser.add_argument("--peers", type=Path, default=Path.home() / ".cache/replayx-peers")
    options = parser.parse_args()
    report = Report("record")
    with tempfile.TemporaryDirectory() as folder:
        if options.only in (None, "throughput"):
            throughput(report, Path(folder), options.seconds)
        if options.only in (None, "latency"):
            latency(report, Path(folder))
        if options.only in (None, "rest"):
            rest(report, Path(folder), options.peers)
    return report.print(as_json=options.json) and 1


def recording(upstream: int, out: Path):
    """Return a recorder in front of the upstream."""
    base = f"127.0.0.1:{upstream}"
    return serving(
        "record",
        "binance-spot",
        "--upstream-rest",
        f"http://{base}",
        "--upstream-ws",
        f"ws://{base}",
        "--out",
        str(out),
        "--port",
        "0",
    )


# ---- throughput


def throughput(report: Report, folder: Path, seconds: float, rate: int = 50_000) -> None:
    """50,000 messages a second through the proxy: none lost, memory bounded."""
    out = folder / "throughput.rpx"
    total = int(rate * seconds)
    with peer(serve_venue, rate, seconds) as upstream, recording(upstream, out) as recorder:
        child = Child(count_only, recorder.port, _PATH, total)
        resident = _watch(recorder, seconds)
        received, took = child.result(timeout_s=seconds * 4 + 60)
        cpu_s = recorder.cpu_seconds()
    with CassetteReader(out) as reader:
        recorded = reader.frame_count
    report.note("throughput.offered_per_s", rate)
    report.at_least("throughput.received_per_s", received / took, rate * 0.98)
    report.at_most("throughput.lost_by_the_client", total - received, 0)
    report.at_most("throughput.lost_by_the_cassette", total - recorded, 0)
    report.note("throughput.cpu_share", cpu_s / took)
    report.note("throughput.resident_mb_early", resident[0])
    report.at_most("throughput.resident_mb_peak", max(resident), 300)
    report.at_most("throughput.resident_growth", resident[-1] / resident[len(resident) // 3], 1.3)


def _watch(recorder: Served, seconds: float) -> list[float]:
    """Return the recorder's resident memory, sampled over the run."""
    samples = []
    for _ in range(12):
        time.sleep(seconds / 12)
        samples.append(recorder.resident_mb())
    return samples


def count_only(port: int, path: str, count: int) -> tuple[int, float]:
    """Count messages as they come; return how many came, and in how many seconds."""
    from measuring.clients import open_socket, take_frames

    client, rest = open_socket(port, path)
    buffer = bytearray(rest)
    received = 0
    start_s = time.perf_counter()
    with client:
        while True:
            received += sum(1 for _ in take_frames(buffer))
            if received >= count:
                break
            part = client.recv(1 << 20)
            if not part:
                break
            buffer += part
    return received, time.perf_counter() - start_s


# ---- latency


def latency(report: Report, folder: Path, rate: int = 5_000, seconds: float = 10) -> None:
    """What the proxy adds at 5,000 messages a second, against a direct connection."""
    added = []
    for turn in range(3):
        with peer(serve_venue, rate, seconds) as upstream:
            direct = _delays(upstream, int(rate * seconds * 0.9))
        out = folder / f"latency{turn}.rpx"
        with peer(serve_venue, rate, seconds) as upstream, recording(upstream, out) as recorder:
            proxied = _delays(recorder.port, int(rate * seconds * 0.9))
        added.append(
            [
                (percentile(proxied, share) - percentile(direct, share)) / 1e6
                for share in (0.5, 0.99)
            ]
        )
        report.note(f"latency.direct_p50_p99_ms_{turn}", _shares(direct))
        report.note(f"latency.proxied_p50_p99_ms_{turn}", _shares(proxied))
    report.at_most("latency.added_p50_ms", statistics.median(a for a, _ in added), 0.3)
    report.at_most("latency.added_p99_ms", statistics.median(b for _, b in added), 2)


def _delays(port: int, count: int) -> list[int]:
    got = Child(frame_times, port, _PATH, count).result()
    assert len(got) == count, f"{len(got)} of {count} messages"
    return sorted(now_ns - sent_ns(payload) for now_ns, payload in got[count // 20 :])


def percentile(ordered: list[int], share: float) -> int:
    """Return the value below which that share of an ordered list lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _shares(ordered: list[int]) -> list[float]:
    return [round(percentile(ordered, share) / 1e6, 3) for share in (0.5, 0.99)]


# ---- REST


def rest(report: Report, folder: Path, peers: Path) -> None:
    """Requests a second through each recorder, with the same venue behind and the same load."""
    mitmdump = _mitmdump(peers)
    targets = ["/api/v3/ticker/price?symbol=BTCUSDT"]
    ratios = []
    for turn in range(3):
        with peer(serve_venue, 1, 1) as upstream:
            with recording(upstream, folder / f"rest{turn}.rpx") as recorder:
                answered, took, bad = Child(request_rate, recorder.port, targets, 5.0, 8).result()
                assert not bad
            ours = answered / took
            with _Mitmdump(mitmdump, upstream, folder / f"flows{turn}") as theirs_port:
                answered, took, bad = Child(request_rate, theirs_port, targets, 5.0, 8).result()
                assert not bad
            theirs = answered / took
        ratios.append(ours / theirs)
    report.note("rest.replayx_requests_per_s", ours)
    report.note("rest.mitmproxy_requests_per_s", theirs)
    report.at_least("rest.times_mitmproxy", statistics.median(ratios), 5)


def _mitmdump(peers: Path) -> Path:
    """Return mitmdump, installed into an environment of its own if it is not there yet."""
    folder = peers / "mitmproxy"
    program = folder / "bin" / "mitmdump"
    if not program.exists():
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "mitmproxy"]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    return program


class _Mitmdump:
    """mitmproxy in reverse mode, writing its flows to a file."""

    def __init__(self, program: Path, upstream: int, flows: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        command = [str(program), "--quiet", "--mode", f"reverse:http://127.0.0.1:{upstream}"]
        command += ["--listen-port", str(self._port), "--save-stream-file", str(flows)]
        self._process = subprocess.Popen([*command, "--set", f"confdir={flows}.conf"])

    def __enter__(self) -> int:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionRefusedError:
                time.sleep(0.1)
            else:
                return self._port
        raise RuntimeError("mitmdump does not listen")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
