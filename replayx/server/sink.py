"""Writing to clients: the only file that touches a transport.

Frames arrive whole and ready; a write never waits. What a client does not read piles up in its
transport up to a bound, and then the client is cut off, as a venue does.
"""

import asyncio
from collections.abc import Iterable

from aiohttp import web

from replayx.clock import NS_PER_S
from replayx.limits import CLIENT_BUFFER_BYTES_MAX, STALLED_CLIENT_NS


class Sink:
    """The open sockets, by connection number."""

    def __init__(self) -> None:
        self._transports: dict[int, asyncio.Transport] = {}
        self._requests: dict[int, web.BaseRequest] = {}
        self._sockets: dict[int, web.WebSocketResponse] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._written: set[int] = set()
        self.cut_off = 0

    def add(self, number: int, request: web.BaseRequest, socket: web.WebSocketResponse) -> None:
        """Take a socket whose handshake is complete."""
        transport = request.transport
        if transport is None:
            return  # lost between the handshake and now: its reader will say so
        # Paused as soon as anything is left over: a write at full speed follows an empty buffer.
        transport.set_write_buffer_limits(high=0)
        self._transports[number] = transport
        self._requests[number] = request
        self._sockets[number] = socket

    def remove(self, number: int) -> None:
        """Forget a socket that is gone."""
        self._transports.pop(number, None)
        self._requests.pop(number, None)
        self._sockets.pop(number, None)
        self._written.discard(number)

    def write(self, numbers: Iterable[int], frames: bytes | memoryview) -> None:
        """Write whole frames to each of the sockets."""
        for number in numbers:
            transport = self._transports.get(number)
            if transport is None or transport.is_closing():
                continue
            transport.write(frames)
            size = transport.get_write_buffer_size()
            if size > CLIENT_BUFFER_BYTES_MAX:
                self._cut_off(number, transport)
            elif size:
                self._written.add(number)

    def is_clear(self) -> bool:
        """Whether every socket has taken all that was written to it."""
        if not self._written:
            return True
        self._written = {
            number
            for number in self._written
            if (transport := self._transports.get(number)) is not None
            and transport.get_write_buffer_size()
        }
        return not self._written

    async def cleared(self) -> None:
        """Wait until every socket has taken what was written; cut off those that do not."""
        for number in tuple(self._written):
            request, transport = self._requests.get(number), self._transports.get(number)
            if request is None or transport is None:
                continue
            try:
                async with asyncio.timeout(STALLED_CLIENT_NS / NS_PER_S):
                    await request.writer.drain()
            except TimeoutError:
                self._cut_off(number, transport)
            except ConnectionError:
                continue  # gone: its reader says so
        self.is_clear()

    def close(self, number: int, code: int, reason: str) -> None:
        """Send a close frame behind what was written, and end the connection."""
        socket = self._sockets.get(number)
        self.remove(number)
        if socket is not None:
            task = asyncio.ensure_future(_close(socket, code, reason))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Wait for the closing handshakes under way."""
        if self._closing:
            await asyncio.wait(tuple(self._closing))

    def numbers(self) -> tuple[int, ...]:
        """Return the open sockets."""
        return tuple(self._sockets)

    def _cut_off(self, number: int, transport: asyncio.Transport) -> None:
        """End a connection that does not read: no close frame would reach it either."""
        self.cut_off += 1
        self.remove(number)
        transport.abort()


async def _close(socket: web.WebSocketResponse, code: int, reason: str) -> None:
    await socket.close(code=code, message=reason.encode())
