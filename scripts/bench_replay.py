"""Benchmarks of the replay server: flat out, at 1x with many clients, pacing, REST.

    python scripts/bench_replay.py [--json] [--only flat-out|filtered|clients|pacing|rest]

Ratios are taken within one run, against a peer or a limit that carries the same bytes.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring.clients import (
    count_frames,
    drain_bytes,
    drain_frames,
    frame_times,
    request_rate,
)
from measuring.processes import Child, begin_when_connected, peer, serving
from measuring.report import Report
from measuring.tapes import (
    generated,
    messages,
    streams_path,
    write_interactions,
    write_tape,
)

from replayx.cassette.reader import CassetteReader
from replayx.framing import frame

_BLOCK_BYTES = 64 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--only", choices=["flat-out", "filtered", "clients", "pacing", "rest"])
    parser.add_argument("--rounds", type=int, default=5, help="runs whose median is told")
    options = parser.parse_args()
    report = Report("replay")
    parts = {
        "flat-out": flat_out,
        "filtered": filtered,
        "clients": clients,
        "pacing": pacing,
        "rest": rest,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            if options.only in (None, name):
                part(report, Path(folder), options.rounds)
    return report.print(as_json=options.json) and 1


# ---- flat out


def flat_out(report: Report, folder: Path, rounds: int) -> None:
    origin, rows = messages()
    times = max(1, 1_500_000 // len(rows))
    tape = write_tape(folder / "flat.rpx", rows, times=times)
    with CassetteReader(tape) as reader:
        count = reader.frame_count
        frame_bytes = sum(len(batch.frames) for batch in reader.batches())
    report.note("flat_out.messages", f"{count} ({origin}, {times} times over)")
    path = streams_path(rows)
    ours, rebased, limit = [], [], []
    for _ in range(rounds):
        for rates, more in ((ours, ()), (rebased, ("--rebase", "now"))):
            arguments = ("--port", "0", "--speed", "max", *more)
            with serving("replay", str(tape), *arguments) as served:
                got, took = Child(drain_frames, served.port, path, frame_bytes).result()
                assert got == frame_bytes, f"{got} of {frame_bytes} bytes"
                rates.append(count / took)
        with peer(_serve_blocks, str(tape)) as port:
            got, took = Child(drain_bytes, port, frame_bytes).result()
            assert got == frame_bytes
            limit.append(count / took)
    one_by_one = _one_by_one(rows)
    rate = statistics.median(ours)
    report.at_least("flat_out.messages_per_s", rate, 2e6)
    report.note("flat_out.websockets_messages_per_s", one_by_one)
    report.at_least("flat_out.times_websockets", rate / one_by_one, 20)
    report.note("flat_out.loopback_64k_messages_per_s", statistics.median(limit))
    ratios = [a / b for a, b in zip(ours, limit, strict=True)]
    report.at_least("flat_out.of_loopback_64k", statistics.median(ratios), 0.5)
    report.note("flat_out.rebased_messages_per_s", statistics.median(rebased))
    ratios = [a / b for a, b in zip(rebased, ours, strict=True)]
    report.at_least("flat_out.rebased_of_as_recorded", statistics.median(ratios), 0.5)


def filtered(report: Report, folder: Path, rounds: int) -> None:
    """One of ten channels that take turns: how many messages of it come, and tape passes by."""
    channels = [f"s{number}usdt@trade" for number in range(10)]
    rows = [
        (at_ns, channels[k % 10], payload.replace(stream.encode(), channels[k % 10].encode()))
        for k, (at_ns, stream, payload) in enumerate(generated(100_000))
    ]
    tape = write_tape(folder / "filtered.rpx", rows, times=20)
    wanted = [payload for _, stream, payload in rows if stream == channels[3]] * 20
    frame_bytes = sum(len(frame(payload)) for payload in wanted)
    ours, limit = [], []
    for _ in range(rounds):
        with serving("replay", str(tape), "--port", "0", "--speed", "max") as served:
            path = f"/stream?streams={channels[3]}"
            got, took = Child(drain_frames, served.port, path, frame_bytes).result()
            assert got == frame_bytes, f"{got} of {frame_bytes} bytes"
            ours.append(len(wanted) / took)
        with peer(_serve_blocks, str(tape), channels[3]) as port:
            _, took = Child(drain_bytes, port, frame_bytes).result()
            limit.append(len(wanted) / took)
    report.at_least("filtered.messages_per_s", statistics.median(ours), 1e6)
    report.note("filtered.tape_messages_per_s", statistics.median(ours) * 10)
    report.note("filtered.loopback_64k_messages_per_s", statistics.median(limit))


def _one_by_one(rows: list[Any]) -> float:
    payloads = [payload.decode() for _, _, payload in rows]
    frame_bytes = sum(len(p.encode()) + (2 if len(p.encode()) < 126 else 4) for p in payloads)
    with peer(_serve_one_by_one, payloads) as port:
        _, took = Child(drain_frames, port, "/", frame_bytes).result()
    return len(payloads) / took


def _serve_blocks(ready: Any, tape: str, channel: str = "") -> None:
    """Write the tape's frames, held in memory, to a loopback socket in 64 KiB blocks."""
    with CassetteReader(tape) as reader:
        parts = [
            batch.frames[batch.end[k] : batch.end[k + 1]]
            for batch in reader.batches()
            for k in range(batch.count if channel else 0)
            if reader.channels[batch.channel[k]].name == channel
        ]
        frames = memoryview(b"".join(parts or (batch.frames for batch in reader.batches())))
    with socket.create_server(("127.0.0.1", 0)) as server:
        ready.put(server.getsockname()[1])
        client, _ = server.accept()
        with client:
            for start in range(0, len(frames), _BLOCK_BYTES):
                client.sendall(frames[start : start + _BLOCK_BYTES])
            client.recv(1)


