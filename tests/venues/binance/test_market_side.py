"""Every method of the market's side is one of Binance's own."""

from replayx.venues.binance.market_side import BinanceMarketSide
from replayx.venues.venue import MarketSide


def test_nothing_is_left_out():
    methods = {name for name, value in vars(MarketSide).items() if callable(value)}
    methods = {name for name in methods if name[0] != "_"}
    assert {"decode", "derive", "encode", "coverage"} < methods
    assert methods <= set(vars(BinanceMarketSide))
