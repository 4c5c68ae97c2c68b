"""Answers in Binance's name."""

import msgspec
import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest, Refusal

SPOT, USDM = BinanceSpot(), BinanceUsdm()


@pytest.mark.parametrize(
    ("venue", "target", "body"),
    [
        (SPOT, "/api/v3/ping", b"{}"),
        (SPOT, "/api/v1/ping?", b"{}"),
        (SPOT, "/api/v3/time", b'{"serverTime":1723161255208}'),
        (USDM, "/fapi/v1/ping", b"{}"),
        (USDM, "/fapi/v1/time?timestamp=1", b'{"serverTime":1723161255208}'),
    ],
)
def test_ping_and_time(venue: BinanceVenue, target: str, body: bytes) -> None:
    reply = venue.computed(venue.request_key(HttpRequest("GET", target)), 1723161255208)
    assert reply is not None
    assert (reply.status, reply.body) == (200, body)
    headers = dict(reply.headers)
    assert headers["Content-Type"].startswith("application/json")
    assert headers["x-mbx-used-weight-1m"].isdigit()
    assert headers["Server"] in ("nginx", "Tengine")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/v3/depth"),
        ("POST", "/api/v3/time"),
        ("GET", "/fapi/v1/time"),
        ("GET", "/time"),
    ],
)
def test_the_rest_is_looked_up(method: str, target: str) -> None:
    assert SPOT.computed(SPOT.request_key(HttpRequest(method, target)), 1) is None


@pytest.mark.parametrize(
    ("venue", "refusal", "status", "code", "start"),
    [
        (SPOT, Refusal.NO_RECORDING, 404, -1020, "nearest: é"),
        (SPOT, Refusal.UPSTREAM_UNREACHABLE, 503, -1001, "Internal error; unable to process"),
        (SPOT, Refusal.UPSTREAM_TIMEOUT, 504, -1007, "Timeout waiting for response from backend"),
        (USDM, Refusal.UPSTREAM_TIMEOUT, 408, -1007, "Timeout waiting for response from backend"),
        (SPOT, Refusal.TRADING_REFUSED, 403, -1002, "You are not authorized to execute this"),
        (SPOT, Refusal.BODY_TOO_LARGE, 413, -1108, "Parameter 'body' overflowed."),
    ],
)
def test_refusals(
    venue: BinanceVenue, refusal: Refusal, status: int, code: int, start: str
) -> None:
    reply = venue.refuse(refusal, "nearest: é")
    body = msgspec.json.decode(reply.body)
    assert list(body) == ["code", "msg"]
    assert (reply.status, body["code"]) == (status, code)
    assert body["msg"].startswith(start)
    assert ("nearest: é" in body["msg"]) == (refusal is not Refusal.UPSTREAM_TIMEOUT)


@pytest.mark.parametrize("refusal", Refusal)
def test_no_refusal_is_taken_for_a_rate_limit_or_a_bad_key(refusal: Refusal) -> None:
    reply = SPOT.refuse(refusal, "")
    assert reply.status not in (401, 418, 429)
    acted_on = (-1003, -1015, -1021, -1022, -1121, -2008, -2014, -2015)
    assert msgspec.json.decode(reply.body)["code"] not in acted_on