def _serve_one_by_one(ready: Any, payloads: list[str]) -> None:
    """Send the messages one at a time with the websockets library."""
    from websockets.asyncio.server import serve

    async def send_all(client: Any) -> None:
        for payload in payloads:
            await client.send(payload)
        await client.wait_closed()

    async def serve_all() -> None:
        async with serve(send_all, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            ready.put(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    asyncio.run(serve_all())


# ---- many clients


def clients(report: Report, folder: Path, rounds: int) -> None:
    """100 clients on one stream at 1x: each gets every message."""
    del rounds
    _, rows = messages()
    start_ns = rows[0][0]
    rows = [row for row in rows if row[0] - start_ns < 20_000_000_000]
    tape = write_tape(folder / "clients.rpx", rows)
    path = streams_path(rows)
    arguments = ("--port", "0", "--start", "command", "--at-end", "close")
    with serving("replay", str(tape), *arguments) as served:
        child = Child(count_frames, served.port, [path] * 100, 60.0)
        begin_when_connected(served, 100)
        started_ns = served.event()["monotonic_ns"]
        cpu_s = served.cpu_seconds()
        counts, arrivals = child.result()
        cpu_s = served.cpu_seconds() - cpu_s
    report.at_least("clients.100_least_messages_share", min(counts) / len(rows), 1.0)
    report.at_most("clients.100_most_messages_share", max(counts) / len(rows), 1.0)
    report.note("clients.100_messages_each", len(rows))
    report.note("clients.100_server_cpu_share", cpu_s / 20)
    late = _lateness_of_counts(arrivals, [at - start_ns for at, _, _ in rows], started_ns)
    report.note("clients.100_lateness_p50_ms", late[len(late) // 2] / 1e6)
    report.note("clients.100_lateness_p99_ms", late[len(late) * 99 // 100] / 1e6)


def _lateness_of_counts(
    arrivals: list[tuple[int, int]], due: list[int], started_ns: int
) -> list[int]:
    late, seen = [], 0
    for now_ns, count in arrivals:
        late += [now_ns - started_ns - due[k] for k in range(seen, count)]
        seen = count
    return sorted(late)


# ---- pacing


def pacing(report: Report, folder: Path, rounds: int) -> None:
    """1,000 messages a second at 1x: nothing early, and how late."""
    del rounds
    rows = list(generated(10_000, rate=1000))
    tape = write_tape(folder / "pacing.rpx", rows)
    arguments = ("--port", "0", "--start", "command", "--at-end", "close")
    with serving("replay", str(tape), *arguments) as served:
        child = Child(frame_times, served.port, streams_path(rows), len(rows))
        begin_when_connected(served, 1)
        started_ns = served.event()["monotonic_ns"]
        cpu_s = served.cpu_seconds()
        got = child.result()
        cpu_s = served.cpu_seconds() - cpu_s
    assert [payload for _, payload in got] == [payload for _, _, payload in rows]
    first_ns = rows[0][0]
    late = sorted(
        now_ns - started_ns - (at_ns - first_ns)
        for (now_ns, _), (at_ns, _, _) in zip(got, rows, strict=True)
    )
    report.at_least("pacing.earliest_ms", late[0] / 1e6, 0)
    report.at_most("pacing.lateness_p50_ms", late[len(late) // 2] / 1e6, 0.3)
    report.at_most("pacing.lateness_p99_ms", late[len(late) * 99 // 100] / 1e6, 2)
    report.note("pacing.server_cpu_share", cpu_s / ((rows[-1][0] - first_ns) / 1e9))


# ---- REST


def rest(report: Report, folder: Path, rounds: int) -> None:
    """Against a bare aiohttp handler returning the same bytes; and by size of the tape."""
    rates = {}
    ratios = []
    for count in (100, 1_000, 10_000, 100_000):
        tape, targets = write_interactions(folder / f"rest{count}.rpx", count)
        spread = targets[:: count // 100]  # a hundred of them, from all over the tape
        with serving("replay", str(tape), "--port", "0") as served:
            cold = Child(request_rate, served.port, targets, 1.0, 16).result()
            Child(request_rate, served.port, spread, 0.5, 16).result()
            answered, took, bad = Child(request_rate, served.port, spread, 3.0, 16).result()
            assert not bad, f"{bad} requests were not answered from the tape"
            rates[count] = answered / took
        report.note(f"rest.requests_per_s_of_{count}", rates[count])
        report.note(f"rest.first_second_requests_per_s_of_{count}", cold[0] / cold[1])
    tape, targets = write_interactions(folder / "rest.rpx", 100)
    for _ in range(rounds):
        with serving("replay", str(tape), "--port", "0") as served:
            Child(request_rate, served.port, targets[:1], 0.5, 1).result()
            answered, took, _ = Child(request_rate, served.port, targets, 3.0, 16).result()
            ours = answered / took
        with peer(_serve_bare) as port:
            answered, took, _ = Child(request_rate, port, targets, 3.0, 16).result()
        ratios.append(ours / (answered / took))
    report.note("rest.bare_aiohttp_requests_per_s", answered / took)
    report.at_least("rest.of_bare_aiohttp", statistics.median(ratios), 0.6)
    report.at_least("rest.100000_of_100", rates[100_000] / rates[100], 0.8)


def _serve_bare(ready: Any) -> None:
    """The least an aiohttp server can do: a route and the same bytes."""
    from aiohttp import web

    body = b'{"symbol":"S1USDT","price":"1.00000000"}'
    headers = {"Content-Type": "application/json;charset=UTF-8", "x-mbx-used-weight-1m": "5"}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/api/v3/ticker/price", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    sys.exit(main())
