import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from replayx.clock import RealClock
from replayx.framing import frame
from replayx.server import sink as sink_module
from replayx.server.sink import Sink

GONE = b"\x88\x02\x03\xe9"  # a close frame, 1001
ANSWER = b"\x88\x82\0\0\0\0\x03\xe9"  # the same from a client: masked
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MESSAGE = frame(b"x" * 100_000)


@asynccontextmanager
async def serving():
    """Give a sink and a function that connects a client to it: its reader and writer."""
    sink, count, heard = Sink(), 0, []

    async def handle(request):
        nonlocal count
        socket = web.WebSocketResponse(autoping=False, autoclose=False)
        await socket.prepare(request)
        count += 1
        number = count
        sink.add(number, request)
        async for message in socket:
            heard.append(message.data)
            assert message.type is not WSMsgType.ERROR
        sink.remove(number)
        return socket

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    writers = []

    async def connected():
        reader, writer = await asyncio.open_connection(*runner.addresses[0], limit=1)
        writers.append(writer)
        writer.write(HANDSHAKE)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await reader.read(1)
        return reader, writer

    try:
        yield sink, connected, heard
    finally:
        for writer in writers:
            writer.transport.abort()
        await _turns()
        await runner.cleanup()


async def _fill(sink, number=1):
    """Write more than the system takes for a client that does not read; return how much."""
    size = 0
    while sink.is_clear():
        sink.write((number,), MESSAGE)
        size += len(MESSAGE)
    return size


async def _turns(count=20):
    for _ in range(count):
        await asyncio.sleep(0)


async def test_frames_go_to_those_who_are_named():
    async with serving() as (sink, connected, _):
        first, _ = await connected()
        second, _ = await connected()
        sink.write((1, 2, 3), frame(b"both"))
        sink.write((2,), frame(b"one"))
        assert await first.readexactly(6) == frame(b"both")
        assert await second.readexactly(11) == frame(b"both") + frame(b"one")
        assert sink.is_clear()
        assert sink.numbers() == (1, 2)


async def test_a_client_that_piles_up_too_much_is_cut_off(monkeypatch):
    monkeypatch.setattr(sink_module, "CLIENT_BUFFER_BYTES_MAX", 1_000_000)
    async with serving() as (sink, connected, _):
        await connected()
        await _fill(sink)
        for _ in range(20):
            sink.write((1,), MESSAGE)
        assert (sink.cut_off, sink.numbers(), sink.is_clear()) == (1, (), True)


async def test_cleared_waits_for_a_slow_reader():
    async with serving() as (sink, connected, _):
        reader, _ = await connected()
        size = await _fill(sink)
        waiting = asyncio.ensure_future(sink.cleared())
        await _turns()
        assert not waiting.done()
        await reader.readexactly(size)
        await asyncio.wait_for(waiting, 5)
        assert (sink.cut_off, sink.is_clear()) == (0, True)


async def test_cleared_cuts_off_who_takes_nothing_and_keeps_who_is_only_slow(monkeypatch):
    monkeypatch.setattr(sink_module, "_STALLED_S", 0.1)
    async with serving() as (sink, connected, _):
        await connected()
        reader, _ = await connected()
        sizes = [await _fill(sink, 1), 0]
        sink.write((2,), MESSAGE * 80)
        sizes[1] = len(MESSAGE) * 80
        waiting = asyncio.ensure_future(sink.cleared())
        while sizes[1] > 0:  # a piece in every wait
            sizes[1] -= len(await reader.readexactly(min(sizes[1], 1_000_000)))
            await asyncio.sleep(0.02)
        await asyncio.wait_for(waiting, 5)
        assert (sink.cut_off, sink.numbers()) == (1, (2,))


async def test_giving_up_one_wait_does_not_end_another():
    async with serving() as (sink, connected, _):
        reader, writer = await connected()
        size = await _fill(sink)
        waiting = asyncio.ensure_future(sink.cleared())
        await _turns()
        sink.close(1, 1001, "")
        waiting.cancel()
        received = await reader.readexactly(size + len(GONE))
        assert received.endswith(MESSAGE + GONE)
        writer.write(ANSWER)
        await asyncio.wait_for(sink.closed(), 5)
        assert sink.cut_off == 0


async def test_a_lost_client_ends_the_wait():
    async with serving() as (sink, connected, _):
        _, writer = await connected()
        await _fill(sink)
        waiting = asyncio.ensure_future(sink.cleared())
        await _turns()
        writer.transport.abort()
        await asyncio.wait_for(waiting, 5)
        assert sink.is_clear()


async def test_a_close_follows_what_was_written_and_comes_once():
    async with serving() as (sink, connected, _):
        reader, writer = await connected()
        size = await _fill(sink)
        sink.close(1, 1001, "bye")
        sink.close(1, 1001, "bye")
        sink.write((1,), frame(b"too late"))
        assert sink.is_closing(1)
        received = await reader.readexactly(size + 7)
        assert received.endswith(MESSAGE + b"\x88\x05\x03\xe9bye")
        writer.write(ANSWER)
        assert await reader.read(-1) == b""
        await asyncio.wait_for(sink.closed(), 5)
        assert not sink.is_closing(1)


async def test_a_closing_client_is_still_heard_so_that_nothing_is_lost():
    async with serving() as (sink, connected, heard):
        reader, writer = await connected()
        size = await _fill(sink)
        sink.close(1, 1001, "")
        await _turns()
        writer.write(b"\x81\x82\0\0\0\0hi")
        while not heard:
            await asyncio.sleep(0)
        assert (await reader.readexactly(size + len(GONE))).endswith(GONE)
        writer.write(ANSWER)
        await asyncio.wait_for(sink.closed(), 5)


async def test_a_client_that_answers_no_close_is_left(monkeypatch):
    monkeypatch.setattr(sink_module, "CLOSE_ANSWER_S", 0.01)
    async with serving() as (sink, connected, _):
        reader, _ = await connected()
        sink.close(1, 1001, "")
        assert await reader.read(-1) == GONE
        await asyncio.wait_for(sink.closed(), 5)
        assert sink.cut_off == 0


@pytest.mark.parametrize("bound", ["_STALLED_S", "within_s"])
async def test_closing_a_client_that_reads_nothing_is_bounded(monkeypatch, bound):
    if bound == "_STALLED_S":
        monkeypatch.setattr(sink_module, "_STALLED_S", 0.01)
    async with serving() as (sink, connected, _):
        await connected()
        await _fill(sink)
        sink.close(1, 1001, "")
        await asyncio.wait_for(sink.closed(0.01 if bound == "within_s" else None), 5)
        assert sink.cut_off == 1
        assert not sink.is_closing(1)


async def test_a_socket_is_told_with_what_it_was_sent():
    async with serving() as (sink, connected, _):
        before_ns = RealClock().now_ns()
        _, writer = await connected()
        sink.write((1, 2), frame(b"abc"))
        sink.write((1,), frame(b""))
        traffic = sink.traffic(1)
        host, port = writer.get_extra_info("sockname")
        assert (traffic.client, traffic.sent_bytes) == (f"{host}:{port}", 7)
        assert before_ns - 1000 <= traffic.since_ns <= RealClock().now_ns()
        assert sink.traffic(2) is None
        sink.close(1, 1001, "")
        assert sink.traffic(1) is None
