"""A venue for the recorder's benchmarks: cheap to run, with the time of sending in each message."""

import asyncio
import time
from typing import Any

from aiohttp import web

from replayx.framing import frame
from replayx.server.event_loop import run

_TICK_S = 0.001
STREAM = "btcusdt@trade"


def message(number: int, now_ns: int) -> bytes:
    """Return a trade on the combined stream; `q` carries when it was sent."""
    ms = now_ns // 1_000_000
    return (
        b'{"stream":"btcusdt@trade","data":{"e":"trade","E":%d,"s":"BTCUSDT","t":%d,'
        b'"p":"61837.63000000","q":"%020d","T":%d,"m":true,"M":true}}' % (ms, number, now_ns, ms)
    )


def sent_ns(payload: bytes) -> int:
    """Return when a message was sent (monotonic)."""
    start = payload.index(b'"q":"') + 5
    return int(payload[start : start + 20])


def serve_venue(ready: Any, rate: int, seconds: float) -> None:
    """Answer any GET with a small JSON body; send `rate` messages a second on any WebSocket."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _stream(request, rate, seconds)
        return web.Response(
            body=b'{"symbol":"BTCUSDT","price":"61837.63000000"}',
            headers={"Content-Type": "application/json;charset=UTF-8"},
        )

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    run(serve())


async def _stream(request: web.BaseRequest, rate: int, seconds: float) -> web.StreamResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    transport = request.transport
    assert transport is not None
    loop = asyncio.get_running_loop()
    total, number = int(rate * seconds), 0
    start_s = loop.time()
    while number < total and not transport.is_closing():
        due = min(total, int((loop.time() - start_s) * rate))
        if due > number:
            now_ns = time.monotonic_ns()
            transport.write(b"".join([frame(message(k, now_ns)) for k in range(number, due)]))
            number = due
            if transport.get_write_buffer_size():
                await request.writer.drain()
        await asyncio.sleep(_TICK_S)
    await socket.close(code=1000)
    return socket
