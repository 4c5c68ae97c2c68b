"""Benchmarks of the cassette: size, writing, reading, opening a large one in the middle.

    python scripts/bench_cassette.py [--json] [--only size|speed|large] [--large-mb 1000]

Sizes are compared with one zstd stream of the same bare payloads, made in the same run.
"""

import argparse
import itertools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import zstandard
from measuring.clients import frame_times
from measuring.processes import Child, serving
from measuring.report import Report
from measuring.tapes import MARKET, T0_NS, Message, header, messages, write_tape

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Channel, ChannelKind
from replayx.cassette.transform import repack
from replayx.cassette.writer import LEVEL, CassetteWriter
from replayx.recorder.pack_ahead import PackAhead

_MESSAGE_BYTES = 4  # what a message may cost beyond its payload, packed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=["size", "speed", "large"])
    parser.add_argument("--large-mb", type=int, default=1000, help="size of the large cassette")
    options = parser.parse_args()
    report = Report("cassette")
    origin, rows = messages()
    report.note("messages", f"{len(rows)} ({origin})")
    with tempfile.TemporaryDirectory() as folder:
        if options.only in (None, "size"):
            size(report, Path(folder), rows)
        if options.only in (None, "speed"):
            speed(report, Path(folder), rows)
        if options.only in (None, "large"):
            large(report, Path(folder), options.large_mb)
    return report.print(as_json=options.json) and 1


def size(report: Report, folder: Path, rows: list[Message]) -> None:
    """Files at the recording level and repacked, against zstd of the bare payloads."""
    payloads = b"".join(payload for _, _, payload in rows)
    tape = write_tape(folder / "size.rpx", rows)
    small = folder / "small.rpx"
    repack(tape, small, level=19)
    for name, path, level in (("recorded", tape, 3), ("repacked", small, 19)):
        bare = len(zstandard.ZstdCompressor(level=level).compress(payloads))
        packed = path.stat().st_size
        report.note(f"size.{name}_bytes", packed)
        report.note(f"size.zstd_{level}_bytes", bare)
        report.at_most(
            f"size.{name}_bytes_a_message_over_zstd_{level}",
            (packed - bare) / len(rows),
            _MESSAGE_BYTES,
        )


def speed(report: Report, folder: Path, rows: list[Message]) -> None:
    """Messages a second through the writer and the reader, columns decoded."""
    rates = []
    for turn in range(5):
        path = folder / f"speed{turn}.rpx"
        start_s = time.perf_counter()
        write_tape(path, rows)
        rates.append(len(rows) / (time.perf_counter() - start_s))
    report.note("speed.level", LEVEL)
    report.note("speed.written_in_one_thread_per_s", statistics.median(rates))
    report.at_least("speed.written_per_s", _recorded_rate(folder, rows), 0.5e6)
    rates = []
    for _ in range(9):
        start_s = time.perf_counter()
        count = 0
        with CassetteReader(path) as reader:
            for batch in reader.batches():
                count += len(batch.at) + len(batch.end) + len(batch.channel)
        rates.append(len(rows) / (time.perf_counter() - start_s))
    report.at_least("speed.read_per_s", statistics.median(rates), 3e6)


def _recorded_rate(folder: Path, rows: list[Message], times: int = 4) -> float:
    """As the project writes: appending in one thread, packing and writing in another.

    The capture goes `times` over, so that filling and emptying the pipeline weighs little.
    """
    names = list(dict.fromkeys(stream for _, stream, _ in rows))
    numbers = {name: number for number, name in enumerate(names)}
    span_ns = rows[-1][0] - rows[0][0]
    rates = []
    for turn in range(5):
        writer = CassetteWriter(folder / f"recorded{turn}.rpx", header())
        with writer, PackAhead(writer) as pack:
            for name, number in numbers.items():
                pack.declare(Channel(number, MARKET, name, ChannelKind.STREAM))
            start_s = time.perf_counter()
            chunk = OpenChunk(rows[0][0])
            for again in range(times):
                later_ns = again * span_ns
                for at_ns, stream, payload in rows:
                    chunk.append(at_ns + later_ns, numbers[stream], payload)
                    if chunk.is_full:
                        pack.write(chunk.seal())
                        chunk = OpenChunk(at_ns + later_ns)
            if not chunk.is_empty:
                pack.write(chunk.seal())
            pack.flush()
            rates.append(times * len(rows) / (time.perf_counter() - start_s))
    return statistics.median(rates)


def large(report: Report, folder: Path, megabytes: int) -> None:
    """A large cassette: opened, and served from its middle by the real server."""
    path = folder / "large.rpx"
    span_ns = _write_large(path, megabytes * 1_000_000)
    report.note("large.bytes", path.stat().st_size)
    middle_s = span_ns // 2 // 1_000_000_000
    first_message, resident = [], []
    for _ in range(3):
        arguments = ("--port", "0", "--from", f"{middle_s}s")
        start_ns = time.monotonic_ns()
        with serving("replay", str(path), *arguments) as served:
            ready_ns = time.monotonic_ns()
            asked = Child(frame_times, served.port, "/stream?streams=btcusdt@trade", 100)
            got = asked.result()
            opened_ns = _opening(path)
            first_message.append(opened_ns / 1e9)
            resident.append(served.resident_mb(peak=True))
        assert len(got) == 100
        report.note("large.process_start_to_ready_s", (ready_ns - start_ns) / 1e9)
    report.at_most("large.open_and_first_batch_s", statistics.median(first_message), 0.3)
    report.at_most("large.server_peak_resident_mb", max(resident), 150)
    small = folder / "tenth.rpx"
    _write_large(small, megabytes * 100_000)
    with serving("replay", str(small), "--port", "0") as served:
        Child(frame_times, served.port, "/stream?streams=btcusdt@trade", 100).result()
        tenth = served.resident_mb(peak=True)
    report.at_most("large.resident_of_a_tenth_as_large", max(resident) / tenth, 1.3)


def _opening(path: Path) -> int:
    """Return the nanoseconds from nothing open to frames from the middle in hand."""
    code = (
        "import sys,time;from replayx.cassette.reader import CassetteReader\n"
        "from replayx.timeline.source import CassetteSource\n"
        "from replayx.timeline.tape import Tape\n"
        "start=time.monotonic_ns();reader=CassetteReader(sys.argv[1])\n"
        "source=CassetteSource(reader);middle=(source.start_ns+source.end_ns)//2\n"
        "tape=Tape([source],start_ns=middle);taken=tape.take(None,1<<18)\n"
        "assert taken;print(time.monotonic_ns()-start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def _write_large(path: Path, total_bytes: int) -> int:
    """Write a cassette of about so many bytes (payloads that hardly pack); return its span."""
    prefix = b'{"stream":"btcusdt@trade","data":'
    noise = random.Random(1).randbytes(1 << 20).hex().encode()
    at_ns = T0_NS
    with CassetteWriter(path, header(), level=1) as writer:
        writer.declare(Channel(0, MARKET, "btcusdt@trade", ChannelKind.STREAM, 1, prefix, b"}"))
        for turn in itertools.count():
            if writer.position >= total_bytes:
                break
            chunk = OpenChunk(at_ns)
            for k in range(512):
                at_ns += 1_000_000
                start = (turn * 7919 + k * 2048) % (len(noise) - 2000)
                chunk.append(at_ns, 0, prefix + b'{"n":"' + noise[start : start + 2000] + b'"}}')
            writer.write(chunk.seal())
    return at_ns - T0_NS


if __name__ == "__main__":
    sys.exit(main())
