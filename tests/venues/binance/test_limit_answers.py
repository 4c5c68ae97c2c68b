"""Refusals, and answers with the limits and counts that are kept, byte for byte."""

import msgspec
import pytest

from replayx.venues.rate_side import Breach, Usage
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpReply, HttpRequest, WsApiRequest

SPOT, USDM = load_venue("binance-spot"), load_venue("binance-usdm")
NOW_MS, THEN_MS = 1_793_714_320_000, 1_793_714_340_000


def usages(venue, **used):
    rules = venue.rates("2026-11-01").limits
    return tuple(Usage(rule, used.get(rule.word, 0)) for rule in rules)


def breach(venue, word):
    rules = {rule.word: rule for rule in venue.rates("2026-11-01").limits}
    return Breach(rules.get(word), 20, NOW_MS, THEN_MS)


@pytest.mark.parametrize(
    ("venue", "word", "status", "body"),
    [
        (
            *(SPOT, "request_weight", 429),
            b'{"code":-1003,"msg":"Too much request weight used; current limit is 6000 request'
            b" weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid"
            b' polling the API."}',
        ),
        (
            *(SPOT, "", 418),
            b'{"code":-1003,"msg":"Way too much request weight used; IP banned until '
            b'1793714340000. Please use WebSocket Streams for live updates to avoid bans."}',
        ),
        (
            *(SPOT, "orders_10s", 429),
            b'{"code":-1015,"msg":"Too many new orders; current limit is '
            b'100 orders per 10 SECOND."}',
        ),
        (
            *(SPOT, "orders_1d", 429),
            b'{"code":-1015,"msg":"Too many new orders; current limit is '
            b'200000 orders per 1 DAY."}',
        ),
        (
            *(USDM, "request_weight", 429),
            b'{"code":-1003,"msg":"Too many requests; current limit is 2400 requests per minute. '
            b'Please use the websocket for live updates to avoid polling the API."}',
        ),
        (
            *(USDM, "funding", 429),
            b'{"code":-1003,"msg":"Too many requests; current limit is 500 requests per 5 minutes. '
            b'Please use the websocket for live updates to avoid polling the API."}',
        ),
        (
            *(USDM, "", 418),
            b'{"code":-1003,"msg":"Way too many requests; IP banned until 1793714340000. '
            b'Please use the websocket for live updates to avoid bans."}',
        ),
    ],
)
def test_refusals(venue, word, status, body):
    reply = venue.limited(breach(venue, word), usages(venue, request_weight=6001))
    assert (reply.status, reply.body) == (status, body)
    headers = dict(reply.headers)
    assert (headers["Retry-After"], headers["x-mbx-used-weight-1m"]) == ("20", "6001")
    names = [name for name, _ in reply.headers]
    assert len(dict.fromkeys(names)) == len(names)


def ws(method="ping", **params):
    return WsApiRequest(b'"a"', method, params, b"")


def test_refusals_over_the_websocket_api_tell_times():
    message = SPOT.limited_message(ws(), breach(SPOT, ""), usages(SPOT, request_weight=7000))
    told = msgspec.json.decode(message)
    assert (told["id"], told["status"], told["error"]["code"]) == ("a", 418, -1003)
    assert told["error"]["data"] == {"serverTime": NOW_MS, "retryAfter": THEN_MS}
    assert [row["count"] for row in told["rateLimits"]] == [7000]


def test_refused_orders_tell_their_limits_first():
    refused = breach(SPOT, "orders_10s")
    message = SPOT.limited_message(ws("order.place"), refused, usages(SPOT, orders_10s=100))
    rows = msgspec.json.decode(message)["rateLimits"]
    assert [(row["rateLimitType"], row["count"]) for row in rows] == [
        ("ORDERS", 100),
        ("ORDERS", 0),
        ("REQUEST_WEIGHT", 0),
    ]


def test_who_wants_no_limits_is_told_none():
    quiet = ws(returnRateLimits=False)
    assert b"rateLimits" not in SPOT.limited_message(quiet, breach(SPOT, ""), usages(SPOT))


