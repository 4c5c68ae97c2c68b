"""Whole recordings: no secret in the file, files that rotate, kill -9, a full disk."""

import asyncio
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ClientMessage, Gap, Interaction
from replayx.cassette.recovery import repair
from replayx.errors import UpstreamFailure, WouldOverwrite
from replayx.framing import CLOSE, frame
from replayx.recorder import proxy
from replayx.recorder.recording import Rotation
from replayx.rng import named_stream
from tests.recorder.harness import PATIENCE_S, accept, events, http, payloads, recording, say

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
ED25519 = "HJyJ4hyj6wBm3Uo+cCZ6a1MkL/n5cLhCGYTn8gDhDBq/9oDkCzAAYjxSvh0G9bwh+AA=="
COOKIE = "session=0123456789abcdef0123456789abcdef"
UID = "354937868"
SECRETS = [KEY, LISTEN_KEY, SIGNATURE, ED25519, ED25519.replace("+", "%2B"), COOKIE]


def whole_text(path: Path) -> bytes:
    """Return everything a cassette holds, unpacked."""
    reader = CassetteReader(path)
    parts = [path.read_bytes(), repr((reader.header, reader.channels)).encode()]
    parts += [repr(reader.interactions()).encode()]
    for batch in reader.batches():
        parts.append(bytes(batch.frames))
        for event in batch.events:
            parts.append(repr(event).encode())
            if isinstance(event, Interaction):
                for body in (event.request_body, event.response_body):
                    parts.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return b"".join(parts)


async def test_no_secret_reaches_the_file(exchange, session):
    async def rest(peer, head, body):
        if b"userDataStream" in head:
            peer.send(http(b'{"listenKey":"%s"}' % LISTEN_KEY.encode()))
            return
        text = (
            f'{{"uid":{UID},"msg":"bad signature {SIGNATURE} of {KEY}, see '
            f'https://h/p?signature={ED25519}"}}'
        )
        headers = f"Content-Encoding: gzip\r\nSet-Cookie: {COOKIE}\r\nLocation: /x?apiKey={KEY}\r\n"
        peer.send(http(gzip.compress(text.encode()), b"400 Bad Request", headers.encode()))

    async def socket(peer, head, body):
        peer.send(accept(head))
        while (message := await peer.message()) is not None:
            if message.opcode == CLOSE:
                peer.send(frame(f"\x03\xe8unknown {LISTEN_KEY}".encode("latin-1"), CLOSE))
                return
            peer.send(frame(message.payload))  # an echo says everything back
            peer.send(frame(f'{{"e":"trade","s":"BTCUSDT","x":"{LISTEN_KEY}"}}'.encode()))

    exchange.rest, exchange.socket = rest, socket
    signed = ED25519.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    for head in (
        f"POST /api/v3/userDataStream HTTP/1.1\r\nX-MBX-APIKEY: {KEY}\r\nCookie: {COOKIE}\r\n",
        f"GET /api/v3/account?signature={SIGNATURE} HTTP/1.1\r\nX-MBX-APIKEY: {KEY}\r\n",
        f"GET /api/v3/account?timestamp=1&signature={signed} HTTP/1.1\r\n",
    ):
        await session.request(head.encode() + b"Host: me\r\nContent-Length: 0\r\n\r\n")
    form = f"listenKey={LISTEN_KEY}&signature={SIGNATURE}".encode()
    _, answer = await session.request(
        b"PUT /api/v3/userDataStream HTTP/1.1\r\nHost: me\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(form) + form
    )
    assert LISTEN_KEY.encode() in answer  # the client sees the real one
    for target, message in (
        (f"/ws/{LISTEN_KEY}", '{"method":"LIST_SUBSCRIPTIONS","id":1}'),
        (f"/stream?streams=btcusdt@trade/{LISTEN_KEY}", f'{{"params":["{LISTEN_KEY}"],"id":2}}'),
        (
            "/ws-api/v3",
            f'{{"id":3,"method":"account.status","params":{{"apiKey":"{KEY}",'
            f'"signature":"{SIGNATURE}","uid":{UID}}}}}',
        ),
        ("/ws-api/v3", f'{{"id":4,"method":"x","params":{{"signature":"{ED25519}"}}}}'),
    ):
        client = await session.open(target.encode(), f"X-MBX-APIKEY: {KEY}\r\n".encode())
        await client.head()
        client.send(say(message.encode()))
        assert (await client.message()).payload == message.encode()
        assert LISTEN_KEY.encode() in (await client.message()).payload
        client.send(say(b"\x03\xe8", CLOSE))
        assert LISTEN_KEY.encode() in (await client.message()).payload
    reader = await session.cassette()
    text = whole_text(session.out)
    for secret in SECRETS:
        assert secret.encode() not in text
        assert secret.replace("/", "%2F").replace("=", "%3D").encode() not in text
    assert UID.encode() not in text
    made = next(e for e in events(reader, Interaction) if e.method == "POST")
    cover = made.response_body.removeprefix(b'{"listenKey":"')[:64].decode()
    assert f"/ws/{cover}" in text.decode("latin-1")  # the pseudonym is the same everywhere
    assert events(reader, ClientMessage) or events(reader, Interaction)


