"""Both markets have limits of their own."""

from replayx.venues.registry import load_venue


def test_each_market_has_its_rules():
    spot, usdm = load_venue("binance-spot"), load_venue("binance-usdm")
    assert spot.rates("2024-01-01").limits[0].limit == 6000
    assert usdm.rates("2024-01-01").limits[0].limit == 2400
