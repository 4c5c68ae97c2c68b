import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from replayx.faults.round_trip import Delivery, Manner
from replayx.server import odd_answers
from replayx.server.http_port import HttpPort
from replayx.server.odd_answers import OddAnswers
from replayx.venues.venue import HttpReply

REPLY = HttpReply(200, b"0123456789", (("Content-Type", "text/plain"), ("X-A", "b")))


@asynccontextmanager
async def answering(manner, reply=REPLY):
    """Serve one answer in a manner; give the port and what delivers."""
    odd = OddAnswers()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await odd.deliver(request, reply, manner)

    runner = web.ServerRunner(HttpPort(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], odd
    finally:
        await runner.cleanup()


async def ask(port, timeout_s=None):
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(f"http://127.0.0.1:{port}/x") as response,
    ):
        return response.status, await response.read(), response.headers


@pytest.mark.parametrize(
    "manner",
    [
        Manner(),
        Manner(bytes_per_s=1_000_000),
        Manner(slice_bytes=3),
        Manner(slice_bytes=4, slice_delay_ns=1_000_000),
        Manner(cut_at=10),
        Manner(copies=2),
    ],
)
async def test_an_answer_may_come_slowly_or_twice_and_is_whole(manner):
    async with answering(manner) as (port, _):
        status, body, headers = await ask(port)
    assert (status, body, headers["X-A"]) == (200, b"0123456789", "b")
    assert headers["Content-Length"] == "10"


@pytest.mark.parametrize(
    "manner", [Manner(cut_at=4), Manner(cut_share=0.4), Manner(cut_at=4, slice_bytes=1)]
)
async def test_a_body_ends_before_what_was_announced(manner):
    async with answering(manner) as (port, _):
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        raw = await reader.read(-1)
        writer.close()
    assert b"Content-Length: 10\r\n" in raw
    assert raw.endswith(b"\r\n\r\n0123")


async def test_no_byte_comes_and_the_connection_is_closed():
    async with answering(Manner(delivery=Delivery.EMPTY)) as (port, _):
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await ask(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.read(-1) == b""
        writer.close()


async def test_the_connection_is_reset():
    async with answering(Manner(delivery=Delivery.RESET)) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()


async def test_the_answer_never_comes_and_who_leaves_is_noticed():
    async with answering(Manner(delivery=Delivery.NEVER)) as (port, odd):
        with pytest.raises(TimeoutError):
            await ask(port, timeout_s=0.1)
        for _ in range(100):
            if not odd.unanswered_count:
                break
            await asyncio.sleep(0.01)
        assert odd.unanswered_count == 0


async def test_no_more_wait_for_ever_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(odd_answers, "UNANSWERED_MAX", 0)
    async with answering(Manner(delivery=Delivery.NEVER)) as (port, _):
        with pytest.raises(aiohttp.ClientError):
            await ask(port)


async def test_for_ever_has_an_end(monkeypatch):
    monkeypatch.setattr(odd_answers, "UNANSWERED_S", 0.01)
    async with answering(Manner(delivery=Delivery.NEVER)) as (port, odd):
        with pytest.raises(aiohttp.ClientError):
            await ask(port)
        assert odd.unanswered_count == 0


async def test_copies_come_unasked_on_the_same_connection():
    async with answering(Manner(copies=3)) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        raw = b""
        while raw.count(b"0123456789") < 3:
            raw += await reader.read(4096)
        writer.close()
    first = raw.split(b"HTTP/1.1 200 OK\r\n")
    assert [part for part in first if part] == [first[1]] * 3


@pytest.mark.parametrize(
    "manner", [Manner(slice_bytes=4), Manner(bytes_per_s=1_000_000), Manner(copies=3)]
)
async def test_a_connection_whose_answer_was_whole_takes_the_next_request(manner):
    async with answering(manner) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for _ in range(manner.copies):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 OK\r\n")
                assert await reader.readexactly(10) == b"0123456789"
        writer.close()


async def test_pieces_come_apart():
    manner = Manner(slice_bytes=5, slice_delay_ns=50_000_000)
    async with answering(manner) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        raw = b""
        while not raw.endswith(b"01234"):
            raw += await reader.read(4096)
        assert await reader.read(4096) == b"56789"
        writer.close()
