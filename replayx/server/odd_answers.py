"""Odd answers: the ways in which an answer may reach a client other than whole.

aiohttp writes the head of an answer, so that it has the form of every other; what is odd is done on
the connection behind its back, and it is told that the answer has been sent.
"""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from replayx.clock import NS_PER_S
from replayx.faults.round_trip import PLAINLY, Delivery, Manner
from replayx.limits import BODY_SLICE_BYTES, UNANSWERED_MAX, UNANSWERED_S
from replayx.server.http_port import client_left
from replayx.venues.venue import HttpReply


def plain_answer(reply: HttpReply) -> web.Response:
    """Return an answer that is written whole."""
    return web.Response(status=reply.status, body=reply.body, headers=CIMultiDict(reply.headers))


def reset(transport: asyncio.Transport) -> None:
    """End a connection by a reset: what has not been sent is thrown away."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):  # it may be closed already
            raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class OddAnswers:
    """Delivers the answers of a listener, each in its manner."""

    def __init__(self) -> None:
        self.unanswered_count = 0

    async def deliver(
        self, request: web.BaseRequest, reply: HttpReply, manner: Manner
    ) -> web.StreamResponse:
        """Write an answer, or return it to be written."""
        if manner == PLAINLY:
            return plain_answer(reply)
        match manner.delivery:
            case Delivery.NEVER:
                await self.never(request)
            case Delivery.RESET:
                _end(request, is_reset=True)
            case Delivery.EMPTY:
                _end(request, is_reset=False)
            case Delivery.WHOLE:
                return await _written(request, reply, manner)
        return _Sent(status=reply.status)

    async def never(self, request: web.BaseRequest) -> None:
        """Wait for the client to leave. Whoever never does is cut off, as is one too many."""
        if self.unanswered_count < UNANSWERED_MAX:
            self.unanswered_count += 1
            try:
                async with asyncio.timeout(UNANSWERED_S):
                    await client_left(request).wait()
            except TimeoutError:
                pass
            finally:
                self.unanswered_count -= 1
        _end(request, is_reset=True)


def _end(request: web.BaseRequest, *, is_reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if is_reset:
        reset(transport)
    else:
        transport.close()


async def _written(
    request: web.BaseRequest, reply: HttpReply, manner: Manner
) -> web.StreamResponse:
    """Write an answer in pieces, without its end, or more than once.

    What is returned has been sent. A connection whose answer was whole takes further requests.
    """
    kept = manner.kept(reply.body)
    response = web.StreamResponse(status=reply.status, headers=CIMultiDict(reply.headers))
    response.content_length = len(reply.body)
    await response.prepare(request)
    for piece, wait_s in _pieces(kept, manner):
        await response.write(piece)
        if wait_s:
            await _wait(request, wait_s)
    if len(kept) < len(reply.body):
        _end(request, is_reset=False)
        return _Sent(status=reply.status)
    await response.write_eof()
    if manner.copies > 1 and request.transport is not None:
        request.transport.write(_raw(response, reply) * (manner.copies - 1))
    return response


def _pieces(body: bytes, manner: Manner) -> Iterator[tuple[bytes, float]]:
    """Yield what is written, and how long is waited behind it."""
    size = manner.slice_bytes or len(body)
    if manner.bytes_per_s:
        size = min(size, BODY_SLICE_BYTES)
    for at in range(0, len(body), max(1, size)):
        piece = body[at : at + size]
        wait_s = manner.slice_delay_ns / NS_PER_S if at + size < len(body) else 0
        if manner.bytes_per_s:
            wait_s += len(piece) / manner.bytes_per_s
        yield piece, wait_s


async def _wait(request: web.BaseRequest, wait_s: float) -> None:
    """Wait, but not for a client that has left. Raises ConnectionError then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await client_left(request).wait()
            raise ConnectionResetError("the client left")


def _raw(response: web.StreamResponse, reply: HttpReply) -> bytes:
    """Return an answer as it stands on the wire, for one that no request asked for."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join((*lines, "", "")).encode() + reply.body


class _Sent(web.StreamResponse):
    """An answer that has been sent already, or never will be."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write nothing."""
        del request
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing."""
        del data
