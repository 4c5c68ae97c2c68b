"""A venue to record from, made of raw sockets and a script, and a recording of it."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from replayx.cassette.reader import CassetteReader
from replayx.clock import RealClock
from replayx.framing import frame
from replayx.recorder.frame_reader import FrameReader, Side
from replayx.recorder.record import RecordOptions, record
from replayx.recorder.relay import masked
from replayx.venues.registry import load_venue
from replayx.venues.venue import Upstream

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATIENCE_S = 10.0


class Peer:
    """One end of a connection: reads heads, bodies and frames; writes what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, side: Side):
        self.reader, self.writer = reader, writer
        self.frames = FrameReader(side)
        self.messages: list = []
        self.ended = asyncio.Event()

    async def head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)

    async def exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE_S)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def message(self):
        """Return the next message or control frame; None when the connection is gone."""
        while not self.messages:
            try:
                data = await asyncio.wait_for(self.reader.read(1 << 16), PATIENCE_S)
            except ConnectionError:
                return None
            if not data:
                return None
            self.messages += self.frames.feed(data)
            assert self.frames.broken is None, self.frames.broken
        return self.messages.pop(0)

    def close(self) -> None:
        self.writer.close()

    async def gone(self) -> None:
        self.ended.set()
        self.writer.close()
        with suppress(ConnectionError):
            await asyncio.wait_for(self.writer.wait_closed(), PATIENCE_S)


def header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def content_length(head: bytes) -> int:
    return int(header(head, b"content-length") or 0)


def accept(head: bytes) -> bytes:
    key = header(head, b"sec-websocket-key") or b""
    answer = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + answer + b"\r\nX-Venue: yes\r\n\r\n"
    )


def http(body: bytes = b"{}", status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + length + headers + b"\r\n" + body


Script = Callable[[Peer, bytes, bytes], Awaitable[None]]


async def answer_nothing(peer: Peer, head: bytes, body: bytes) -> None:
    peer.send(http())


class Exchange:
    """A server whose every request goes to a script: `rest` or `socket`."""

    def __init__(self) -> None:
        self.rest: Script = answer_nothing
        self.socket: Script = self.hold
        self.requests: list[bytes] = []
        self._s = ""  # of https and wss
        self.port = 0
        self.peers: list[Peer] = []

    async def hold(self, peer: Peer, head: bytes, body: bytes) -> None:
        """Accept, and answer a close frame."""
        peer.send(accept(head))
        while (message := await peer.message()) is not None:
            if message.opcode == 8:
                peer.send(frame(message.payload, 8))
                peer.close()
                return

    async def serve(self, reader, writer) -> None:
        peer = Peer(reader, writer, Side.CLIENT)
        self.peers.append(peer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(content_length(head))
                if b" /api/v3/time " in head:  # the recorder's own question
                    peer.send(http(b'{"serverTime":1700000000000}'))
                    continue
                self.requests.append(head + body)
                if header(head, b"upgrade") == b"websocket":
                    await self.socket(peer, head, body)
                    return
                await self.rest(peer, head, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def stop(self) -> None:
        self._server.close()
        for peer in self.peers:
            await peer.gone()
        await self._server.wait_closed()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
        self._s = "s" if tls is not None else ""
        self.port = self._server.sockets[0].getsockname()[1]

    def upstream(self, *, live: bool = False) -> Upstream:
        rest, ws = (f"{scheme}{self._s}://127.0.0.1:{self.port}" for scheme in ("http", "ws"))
        return Upstream(rest=rest, ws=ws, wsapi=ws, live=live)


class Session:
    """A recording under way: clients of it, and what it has written once it is stopped."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.stopping = asyncio.Event()
        self.live = None
        self.tls: ssl.SSLContext | None = None  # of the clients
        self.summary = None
        self.task: asyncio.Task | None = None
        self.clients: list[Peer] = []

    async def client(self) -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.live.port, ssl=self.tls)
        self.clients.append(Peer(reader, writer, Side.VENUE))
        return self.clients[-1]

    async def request(self, data: bytes) -> tuple[bytes, bytes]:
        """Send a raw request and return the answer's head and body."""
        peer = await self.client()
        peer.send(data)
        head = await peer.head()
        body = await peer.exactly(content_length(head)) if data[:4] != b"HEAD" else b""
        peer.close()
        return head, body

    async def open(self, target: bytes = b"/ws/btcusdt@trade", headers: bytes = b"") -> Peer:
        peer = await self.client()
        peer.send(
            b"GET " + target + b" HTTP/1.1\r\nHost: me\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + b"\r\n"
        )
        return peer

    async def stop(self):
        self.stopping.set()
        self.summary = await asyncio.wait_for(self.task, PATIENCE_S)
        return self.summary

    async def cassette(self) -> CassetteReader:
        await self.stop()
        reader = CassetteReader(self.out)
        assert reader.is_finished
        assert reader.damage is None
        return reader


def events(reader: CassetteReader, kind: type) -> list:
    return [e for batch in reader.batches() for e in batch.events if isinstance(e, kind)]


def payloads(reader: CassetteReader) -> list[bytes]:
    return [bytes(b.payload(k)) for b in reader.batches() for k in range(b.count)]


def say(payload: bytes, opcode: int = 1) -> bytes:
    return masked(payload, opcode)


@asynccontextmanager
async def recording(exchange: Exchange, out: Path, *, on_notice=print, **options):
    session = Session(out)
    ready = asyncio.Event()

    def on_ready(live) -> None:
        session.live = live
        ready.set()

    settings = {"upstream": exchange.upstream(), **options}
    session.task = asyncio.create_task(
        record(
            load_venue("binance-spot"),
            RecordOptions(out=out, **settings),
            RealClock(),
            on_ready=on_ready,
            stop=session.stopping,
            on_notice=on_notice,
        )
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((session.task, waiting), return_when=asyncio.FIRST_COMPLETED)
    if session.task.done():
        waiting.cancel()
        session.task.result()
    try:
        yield session
    finally:
        for peer in session.clients:
            await peer.gone()
        if not session.task.done():
            await session.stop()
