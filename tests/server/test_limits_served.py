"""Limits over sockets: who is refused, who is told apart, and what a client may read of it."""

import asyncio
from pathlib import Path

import aiohttp
import msgspec
import pytest

from replayx.ratelimit.limits_document import limits_from_document
from replayx.server.replay_server import ReplayOptions, ReplayServer
from replayx.session.clockwork import Regime
from replayx.session.inputs import RunUntilAsked
from replayx.session.stops import StopAt

S = 1_000_000_000
DEMO = Path(__file__).resolve().parents[2] / "cassettes" / "binance-demo.rpx"
DEPTH = "/api/v3/depth?symbol=BTCUSDT&limit=500"  # weighs 25
SMALL = {"limits": {"request_weight": 60}, "ban": {"after": 2, "first": "30s"}}


@pytest.fixture
async def serve():
    """Serve the demo cassette under limits; give the spot market's base URL."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as client:
        servers = []

        async def start(document, **options):
            limits = limits_from_document(document, "test")
            server = ReplayServer([DEMO], ReplayOptions(limits=limits, **options))
            servers.append(server)
            await server.start()
            start.timeline = server.timelines[""]
            return client, server.urls["binance-spot"]["rest"]

        yield start
        for server in servers:
            await server.stop()


async def get(client, url, **options):
    async with client.get(url, **options) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_the_dialogue_from_429_to_418_and_back(serve):
    client, url = await serve(SMALL, regime=Regime.LOCKSTEP)
    dialogue = []
    for _ in range(6):
        status, headers, body = await get(client, url + DEPTH)
        dialogue.append((status, headers.get("Retry-After")))
    assert dialogue == [
        *((200, None), (200, None)),
        *((429, "20"), (429, "20")),  # it is 13:58:40
        *((418, "30"), (418, "30")),
    ]
    start_ns = serve.timeline.clock().position_ns
    until_ms = -(-start_ns // 1_000_000) + 30_000  # rounded up
    assert b"IP banned until %d." % until_ms in body
    for seconds, expected in ((29, 418), (30, 200)):
        stop = StopAt(start_ns + seconds * S)
        await serve.timeline.command(lambda number, stop=stop: RunUntilAsked(number, stop))
        status, headers, _ = await get(client, url + DEPTH)
        assert status == expected
    assert headers["x-mbx-used-weight-1m"] == "25"  # of the next minute


async def test_clients_are_told_apart_by_path_and_by_header(serve):
    client, url = await serve({"limits": {"request_weight": 2}})
    ping = "/api/v3/ping"
    used = []
    for path, name in (
        (f"/~one{ping}", ""),
        (ping, "one"),
        (f"/@shared/~two{ping}", ""),
        (f"/~two/@shared{ping}", "ignored"),
        (ping, ""),
    ):
        headers = {"X-Replayx-Client": name} if name else {}
        _, told, _ = await get(client, url + path, headers=headers)
        used.append(int(told["x-mbx-used-weight-1m"]))
    assert used == [1, 2, 1, 2, 1]
    status, _, body = await get(client, f"{url}/~no%20name/api/v3/ping")
    assert (status, b"the client" in body) == (400, True)


async def test_exchange_info_agrees_with_the_limits_also_compressed(serve):
    client, url = await serve({"limits": {"request_weight": 77, "orders_10s": 3}})
    for coding in ("gzip", "identity"):
        _, _, body = await get(
            client, f"{url}/api/v3/exchangeInfo", headers={"Accept-Encoding": coding}
        )
        listed = msgspec.json.decode(body)["rateLimits"]
        assert [row["limit"] for row in listed] == [77, 3, 200_000, 300_000]


async def test_the_websocket_api_is_closed_with_the_ban(serve):
    client, url = await serve({"limits": {"request_weight": 3}, "ban": {"after": 1}})
    async with client.ws_connect(f"{url}/ws-api/v3") as socket:
        statuses = []
        for number in range(3):
            await socket.send_json({"id": number, "method": "ping"})
            statuses.append((await socket.receive_json())["status"])
        assert statuses == [200, 429, 418]
        closed = await socket.receive()
        assert (closed.type, closed.data, closed.extra) == (
            aiohttp.WSMsgType.CLOSE,
            1008,
            "disconnected",
        )
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(f"{url}/ws/btcusdt@trade")
    assert refused.value.status == 418


async def test_a_client_that_talks_too_much_is_cut_off(serve):
    # In lockstep, so that no second passes, however long this takes.
    client, url = await serve({}, regime=Regime.LOCKSTEP)
    async with client.ws_connect(f"{url}/ws") as socket:
        for number in range(6):
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
        replies = [await socket.receive() for _ in range(6)]
        assert [one.type for one in replies[:5]] == [aiohttp.WSMsgType.TEXT] * 5
        assert (replies[5].data, replies[5].extra) == (1008, "Too many requests")


async def test_too_many_streams_are_answered_then_closed(serve):
    client, url = await serve({})
    async with client.ws_connect(f"{url}/ws") as socket:
        names = [f"s{number}usdt@trade" for number in range(1025)]
        await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
        error = await socket.receive_json()
        assert error == {"error": {"code": 4, "msg": "Too many subscriptions"}, "id": 1}
        closed = await socket.receive()
        assert (closed.data, closed.extra) == (1008, "Invalid request")
