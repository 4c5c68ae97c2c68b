"""Failures: their exact form on the wire, by market."""

import re

import msgspec
import pytest

from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.fault_side import FailureContext
from replayx.venues.venue import WsApiRequest

SPOT, USDM = BinanceSpot(), BinanceUsdm()
# 18.25 s into a minute and 8.25 s into ten seconds.
NOW_MS = 1_659_146_418_250
CONTEXT = FailureContext(NOW_MS, path="/fapi/v1/order")
UNSURE = "Send status unknown; execution status unknown."

# word, status, code, text: the same on both markets
BOTH = [
    ("unknown_error", 500, -1000, "An unknown error occurred while processing the request."),
    (
        "disconnected",
        503,
        -1001,
        "Internal error; unable to process your request. Please try again.",
    ),
    ("unauthorized", 401, -1002, "You are not authorized to execute this request."),
    (
        "overloaded",
        503,
        -1008,
        "Server is currently overloaded with other requests. Please try again in a few minutes.",
    ),
    ("maintenance", 400, -1016, "This service is no longer available."),
    ("bad_timestamp", 400, -1021, "Timestamp for this request is outside of the recvWindow."),
    (
        "bad_timestamp_ahead",
        400,
        -1021,
        "Timestamp for this request was 1000ms ahead of the server's time.",
    ),
    ("bad_signature", 400, -1022, "Signature for this request is not valid."),
    ("invalid_symbol", 400, -1121, "Invalid symbol."),
    ("unknown_order", 400, -2011, "Unknown order sent."),
    ("no_such_order", 400, -2013, "Order does not exist."),
    ("bad_key_format", 401, -2014, "API-key format invalid."),
    ("bad_key", 401, -2015, "Invalid API-key, IP, or permissions for action."),
]
SPOT_ONLY = [
    (
        "too_many_requests",
        429,
        -1003,
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API.",
    ),
    (
        "ip_banned",
        418,
        -1003,
        "Way too much request weight used; IP banned until 1659146538250. "
        "Please use WebSocket Streams for live updates to avoid bans.",
    ),
    ("requests_queued", 429, -1003, "Too many requests queued."),
    (
        "too_many_orders",
        429,
        -1015,
        "Too many new orders; current limit is 100 orders per 10 SECOND.",
    ),
    (
        "execution_unknown",
        503,
        -1006,
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    (
        "internal_error",
        500,
        -1001,
        "Internal error; unable to process your request. Please try again.",
    ),
    (
        "backend_timeout",
        504,
        -1007,
        f"Timeout waiting for response from backend server. {UNSURE}",
    ),
    ("unknown_key", 401, -2008, "Invalid Api-Key ID."),
    (
        "insufficient_balance",
        400,
        -2010,
        "Account has insufficient balance for requested action.",
    ),
    ("would_match", 400, -2010, "Order would immediately match and take."),
    ("would_trigger", 400, -2010, "Order would trigger immediately."),
    ("duplicate_order", 400, -2010, "Duplicate order sent."),
    ("market_closed", 400, -2010, "Market is closed."),
    ("filter_notional", 400, -1013, "Filter failure: NOTIONAL"),
]
USDM_ONLY = [
    (
        "too_many_requests",
        429,
        -1003,
        "Too many requests; current limit is 2400 requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
    ),
    (
        "ip_banned",
        418,
        -1003,
        "Way too many requests; IP banned until 1659146538250. "
        "Please use the websocket for live updates to avoid bans.",
    ),
    (
        "too_many_orders",
        429,
        -1015,
        "Too many new orders; current limit is 300 orders per 10 SECOND.",
    ),
    (
        "backend_timeout",
        408,
        -1007,
        f"Timeout waiting for response from backend server. {UNSURE}",
    ),
    ("insufficient_margin", 400, -2019, "Margin is insufficient."),
    ("would_trigger", 400, -2021, "Order would immediately trigger."),
    ("reduce_only_rejected", 400, -2022, "ReduceOnly Order is rejected."),
    ("market_closed", 400, -4140, "Invalid symbol status for opening position."),
]
CODED = [
    *((venue, *row) for venue in (SPOT, USDM) for row in BOTH),
    *((SPOT, *row) for row in SPOT_ONLY),
    *((USDM, *row) for row in USDM_ONLY),
]


@pytest.mark.parametrize(("venue", "word", "status", "code", "text"), CODED)
def test_what_a_failure_says(venue, word, status, code, text):
    reply = venue.fail(word, CONTEXT)
    assert (reply.status, reply.body) == (
        status,
        msgspec.json.encode({"code": code, "msg": text}),
    )
    assert (venue.failures[word].status, venue.failures[word].code) == (status, code)
    assert dict(reply.headers)["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    ("word", "wait_ms", "retry_after", "used"),
    [
        ("too_many_requests", 0, "42", "6001"),  # to the end of the minute
        ("too_many_requests", 1, "1", "6001"),
        ("too_many_requests", 2001, "3", "6001"),
        ("ip_banned", 0, "120", "6001"),
        ("ip_banned", 240_000, "240", "6001"),
        ("too_many_orders", 0, "2", "1"),  # to the end of the ten seconds
    ],
)
def test_when_to_ask_again(word, wait_ms, retry_after, used):
    reply = SPOT.fail(word, CONTEXT._replace(retry_after_ms=wait_ms))
    headers = dict(reply.headers)
    assert headers["Retry-After"] == retry_after
    assert headers["x-mbx-used-weight-1m"] == headers["x-mbx-used-weight"] == used


def test_only_who_is_limited_is_told_when_to_ask_again():
    for venue in (SPOT, USDM):
        for word, failure in venue.failures.items():
            told = "Retry-After" in dict(venue.fail(word, CONTEXT).headers)
            assert told is (failure.status in (418, 429)), word


def test_limits_that_are_told_are_in_the_text():
    context = CONTEXT._replace(limit=1200, interval="5 MINUTE")
    assert (
        b"limit is 1200 request weight per 5 MINUTE."
        in SPOT.fail("too_many_requests", context).body
    )
    assert dict(SPOT.fail("too_many_requests", context).headers)["x-mbx-used-weight-1m"] == "1201"
    assert b"1200 orders per 5 MINUTE." in USDM.fail("too_many_orders", context).body


def test_a_ban_names_its_end_where_clients_look_for_it():
    for venue in (SPOT, USDM):
        body = venue.fail("ip_banned", CONTEXT).body.decode()
        found = re.search(r"banned until (\d+)", body)
        assert int(found[1]) == NOW_MS + 120_000


@pytest.mark.parametrize("word", ["execution_unknown", "service_unavailable"])
def test_the_gateway_of_futures_has_a_form_of_its_own(word):
    text = {
        "execution_unknown": "Unknown error, please check your request or try again later.",
        "service_unavailable": "Service Unavailable.",
    }[word]
    reply = USDM.fail(word, CONTEXT)
    assert reply.status == 503
    assert reply.body == msgspec.json.encode(
        {"timestamp": NOW_MS, "path": "/fapi/v1/order", "msg": text}
    )


def test_a_restricted_location():
    reply = SPOT.fail("restricted_location", CONTEXT)
    assert reply.status == 451
    assert reply.body.startswith(b'{\n  "code": 0,\n  "msg": "Service unavailable from a restrict')
    assert msgspec.json.decode(reply.body)["code"] == 0


@pytest.mark.parametrize(
    ("venue", "word", "status"),
    [
        (venue, word, status)
        for venue in (SPOT, USDM)
        for word, status in (("waf", 403), ("not_found", 404), ("gone", 410), ("bad_gateway", 502))
    ],
)
def test_what_is_not_the_apis_own_has_no_headers_of_it(venue, word, status):
    reply = venue.fail(word, CONTEXT)
    assert reply.status == status
    assert not [name for name, _ in reply.headers if name.lower().startswith("x-mbx")]
    assert not reply.body.startswith(b"{")


# ---- over the WebSocket API


def said(venue, word, **changes):
    request = WsApiRequest(b'"a"', "order.place", {}, b"")
    return msgspec.json.decode(venue.wsapi_failure(word, CONTEXT._replace(**changes), request))


@pytest.mark.parametrize(("venue", "word", "status", "code", "text"), CODED)
def test_what_a_failure_says_over_a_socket(venue, word, status, code, text):
    message = said(venue, word)
    assert (message["id"], message["status"]) == ("a", status)
    assert (message["error"]["code"], message["error"]["msg"]) == (code, text)


@pytest.mark.parametrize(
    ("word", "wait_ms", "until_ms"),
    [
        ("too_many_requests", 0, NOW_MS + 41_750),
        ("ip_banned", 0, NOW_MS + 120_000),
        ("ip_banned", 77, NOW_MS + 77),
        ("too_many_orders", 0, NOW_MS + 1_750),
    ],
)
def test_over_a_socket_the_error_says_when_to_ask_again(word, wait_ms, until_ms):
    message = said(SPOT, word, retry_after_ms=wait_ms)
    assert message["error"]["data"] == {"serverTime": NOW_MS, "retryAfter": until_ms}


def test_over_a_socket_other_errors_have_no_data():
    for venue in (SPOT, USDM):
        for word, failure in venue.failures.items():
            message = said(venue, word)
            assert ("data" in message["error"]) is (failure.status in (418, 429)), word
            assert isinstance(message["error"]["code"], int)


def test_over_a_socket_a_gateway_has_no_form_of_its_own():
    assert said(USDM, "execution_unknown")["error"] == {
        "code": -1000,
        "msg": "Unknown error, please check your request or try again later.",
    }


def test_limits_are_left_out_where_the_client_does_not_want_them():
    request = WsApiRequest(b"1", "time", {"returnRateLimits": False}, b"")
    assert b"rateLimits" not in SPOT.wsapi_failure("overloaded", CONTEXT, request)
