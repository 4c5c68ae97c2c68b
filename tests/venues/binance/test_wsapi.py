"""The WebSocket API's requests and replies."""

import msgspec
import pytest

from replayx.errors import InvalidCapture
from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpReply, HttpRequest, Role, Subscription, WsApiRequest

SPOT, USDM = BinanceSpot(), BinanceUsdm()
LIMITS = (
    b'"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,'
    b'"limit":6000,"count":%d}]'
)


def connection(target: str = "/ws-api/v3") -> Subscription:
    return Subscription(Role.WS_API, target, {})


def asked(message: str, venue: BinanceVenue = SPOT, target: str = "/ws-api/v3") -> WsApiRequest:
    outcome = venue.command(connection(target), message.encode())
    assert outcome.request is not None
    assert (outcome.reply, outcome.close) == (None, None)
    return outcome.request


def http(target: str, method: str = "GET") -> HttpRequest:
    return HttpRequest(method, target)


@pytest.mark.parametrize(
    ("venue", "message", "twin"),
    [
        (SPOT, '{"id":1,"method":"ping"}', http("/api/v3/ping")),
        (SPOT, '{"id":1,"method":"v3/time","params":{}}', http("/api/v3/time")),
        (
            SPOT,
            '{"id":1,"method":"depth","params":{"symbol":"A","limit":5}}',
            http("/api/v3/depth?limit=5&symbol=A"),
        ),
        (
            SPOT,
            '{"id":1,"method":"depth","params":{"symbol":"A","limit":100}}',
            http("/api/v3/depth?symbol=A"),
        ),
        (
            SPOT,
            '{"id":1,"method":"trades.aggregate","params":{"symbol":"A","fromId":50}}',
            http("/api/v3/aggTrades?symbol=A&fromId=50"),
        ),
        (
            SPOT,
            '{"id":1,"method":"ticker.24hr","params":{"symbols":["B","A"],"type":"MINI"}}',
            http("/api/v3/ticker/24hr?symbols=%5B%22A%22%2C%22B%22%5D&type=MINI"),
        ),
        (
            SPOT,
            '{"id":1,"method":"exchangeInfo","params":{"showPermissionSets":false}}',
            http("/api/v3/exchangeInfo?showPermissionSets=false"),
        ),
        (
            SPOT,
            '{"id":1,"method":"order.place","params":{"symbol":"A","price":"0.10","quantity":1e-7,'
            '"apiKey":"k","timestamp":1,"recvWindow":5,"signature":"s","newClientOrderId":"x"}}',
            http("/api/v3/order?symbol=A&price=0.1&quantity=0.0000001", "POST"),
        ),
        (
            USDM,
            '{"id":1,"method":"ticker.book","params":{"symbol":"btcusdt"}}',
            http("/fapi/v1/ticker/bookTicker?symbol=BTCUSDT"),
        ),
        (USDM, '{"id":1,"method":"v2/account.balance"}', http("/fapi/v3/balance")),
    ],
)
def test_a_request_has_the_key_of_its_rest_twin(
    venue: BinanceVenue, message: str, twin: HttpRequest
) -> None:
    assert venue.wsapi_key(asked(message, venue)) == venue.request_key(twin)


def test_what_only_the_ws_api_has() -> None:
    found = SPOT.wsapi_key(asked('{"id":1,"method":"session.status","params":{"timestamp":4}}'))
    assert found == ("WSAPI", "session.status", ())
    assert SPOT.is_stateful(found)


@pytest.mark.parametrize("text", ["1", '"e2a85d9f-1_A"', "null", "-7", "18446744073709551615"])
def test_the_id_comes_back_as_it_was_written(text: str) -> None:
    request = asked(f'{{"id": {text} ,"method":"ping"}}')
    reply = SPOT.wsapi_reply(request, HttpReply(200, b"{}"))
    assert reply == b'{"id":%b,"status":200,"result":{},%b}' % (text.encode(), LIMITS % 1)


@pytest.mark.parametrize(
    ("message", "request_id", "code"),
    [
        (b"not json", None, -1135),
        (b"[]", None, -1135),
        (b'{"id":1}', None, -1135),
        (b'{"id":1,"method":"depth","params":[]}', None, -1135),
        (b'{"id":1,"method":5}', None, -1135),
        (b'{"id":1.5,"method":"depth"}', None, -1135),
        (b'{"id":{},"method":"depth"}', None, -1135),
        (b'{"id":"' + b"x" * 37 + b'","method":"depth"}', None, -1135),
        (b'{"id":"a b","method":"depth"}', None, -1135),
        (b'{"id":7,"method":"no.such"}', 7, -1020),
        (b'{"id":7,"method":"SUBSCRIBE","params":{}}', 7, -1020),
        (b"\xff", None, -1135),
        (b'{"id":' + b"[" * 100_000, None, -1135),
    ],
)
def test_what_is_no_request_gets_an_error(
    message: bytes, request_id: int | None, code: int
) -> None:
    outcome = SPOT.command(connection(), message)
    assert outcome.request is None
    assert outcome.reply is not None
    reply = msgspec.json.decode(outcome.reply)
    assert (reply["id"], reply["status"], reply["error"]["code"]) == (request_id, 400, code)
    assert reply["rateLimits"][0]["limit"] == 6000


