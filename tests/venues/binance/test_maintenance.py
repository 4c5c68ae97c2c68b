"""Closed symbols, and connections that will end."""

import msgspec
import pytest

from replayx.venues.binance.maintenance import halt_refusal, halted, shutdown_notice
from replayx.venues.binance.spot import SPOT
from replayx.venues.binance.usdm import USDM
from replayx.venues.venue import HttpReply, RequestKey, Role, Subscription

ROWS = [
    {"symbol": "BTCUSDT", "status": "TRADING", "filters": [{"status": "TRADING"}]},
    {"symbol": "ETHUSDT", "status": "TRADING"},
]
INFO = HttpReply(
    200, msgspec.json.encode({"timezone": "UTC", "serverTime": 5, "symbols": ROWS, "sors": []})
)
KEY = RequestKey("GET", "/api/v3/exchangeInfo", ())


@pytest.mark.parametrize(
    ("symbols", "states"),
    [
        ((), ["BREAK", "BREAK"]),
        (("BTCUSDT",), ["BREAK", "TRADING"]),
        (("BTCUSDT", "ETHUSDT"), ["BREAK", "BREAK"]),
        (("XRPUSDT",), ["TRADING", "TRADING"]),
    ],
)
def test_the_rules_of_a_closed_market(symbols, states):
    reply = halted(SPOT, KEY, INFO, "BREAK", symbols)
    told = msgspec.json.decode(reply.body)
    assert [row.pop("status") for row in told["symbols"]] == states
    plain = [{name: row[name] for name in row if name != "status"} for row in ROWS]
    assert told == {"timezone": "UTC", "serverTime": 5, "symbols": plain, "sors": []}
    assert list(told) == ["timezone", "serverTime", "symbols", "sors"]
    assert reply.headers == INFO.headers


@pytest.mark.parametrize(
    ("key", "reply"),
    [
        (RequestKey("GET", "/api/v3/depth", ()), INFO),
        (KEY, HttpReply(400, INFO.body)),
        (KEY, HttpReply(200, b"\x1f\x8b packed")),
        (KEY, HttpReply(200, b'{"symbols":{}}')),
        (KEY, HttpReply(200, b'{"code":-1}')),
    ],
)
def test_what_tells_no_rules_is_left_as_it_is(key, reply):
    assert halted(SPOT, key, reply, "BREAK", ()) is reply


def test_futures_have_their_own_path_and_words():
    body = b'{"symbols":[{"symbol":"A","pair":"A","contractStatus":"TRADING"}]}'
    key = RequestKey("GET", "/fapi/v1/exchangeInfo", ())
    assert b'"contractStatus":"BREAK"' in halted(USDM, key, HttpReply(200, body), "BREAK", ()).body


@pytest.mark.parametrize(
    ("method", "path", "whole", "single"),
    [
        ("POST", "/api/v3/order", "maintenance", "market_closed"),
        ("POST", "/api/v3/order/oco", "maintenance", "market_closed"),
        ("POST", "/api/v3/orderList/otoco", "maintenance", "market_closed"),
        ("PUT", "/fapi/v1/batchOrders", "maintenance", "market_closed"),
        ("POST", "/api/v3/order/test", None, None),
        ("POST", "/fapi/v1/listenKey", None, None),
        ("DELETE", "/api/v3/order", None, None),
        ("GET", "/api/v3/order", None, None),
        ("GET", "/api/v3/time", None, None),
    ],
)
def test_orders_are_refused(method, path, whole, single):
    key = RequestKey(method, path, ())
    assert halt_refusal(key, is_whole=True) == whole
    assert halt_refusal(key, is_whole=False) == single


@pytest.mark.parametrize(
    ("subscription", "message"),
    [
        (Subscription(Role.STREAM, "/ws", {}), b'{"e":"serverShutdown","E":1770123456789}'),
        (
            Subscription(Role.STREAM, "/stream", {}, combined=True),
            b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
        ),
        (
            Subscription(Role.WS_API, "/ws-api/v3", {}),
            b'{"event":{"e":"serverShutdown","E":1770123456789}}',
        ),
    ],
)
def test_a_connection_is_told_that_it_will_end(subscription, message):
    assert shutdown_notice(SPOT, subscription, 1770123456789) == message
    assert shutdown_notice(USDM, subscription, 1770123456789) is None
