"""The envelope a connection gets a channel in."""

import pytest

from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import NO_ENVELOPE, Envelope, Role, Subscription

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
TRADE = Envelope(b'{"stream":"b@trade","data":', b"}")


def test_raw_and_combined() -> None:
    subscription = Subscription(Role.STREAM, "/ws", {"b@trade": None})
    assert BinanceSpot().envelope(subscription, "b@trade") == NO_ENVELOPE
    subscription.combined = True
    assert BinanceSpot().envelope(subscription, "b@trade") == TRADE
    assert BinanceSpot().envelope(subscription, "a@trade") is None


def test_names_are_json_text() -> None:
    subscription = Subscription(Role.STREAM, "/stream", {'é"@x': None}, combined=True)
    found = BinanceSpot().envelope(subscription, 'é"@x')
    assert found == Envelope('{"stream":"é\\"@x","data":'.encode(), b"}")


ON_PUBLIC = ("b@depth", "b@depth20@100ms", "b@rpiDepth@500ms", "b@bookTicker", "!bookTicker")
ON_MARKET = (
    *("b@aggTrade", "b@markPrice@1s", "!markPrice@arr", "b@kline_1m", "!ticker@arr", "b@ticker"),
    *("b_perpetual@continuousKline_1m", "!forceOrder@arr", "!contractInfo", "tradingSession"),
)


@pytest.mark.parametrize(
    ("route", "channel"),
    [
        *(("public", name) for name in (*ON_PUBLIC, "b@trade")),
        *(("market", name) for name in ON_MARKET),
        ("private", KEY),
    ],
)
def test_usdm_delivers_a_stream_on_its_route_alone(route: str, channel: str) -> None:
    for path in ("public", "market", "private", ""):
        subscription = Subscription(Role.STREAM, "/ws", {channel: None}, route=path)
        expected = NO_ENVELOPE if path in (route, "") else None
        assert BinanceUsdm().envelope(subscription, channel) == expected


def test_private_events_are_wrapped_on_usdm_and_bare_on_spot() -> None:
    subscription = Subscription(Role.STREAM, "/stream", {KEY: None}, combined=True)
    assert BinanceSpot().envelope(subscription, KEY) == NO_ENVELOPE
    wrapped = BinanceUsdm().envelope(subscription, KEY)
    assert wrapped == Envelope(b'{"stream":"%b","data":' % KEY.encode(), b"}")


def test_the_ws_api_delivers_private_events_to_who_subscribed() -> None:
    subscription = Subscription(Role.WS_API, "/ws-api/v3", {})
    assert BinanceSpot().envelope(subscription, "userDataStream") is None
    BinanceSpot().command(subscription, b'{"id":1,"method":"userDataStream.subscribe.signature"}')
    assert BinanceSpot().envelope(subscription, "userDataStream") == NO_ENVELOPE
