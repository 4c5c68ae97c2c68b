"""Venues for tests of plans."""

from replayx.venues.registry import load_venue

VENUES = {name: load_venue(name) for name in ("binance-spot", "binance-usdm")}
