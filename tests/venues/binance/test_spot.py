"""Binance Spot: what its documents say, as data (binance-spot.md, binance-ws.md)."""

import pytest

from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.venue import HttpRequest

SPOT = BinanceSpot()


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("/api/v3/depth?symbol=BTCUSDT", "/api/v3/depth?symbol=BTCUSDT&limit=100"),
        ("/api/v3/klines?symbol=A&interval=1m", "/api/v3/klines?symbol=A&interval=1m&limit=500"),
        ("/api/v3/aggTrades?symbol=A", "/api/v3/aggTrades?symbol=A&limit=500"),
        ("/api/v3/ticker/24hr?symbol=A", "/api/v3/ticker/24hr?symbol=A&type=FULL"),
        ("/api/v3/ticker?symbol=A", "/api/v3/ticker?symbol=A&windowSize=1d&type=FULL"),
    ],
)
def test_what_is_left_out_has_its_default(shorter, longer) -> None:
    keys = [SPOT.request_key(HttpRequest("GET", target)) for target in (shorter, longer)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("path", ["/api/v3/depth", "/api/v3/exchangeInfo", "/api/v1/klines"])
def test_market_data_is_not_state(path) -> None:
    assert not SPOT.is_stateful(SPOT.request_key(HttpRequest("GET", path)))


@pytest.mark.parametrize("path", ["/api/v3/account", "/api/v3/openOrders", "/sapi/v1/x"])
def test_accounts_are_state(path) -> None:
    assert SPOT.is_stateful(SPOT.request_key(HttpRequest("GET", path)))


def test_only_the_mainnets_are_live() -> None:
    live = {name for name, upstream in SPOT.upstreams.items() if upstream.live}
    assert "mainnet" in live
    assert live.isdisjoint(("testnet", "demo"))