async def test_files_rotate_by_size_and_each_is_complete(exchange, tmp_path):
    flow = asyncio.Event()

    async def socket(peer, head, body):
        peer.send(accept(head))
        for number in range(30):
            peer.send(frame(os.urandom(100_000).hex().encode()))
            await peer.writer.drain()
            if number == 20:
                await flow.wait()
        await peer.ended.wait()

    exchange.socket = socket
    out = tmp_path / "btc.rpx"
    async with recording(exchange, out, rotation=Rotation(bytes_max=1 << 20)) as session:
        client = await session.open()
        await client.head()
        sent = [(await client.message()).payload for _ in range(21)]
        for _ in range(2000):
            if session.live.recording.thread.part_bytes >= 1 << 20:
                break
            await asyncio.sleep(0.005)
        flow.set()
        sent += [(await client.message()).payload for _ in range(9)]
        summary = await session.stop()
    assert len(summary.files) >= 2
    readers = [CassetteReader(path) for path in summary.files]
    assert all(reader.is_finished for reader in readers)
    assert [reader.header.part for reader in readers] == list(range(1, len(readers) + 1))
    assert [payload for reader in readers for payload in payloads(reader)] == sent
    assert summary.messages == 30


async def test_an_existing_file_is_never_touched(exchange, tmp_path):
    out = tmp_path / "a.rpx"
    out.write_bytes(b"mine")
    with pytest.raises(WouldOverwrite):
        async with recording(exchange, out):
            pass
    assert out.read_bytes() == b"mine"


async def test_a_venue_that_is_not_there_is_said_before_a_file_is_made(exchange, tmp_path):
    await exchange.stop()
    with pytest.raises(UpstreamFailure):
        async with recording(
            exchange, tmp_path / "a.rpx", symbols=("BTCUSDT",), streams=("trade",)
        ):
            pass
    assert not (tmp_path / "a.rpx").exists()


async def test_a_duration_ends_it(exchange, tmp_path):
    async with recording(exchange, tmp_path / "a.rpx", duration_ns=1) as session:
        await asyncio.wait_for(session.task, PATIENCE_S)
    assert CassetteReader(tmp_path / "a.rpx").is_finished


async def test_a_request_cut_off_by_the_end_is_a_gap(exchange, tmp_path, monkeypatch):
    monkeypatch.setattr(proxy, "_SHUTDOWN_S", 0.05)
    asked = asyncio.Event()

    async def rest(peer, head, body):
        asked.set()
        await peer.ended.wait()

    exchange.rest = rest
    async with recording(exchange, tmp_path / "a.rpx") as session:
        client = await session.client()
        client.send(b"GET /x?signature=abc HTTP/1.1\r\nHost: me\r\n\r\n")
        await asked.wait()
        (gap,) = events(await session.cassette(), Gap)
    assert gap.reason == "stopped before GET /x?signature=REDACTED was answered"


# ---- in a process of its own


async def start(exchange, out: Path, *extra: str, prefix: str = ""):
    """Start the command line's recorder; return the process and its port."""
    code = f"{prefix}\nfrom replayx.cli.main import main\nmain()"
    here = f"127.0.0.1:{exchange.port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "record", "binance-spot", "--out", str(out),
        "--upstream-rest", f"http://{here}", "--upstream-ws", f"ws://{here}",
        "--port", "0", "--json", *extra,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    ready = json.loads(line)
    return process, int(ready["listeners"]["binance-spot"]["rest"].rpartition(":")[2])


