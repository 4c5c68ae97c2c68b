"""Writing to clients: the only file that touches a transport.

Frames arrive whole and ready; a write never waits. What a client does not read piles up in its
transport up to a bound, and then the client is cut off, as a venue does.
"""

import asyncio
import struct
from collections.abc import Iterable
from socket import SO_LINGER, SOL_SOCKET
from typing import NamedTuple

from aiohttp import web

from replayx.clock import NS_PER_S
from replayx.framing import CLOSE, frame
from replayx.limits import CLIENT_BUFFER_BYTES_MAX, CLOSE_ANSWER_S, STALLED_CLIENT_NS

_STALLED_S = STALLED_CLIENT_NS / NS_PER_S


class Traffic(NamedTuple):
    """Whose a socket is, since when it is open, and how many bytes of frames it was sent."""

    client: str
    since_ns: int
    sent_bytes: int


class _Socket:
    """One client's socket; `gone` is set when its reader has seen the end of it."""

    __slots__ = ("gone", "request", "sent_bytes", "since_ns", "transport")

    def __init__(self, request: web.BaseRequest, transport: asyncio.Transport) -> None:
        self.request = request
        self.transport = transport
        self.gone = asyncio.Event()
        self.sent_bytes = 0
        # asyncio's loop reads the same monotonic clock as everything else.
        self.since_ns = round(asyncio.get_running_loop().time() * NS_PER_S)

    @property
    def client(self) -> str:
        """Its address: `127.0.0.1:50000`; empty if it is not known any more."""
        peer = self.transport.get_extra_info("peername")
        if not isinstance(peer, tuple):
            return ""
        host, port = peer[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def left(self) -> int:
        """How many bytes it has not taken yet."""
        return self.transport.get_write_buffer_size()

    async def drained(self, deadline: float) -> bool:
        """Wait until it has taken everything, or is gone; False if that takes too long."""
        # A task of its own: all who drain a connection wait for one future, and to cancel one of
        # them would cancel the others.
        task = asyncio.ensure_future(self.request.writer.drain())
        await asyncio.wait((task,), timeout=deadline - asyncio.get_running_loop().time())
        if task.done() and task.exception() is not None:
            self.transport.abort()  # lost: its reader says so
        return task.done()


class Sink:
    """The open sockets, by connection number."""

    def __init__(self) -> None:
        self._sockets: dict[int, _Socket] = {}
        self._closing: dict[int, _Socket] = {}
        self._closings: set[asyncio.Task[None]] = set()
        self._written: set[int] = set()
        self.cut_off = 0

    def add(self, number: int, request: web.BaseRequest) -> None:
        """Take a socket whose handshake is complete. When it ends, `remove` it."""
        transport = request.transport
        if transport is None:
            return  # lost between the handshake and now: its reader will say so
        # Paused as soon as anything is left over: a write at full speed follows an empty buffer.
        transport.set_write_buffer_limits(high=0)
        self._sockets[number] = _Socket(request, transport)

    def remove(self, number: int) -> None:
        """Forget a socket that is gone, or has answered a close."""
        self._forget(number)
        socket = self._closing.pop(number, None)
        if socket is not None:
            socket.transport.close()
            socket.gone.set()

    def is_closing(self, number: int) -> bool:
        """Whether a close was sent, so that no other may follow it."""
        return number in self._closing

    def write(self, numbers: Iterable[int], frames: bytes | memoryview) -> None:
        """Write whole frames to each of the sockets."""
        for number in numbers:
            socket = self._sockets.get(number)
            if socket is None or socket.transport.is_closing():
                continue
            socket.transport.write(frames)
            socket.sent_bytes += len(frames)
            size = socket.left
            if size > CLIENT_BUFFER_BYTES_MAX:
                self._cut_off(number, socket)
            elif size:
                self._written.add(number)

    def is_clear(self) -> bool:
        """Whether every socket has taken all that was written to it."""
        if not self._written:
            return True
        self._written = {
            number
            for number in self._written
            if (socket := self._sockets.get(number)) is not None and socket.left
        }
        return not self._written

    async def cleared(self) -> None:
        """Wait until every socket has taken what was written; cut off those that take nothing."""
        while not self.is_clear():
            deadline = asyncio.get_running_loop().time() + _STALLED_S
            sockets = [(number, self._sockets[number]) for number in self._written]
            left = [socket.left for _, socket in sockets]
            for (number, socket), size in zip(sockets, left, strict=True):
                if not await socket.drained(deadline) and socket.left >= size:
                    self._cut_off(number, socket)

    def traffic(self, number: int) -> Traffic | None:
        """Return what there is to tell of an open socket."""
        socket = self._sockets.get(number)
        if socket is None:
            return None
        return Traffic(socket.client, socket.since_ns, socket.sent_bytes)

    # ---- closing

    def close(self, number: int, code: int, reason: str) -> None:
        """Send a close frame behind what was written, and end the connection."""
        socket = self._sockets.get(number)
        self._forget(number)
        if socket is None or socket.transport.is_closing():
            return
        socket.transport.write(frame(code.to_bytes(2) + reason.encode(), CLOSE))
        self._closing[number] = socket
        task = asyncio.ensure_future(self._finish(number, socket))
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)

    def abort(self, number: int, *, is_reset: bool) -> None:
        """End a connection without a close frame: by a reset, or as a server that dies does."""
        socket = self._sockets.get(number)
        self._forget(number)
        if socket is None:
            return
        if is_reset:
            self._linger_no_more(socket)
            socket.transport.abort()
        else:
            socket.transport.close()
        self.remove(number)

    @staticmethod
    def _linger_no_more(socket: _Socket) -> None:
        """Let the system answer with a reset: what it has not sent is thrown away."""
        raw = socket.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))

    async def closed(self, within_s: float | None = None) -> None:
        """Wait for the closing handshakes under way; cut off those that take longer."""
        if self._closings:
            await asyncio.wait(tuple(self._closings), timeout=within_s)
        for number, socket in tuple(self._closing.items()):
            if socket.left:
                self._cut_off(number, socket)
            else:
                self.remove(number)

    def numbers(self) -> tuple[int, ...]:
        """Return the open sockets."""
        return tuple(self._sockets)

    async def _finish(self, number: int, socket: _Socket) -> None:
        """Wait for a client to take what was written and to answer the close, both bounded.

        To end the connection before it has read everything would make the system forget the rest
        as soon as the client sends anything, were it only a ping.
        """
        size = socket.left + 1
        while 0 < socket.left < size:
            size = socket.left
            await socket.drained(asyncio.get_running_loop().time() + _STALLED_S)
        if socket.left:
            self._cut_off(number, socket)
            return
        try:
            async with asyncio.timeout(CLOSE_ANSWER_S):
                await socket.gone.wait()
        except TimeoutError:
            self.remove(number)

    def _forget(self, number: int) -> None:
        self._sockets.pop(number, None)
        self._written.discard(number)

    def _cut_off(self, number: int, socket: _Socket) -> None:
        """End a connection that does not read: no close frame would reach it either."""
        self.cut_off += 1
        self._forget(number)
        socket.transport.abort()
        self.remove(number)