def test_recorded_counts_make_room():
    recorded = (
        ("X-Mbx-Used-Weight", "9"),
        ("x-mbx-used-weight-1m", "9"),
        ("X-MBX-ORDER-COUNT-10S", "3"),
        ("X-Served-By", "a"),
    )
    reply = HttpReply(200, b"{}", recorded)
    told = SPOT.metered(HttpRequest("GET", "/api/v3/ping"), reply, usages(SPOT, request_weight=4))
    assert told.headers == (
        ("X-Served-By", "a"),
        ("x-mbx-used-weight", "4"),
        ("x-mbx-used-weight-1m", "4"),
    )


def test_orders_that_were_taken_tell_their_count():
    order, taken = HttpRequest("POST", "/api/v3/order"), HttpReply(200, b"{}")
    headers = dict(SPOT.metered(order, taken, usages(SPOT, orders_10s=2, orders_1d=5)).headers)
    assert (headers["x-mbx-order-count-10s"], headers["x-mbx-order-count-1d"]) == ("2", "5")
    refused = SPOT.metered(order, HttpReply(400, b"{}"), usages(SPOT))
    assert "x-mbx-order-count-10s" not in dict(refused.headers)
    tested = SPOT.metered(HttpRequest("POST", "/api/v3/order/test"), taken, usages(SPOT))
    assert "x-mbx-order-count-10s" not in dict(tested.headers)


def test_answers_about_funding_tell_no_weight():
    asked = HttpRequest("GET", "/fapi/v1/fundingRate?symbol=BTCUSDT")
    told = USDM.metered(asked, HttpReply(200, b"[]"), usages(USDM))
    assert not any(name.startswith("x-mbx") for name, _ in told.headers)


def test_exchange_info_lists_the_limits_that_are_kept():
    body = b'{"timezone":"UTC","rateLimits":[{"old":1},{"old":2}],"symbols":[]}'
    asked = HttpRequest("GET", "/api/v3/exchangeInfo")
    assert SPOT.tells_limits(asked)
    told = msgspec.json.decode(SPOT.metered(asked, HttpReply(200, body), usages(SPOT)).body)
    assert [row["limit"] for row in told["rateLimits"]] == [6000, 100, 200_000, 300_000]
    assert (told["timezone"], told["symbols"]) == ("UTC", [])
    odd = SPOT.metered(asked, HttpReply(200, b'{"symbols":[]}'), usages(SPOT))
    assert odd.body == b'{"symbols":[]}'


def test_over_the_websocket_api_it_lists_connections_instead():
    request = ws("exchangeInfo", returnRateLimits=False)
    message = b'{"id":"a","status":200,"result":{"rateLimits":[],"symbols":[]}}'
    told = msgspec.json.decode(SPOT.metered_message(request, message, usages(SPOT)))
    kinds = [row["rateLimitType"] for row in told["result"]["rateLimits"]]
    assert kinds == ["REQUEST_WEIGHT", "ORDERS", "ORDERS", "CONNECTIONS"]
    assert "rateLimits" not in told
    both = b'{"id":"a","status":200,"result":{"rateLimits":[]},"rateLimits":[{"count":1}]}'
    told = msgspec.json.decode(
        SPOT.metered_message(ws("exchangeInfo"), both, usages(SPOT, request_weight=20))
    )
    assert [row["count"] for row in told["rateLimits"]] == [20]
    assert len(told["result"]["rateLimits"]) == 4


def test_usdm_tells_its_own_pool_over_the_websocket_api():
    message = USDM.wsapi_reply(ws("ticker.price"), HttpReply(200, b"{}"))
    counts = usages(USDM, request_weight=9, wsapi_weight=3)
    told = msgspec.json.decode(USDM.metered_message(ws("ticker.price"), message, counts))
    assert [row["count"] for row in told["rateLimits"]] == [3]


def test_orders_counted_are_told_when_asked():
    asked = HttpRequest("GET", "/api/v3/rateLimit/order?timestamp=1&signature=x")
    rows = msgspec.json.decode(SPOT.told_limits(asked, usages(SPOT, orders_10s=3)).body)
    assert [(row["intervalNum"], row["count"]) for row in rows] == [(10, 3), (1, 0)]
    assert SPOT.told_limits(HttpRequest("GET", "/api/v3/ping"), usages(SPOT)) is None
    assert SPOT.told_limits(ws("account.rateLimits.orders"), usages(SPOT)) is not None
    asked = HttpRequest("GET", "/fapi/v1/rateLimit/order")
    assert "count" not in msgspec.json.decode(USDM.told_limits(asked, usages(USDM)).body)[0]