class Flood:
    """A venue that sends numbered trades as fast as they are taken, and knows when."""

    def __init__(self, size: int = 20):
        self.sent_at: list[float] = []
        self.size = size

    async def socket(self, peer, head, body):
        peer.send(accept(head))
        loop = asyncio.get_running_loop()
        while not peer.writer.is_closing():
            first = len(self.sent_at)
            batch = [
                b'{"e":"trade","s":"BTCUSDT","t":%d,"x":"%s"}'
                % (first + k, os.urandom(self.size // 2).hex().encode())
                for k in range(100)
            ]
            peer.send(b"".join(map(frame, batch)))
            self.sent_at += [loop.time()] * len(batch)
            try:
                await peer.writer.drain()
            except ConnectionError:
                return
            await asyncio.sleep(0.005)


async def drain(port: int) -> int:
    """Read from the recorder until it is gone; return how many messages arrived."""
    from tests.recorder.harness import Session

    session = Session(Path())
    session.live = type("Live", (), {"port": port})
    client = await session.open()
    count = -1
    try:
        await client.head()
        while await client.message() is not None:
            count += 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    await client.gone()
    return count


# Three moments by default; REPLAYX_KILL_ROUNDS=20 tries as many more as one has time for.
_moments = named_stream(int(os.environ.get("REPLAYX_KILL_SEED", "1")), "tests/kill")
MOMENTS_S = [
    round(0.05 + 2 * _moments.random(), 3)
    for _ in range(int(os.environ.get("REPLAYX_KILL_ROUNDS", "3")))
]


@pytest.mark.parametrize("delay_s", MOMENTS_S)
async def test_kill_loses_at_most_the_last_second(exchange, tmp_path, delay_s):
    flood = Flood()
    exchange.socket = flood.socket
    out = tmp_path / "a.rpx"
    process, port = await start(exchange, out)
    client = asyncio.create_task(drain(port))
    while not flood.sent_at:
        await asyncio.sleep(0.01)
    await asyncio.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    killed_at = asyncio.get_running_loop().time()
    await process.communicate()
    await client
    reader = CassetteReader(out)
    assert not reader.is_finished
    assert reader.damage is None  # whole records, then unused space
    kept = payloads(reader)
    for number, payload in enumerate(kept):
        assert b'"t":%d,' % number in payload  # nothing missing before the end
    due = sum(1 for at in flood.sent_at if at < killed_at - 1.0)
    assert len(kept) >= due
    repair(out, tmp_path / "repaired.rpx")
    repaired = CassetteReader(tmp_path / "repaired.rpx")
    assert repaired.is_finished
    assert payloads(repaired) == kept


async def test_a_full_disk_stops_with_a_message_and_a_whole_file(exchange, tmp_path):
    flood = Flood(size=4000)
    exchange.socket = flood.socket
    out = tmp_path / "a.rpx"
    limit = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))\n"
    )
    process, port = await start(exchange, out, prefix=limit)
    client = asyncio.create_task(drain(port))
    _, said = await asyncio.wait_for(process.communicate(), 30)
    await client
    assert process.returncode == 4
    assert b"the disk is full" in said
    reader = CassetteReader(out)
    assert reader.is_finished
    assert reader.damage is None
    kept = payloads(reader)
    assert kept
    for number, payload in enumerate(kept):
        assert b'"t":%d,' % number in payload


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    may = os.geteuid() == 0 and shutil.which("mount") is not None
    if not may or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_disk_that_fills_up_stops_with_a_message_and_a_whole_file(exchange, small_disk):
    flood = Flood(size=4000)
    exchange.socket = flood.socket
    out = small_disk / "a.rpx"
    process, port = await start(exchange, out)
    client = asyncio.create_task(drain(port))
    _, said = await asyncio.wait_for(process.communicate(), 30)
    await client
    assert process.returncode == 4
    assert b"the disk is full" in said
    assert out.stat().st_size > 1 << 20
    verified = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "replayx", "verify", str(out), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await verified.communicate()
    assert verified.returncode == 0
    assert b"whole" in told