def test_error_replies() -> None:
    body = b'{"code":-1121,"msg":"Invalid symbol."}'
    reply = HttpReply(400, body, (("X-MBX-Used-Weight-1M", "70"),))
    sent = SPOT.wsapi_reply(asked('{"id":"x","method":"depth"}'), reply)
    assert sent == b'{"id":"x","status":400,"error":%b,%b}' % (body, LIMITS % 70)


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        (HttpReply(403, b"<html>Request blocked</html>"), "error"),
        (HttpReply(404, b""), "error"),
        (HttpReply(200, b""), "result"),
    ],
)
def test_a_body_that_is_not_json_does_not_break_the_frame(reply: HttpReply, key: str) -> None:
    sent = msgspec.json.decode(SPOT.wsapi_reply(asked('{"id":1,"method":"ping"}'), reply))
    assert sent["status"] == reply.status
    assert isinstance(sent[key], dict)


@pytest.mark.parametrize(
    ("message", "target"),
    [
        ('{"id":1,"method":"ping","params":{"returnRateLimits":false}}', "/ws-api/v3"),
        ('{"id":1,"method":"ping"}', "/ws-api/v3?returnRateLimits=false"),
    ],
)
def test_rate_limits_can_be_left_out(message: str, target: str) -> None:
    request = asked(message, target=target)
    assert SPOT.wsapi_reply(request, HttpReply(200, b"{}")) == b'{"id":1,"status":200,"result":{}}'
    assert SPOT.wsapi_key(request) == SPOT.request_key(http("/api/v3/ping"))


def test_a_request_may_ask_for_them_although_the_url_does_not() -> None:
    request = asked(
        '{"id":1,"method":"ping","params":{"returnRateLimits":true}}',
        target="/ws-api/v3?returnRateLimits=false",
    )
    assert b"rateLimits" in SPOT.wsapi_reply(request, HttpReply(200, b"{}"))


@pytest.mark.parametrize(
    ("message", "status", "body"),
    [
        (b'{"id":1,"status":200,"result":{"a": 1.0,\n "b":[]} }', 200, b'{"a": 1.0,\n "b":[]}'),
        (b'{"result":[1],"status":200,"id":1}', 200, b"[1]"),
        (
            b'{"id":1,"status":400,"error":{"code":-1121,"msg":"x"}}',
            400,
            b'{"code":-1121,"msg":"x"}',
        ),
        (b'{"id":1,"status":200}', 200, b"{}"),
    ],
)
def test_a_recorded_reply_keeps_its_bytes(message: bytes, status: int, body: bytes) -> None:
    found = SPOT.wsapi_recorded(message)
    assert (found.status, found.body) == (status, body)


def test_a_recorded_reply_comes_back_whole() -> None:
    message = b'{"id":5,"status":200,"result":{"x":"1.50"},%b}' % (LIMITS % 42)
    recorded = SPOT.wsapi_recorded(message)
    assert ("x-mbx-used-weight-1m", "42") in recorded.headers
    assert SPOT.wsapi_reply(asked('{"id":5,"method":"ping"}'), recorded) == message


@pytest.mark.parametrize("message", [b"", b"[]", b'{"result":null,"id":1}', b"\xff"])
def test_what_is_no_reply_is_refused(message: bytes) -> None:
    with pytest.raises(InvalidCapture, match="not a reply"):
        SPOT.wsapi_recorded(message)


def test_recorded_requests() -> None:
    message = b'{"id":"x","method":"depth","params":{"symbol":"A"}}'
    expected = WsApiRequest(b'"x"', "depth", {"symbol": "A"}, message)
    assert SPOT.wsapi_request(message) == expected
    assert SPOT.wsapi_request(b'{"id":"x"}') is None


def test_private_events_begin_and_end() -> None:
    subscription = connection()
    for method, changed, channels in [
        ("userDataStream.subscribe", True, ["userDataStream"]),
        ("userDataStream.subscribe.signature", False, ["userDataStream"]),
        ("depth", False, ["userDataStream"]),
        ("userDataStream.unsubscribe", True, []),
        ("session.logout", False, []),
    ]:
        outcome = SPOT.command(subscription, b'{"id":1,"method":"%b"}' % method.encode())
        assert (outcome.changed, list(subscription.channels)) == (changed, channels)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'{"id":7,"status":200,"result":{}}', b"7"),
        (b'{"id":"a-b","status":400,"error":{"code":-1,"msg":""}}', b'"a-b"'),
        (b'{"id":null,"status":401,"error":{"code":-2015,"msg":""}}', b"null"),
        (b'{"subscriptionId":0,"event":{"e":"executionReport"}}', None),
        (b"\xff", None),
    ],
)
def test_the_id_of_a_reply_is_its_text(message, expected) -> None:
    assert BinanceSpot().wsapi_reply_id(message) == expected
