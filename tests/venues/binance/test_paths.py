"""What a handshake's target subscribes to."""

import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpReply, Role, Subscription

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
BOTH = (BinanceSpot(), BinanceUsdm())

PATHS = [
    ("/ws", (), False),
    ("/ws/", (), False),
    ("/ws/0", (), False),
    ("/ws/49", (), False),
    ("/ws/btcusdt@trade", ("btcusdt@trade",), False),
    ("/ws/btcusdt@trade/", ("btcusdt@trade",), False),
    ("/ws/b@trade/a@depth@100ms", ("b@trade", "a@depth@100ms"), False),
    ("/ws/!miniTicker@arr", ("!miniTicker@arr",), False),
    ("/ws/btcusdt%40trade", ("btcusdt@trade",), False),
    ("/ws/%E8%BF%99%E6%98%AF456@trade", ("这是456@trade",), False),
    ("/ws/b@kline_1m@+08:00", ("b@kline_1m@+08:00",), False),
    ("/ws/b@trade?timeUnit=MICROSECOND", ("b@trade",), False),
    (f"/ws/{KEY}", (KEY,), False),
    ("/stream", (), True),
    ("/stream/", (), True),
    ("/stream?streams=b@trade", ("b@trade",), True),
    ("/stream?streams=b@trade/a@depth/b@trade", ("b@trade", "a@depth"), True),
    ("/stream?timeUnit=microsecond&streams=b%40trade%2Fa%40depth", ("b@trade", "a@depth"), True),
    ("/stream?streams=", (), True),
    (f"/stream?streams={KEY}", (KEY,), True),
]


@pytest.mark.parametrize(("target", "channels", "combined"), PATHS)
@pytest.mark.parametrize("venue", BOTH, ids=lambda venue: venue.name)
def test_stream_paths(
    venue: BinanceVenue, target: str, channels: tuple[str, ...], combined: bool
) -> None:
    assert venue.open(target) == Subscription(
        Role.STREAM, target, dict.fromkeys(channels), combined
    )


@pytest.mark.parametrize(
    ("target", "route", "channels", "combined"),
    [
        ("/public/ws", "public", (), False),
        ("/public/ws/0", "public", (), False),
        ("/market/ws/b@kline_1m", "market", ("b@kline_1m",), False),
        ("/market/stream?streams=b@aggTrade", "market", ("b@aggTrade",), True),
        (f"/private/ws/{KEY}", "private", (KEY,), False),
        (f"/private/ws?listenKey={KEY}&events=ORDER_TRADE_UPDATE", "private", (KEY,), False),
        ("/private/stream?listenKey=K1&events=A/B&listenKey=K2", "private", ("K1", "K2"), True),
        (f"/pm/ws/{KEY}", "private", (KEY,), False),
    ],
)
def test_usdm_routes(target: str, route: str, channels: tuple[str, ...], combined: bool) -> None:
    assert BinanceUsdm().open(target) == Subscription(
        Role.STREAM, target, dict.fromkeys(channels), combined, route
    )


@pytest.mark.parametrize(
    ("venue", "target"),
    [
        (BinanceSpot(), "/ws-api/v3"),
        (BinanceSpot(), "/ws-api/v3/"),
        (BinanceSpot(), "/ws-api/v3?returnRateLimits=false"),
        (BinanceUsdm(), "/ws-fapi/v1"),
    ],
)
def test_the_ws_api(venue: BinanceVenue, target: str) -> None:
    assert venue.open(target) == Subscription(Role.WS_API, target, {})


@pytest.mark.parametrize(
    ("venue", "target"),
    [
        *((venue, target) for venue in BOTH for target in ("/", "/nope", "/wss", "/stream/x")),
        (BinanceSpot(), "/public/ws/b@trade"),
        (BinanceSpot(), "/ws-fapi/v1"),
        (BinanceUsdm(), "/ws-api/v3"),
        (BinanceUsdm(), "/public/public/ws"),
    ],
)
def test_unknown_paths_get_an_empty_404(venue: BinanceVenue, target: str) -> None:
    refused = venue.open(target)
    assert isinstance(refused, HttpReply)
    assert (refused.status, refused.body) == (404, b"")


def test_more_streams_than_a_connection_may_hold() -> None:
    most = BinanceSpot().open("/stream?streams=" + "/".join(f"s{n}@trade" for n in range(1024)))
    assert isinstance(most, Subscription)
    over = BinanceSpot().open("/stream?streams=" + "/".join(f"s{n}@trade" for n in range(1025)))
    assert isinstance(over, HttpReply)
    assert over.status == 400
