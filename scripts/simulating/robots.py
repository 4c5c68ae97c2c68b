"""What simulated clients do: they connect, subscribe, ask, ping, fall silent and hang up."""

import json
from random import Random

from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
)
from replayx.venues.venue import HttpRequest

_STREAMS = (
    *("btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@bookTicker", "ethusdt@trade"),
    *("ethusdt@depth@100ms", "btcusdt@aggTrade", "btcusdt@kline_1m", "nosuch@trade"),
)
_TARGETS = {
    "binance-spot": (
        *("/api/v3/time", "/api/v3/ping", "/api/v3/depth?symbol=BTCUSDT&limit=20"),
        *("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5", "/api/v3/depth?symbol=NO"),
        *("/api/v3/trades?symbol=ETHUSDT&limit=3", "/api/v3/exchangeInfo", "/nowhere"),
    ),
    "binance-usdm": (
        *("/fapi/v1/time", "/fapi/v1/depth?symbol=BTCUSDT&limit=20", "/fapi/v1/exchangeInfo"),
        *("/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=5", "/fapi/v1/trades?symbol=NO"),
    ),
}
_WSAPI = {"binance-spot": "/ws-api/v3", "binance-usdm": "/ws-fapi/v1"}
_METHODS = (
    ("time", {}),
    ("ping", {}),
    ("depth", {"symbol": "BTCUSDT", "limit": 5}),
    ("ticker.price", {"symbol": "BTCUSDT"}),
    ("no.such", {}),
)
_GARBAGE = (b"", b"{", b"[]", b"\xff\xfe", b'{"method":"SUBSCRIBE"}', b"x" * 70_000)


def handshake(chance: Random, number: int, market: str) -> ConnectionAsked:
    """Return a handshake: raw streams, combined ones, the WebSocket API, or nonsense."""
    names = chance.sample(_STREAMS, chance.randint(1, 4))
    target = chance.choice(
        (
            f"/ws/{names[0]}",
            f"/stream?streams={'/'.join(names)}",
            "/ws",
            _WSAPI[market],
            "/nowhere",
        )
    )
    client = "robot" if chance.random() < 0.3 else ""
    return ConnectionAsked(number, market, target, client)


def said(chance: Random, number: int, *, is_wsapi: bool) -> AnyInput:
    """Return what a client sends on a connection."""
    kind = chance.random()
    if kind < 0.1:
        return PingReceived(number, b"are you there")
    if kind < 0.15:
        return PongReceived(number, b"unasked")
    if kind < 0.2:
        return MessageReceived(number, chance.choice(_GARBAGE))
    if is_wsapi:
        method, parameters = chance.choice(_METHODS)
        message: dict[str, object] = {"id": chance.randrange(1000), "method": method}
        if parameters:
            message["params"] = parameters
        return MessageReceived(number, json.dumps(message).encode())
    method = chance.choice(("SUBSCRIBE", "SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"))
    message = {"method": method, "id": chance.randrange(1000)}
    if method != "LIST_SUBSCRIPTIONS":
        message["params"] = chance.sample(_STREAMS, chance.randint(1, 3))
    return MessageReceived(number, json.dumps(message).encode())


def request(chance: Random, number: int, market: str) -> RequestReceived:
    """Return a request over HTTP."""
    target = chance.choice(_TARGETS[market])
    method = "POST" if chance.random() < 0.1 else "GET"
    headers = (("X-MBX-APIKEY", "k"),) if chance.random() < 0.3 else ()
    client = "robot" if chance.random() < 0.3 else ""
    return RequestReceived(number, market, HttpRequest(method, target, headers), client)
