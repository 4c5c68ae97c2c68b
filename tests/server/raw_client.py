"""A WebSocket client that keeps every byte it receives, and answers pings as every client does."""

import asyncio
import hashlib

from replayx.framing import CLOSE, PING, PONG


class RawClient:
    """One connection, read in a task of its own. `seen` digests everything behind the handshake."""

    def __init__(self) -> None:
        self.seen = hashlib.sha256()
        self.texts: list[bytes] = []
        self.code: int | None = None
        self.closed = asyncio.Event()

    @classmethod
    async def connect(cls, url: str) -> "RawClient":
        client = cls()
        host, _, path = url.removeprefix("ws://").partition("/")
        name, port = host.split(":")
        client.reader, client.writer = await asyncio.open_connection(name, int(port))
        client.writer.write(
            f"GET /{path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await client.reader.readuntil(b"\r\n\r\n")
        client.task = asyncio.ensure_future(client._read())
        return client

    def send(self, payload: bytes, opcode: int = 1) -> None:
        assert len(payload) < 126
        self.writer.write(bytes((0x80 | opcode, 0x80 | len(payload))) + bytes(4) + payload)

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait((self.task,))

    async def _read(self) -> None:
        try:
            while self.code is None:
                await self._frame()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writer.close()
            self.closed.set()

    async def _frame(self) -> None:
        head = await self.reader.readexactly(2)
        size, more = head[1], b""
        if size >= 126:
            more = await self.reader.readexactly(2 if size == 126 else 8)
            size = int.from_bytes(more)
        payload = await self.reader.readexactly(size)
        self.seen.update(head + more + payload)
        opcode = head[0] & 0x0F
        if opcode == PING:
            self.send(payload, PONG)
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2])
            self.send(payload, CLOSE)
        elif opcode == 1:
            self.texts.append(payload)
