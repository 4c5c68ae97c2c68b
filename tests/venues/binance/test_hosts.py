"""Upstream presets and host names."""

from urllib.parse import urlsplit

import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm

SPOT, USDM = BinanceSpot(), BinanceUsdm()


@pytest.mark.parametrize("venue", [SPOT, USDM], ids=lambda venue: venue.name)
def test_every_preset_is_a_host_of_the_venue_over_tls(venue: BinanceVenue) -> None:
    for upstream in venue.upstreams.values():
        for url, scheme in (
            (upstream.rest, "https"),
            (upstream.ws, "wss"),
            (upstream.wsapi, "wss"),
        ):
            parts = urlsplit(url)
            assert not url or (parts.scheme == scheme and parts.hostname in venue.hosts)
            assert parts.path == ""


def test_presets() -> None:
    assert set(SPOT.upstreams) == {"mainnet", "testnet", "demo", "us", "data-only"}
    assert set(USDM.upstreams) == {"mainnet", "testnet", "demo"}
    live = {name for name, upstream in SPOT.upstreams.items() if upstream.live}
    assert live == {"mainnet", "us"}


def test_no_host_is_claimed_twice() -> None:
    assert not set(SPOT.hosts) & set(USDM.hosts)
