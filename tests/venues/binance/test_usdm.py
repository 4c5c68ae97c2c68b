"""Binance USDⓈ-M futures: what its documents say, as data (binance-futures.md)."""

import pytest

from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest

USDM = BinanceUsdm()


def test_symbols_may_be_written_small() -> None:
    small, large = (
        USDM.request_key(HttpRequest("GET", f"/fapi/v1/depth?symbol={symbol}"))
        for symbol in ("btcusdt", "BTCUSDT")
    )
    assert small == large


def test_the_default_depth_is_five_hundred() -> None:
    left_out, given = (
        USDM.request_key(HttpRequest("GET", f"/fapi/v1/depth?symbol=BTCUSDT{more}"))
        for more in ("", "&limit=500")
    )
    assert left_out == given


@pytest.mark.parametrize("path", ["/fapi/v1/premiumIndex", "/fapi/v1/fundingRate"])
def test_market_data_is_not_state(path) -> None:
    assert not USDM.is_stateful(USDM.request_key(HttpRequest("GET", path)))


@pytest.mark.parametrize("path", ["/fapi/v2/account", "/fapi/v3/positionRisk"])
def test_accounts_are_state(path) -> None:
    assert USDM.is_stateful(USDM.request_key(HttpRequest("GET", path)))


def test_a_stream_on_the_wrong_route_is_silent() -> None:
    opened = USDM.open("/market/stream?streams=btcusdt@depth@100ms/btcusdt@aggTrade")
    assert USDM.envelope(opened, "btcusdt@depth@100ms") is None
    assert USDM.envelope(opened, "btcusdt@aggTrade") is not None
