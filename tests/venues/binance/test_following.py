import pytest

from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def feeds(venue, *words):
    return {venue.market_feed(f"btcusdt@{word}") for word in words}


@pytest.mark.parametrize(
    ("wanted", "recorded", "origin"),
    [
        ("aggTrade", ["trade", "depth"], ["trade"]),
        ("aggTrade", ["depth"], None),
        ("trade", ["aggTrade"], None),
        ("kline_1h", ["trade", "aggTrade", "kline_1m"], ["trade"]),
        ("kline_1h", ["aggTrade", "kline_1m"], ["aggTrade"]),
        ("kline_1h", ["kline_1m", "kline_15m", "kline_3m"], ["kline_15m"]),
        ("kline_5m", ["kline_3m"], None),
        ("kline_1m", ["kline_5m"], None),
        ("kline_8h", ["kline_6h", "kline_4h"], ["kline_4h"]),
        ("kline_1w", ["kline_3d", "kline_1d"], ["kline_1d"]),
        ("kline_1M", ["kline_1w", "kline_3d"], None),
        ("kline_1M", ["kline_1w", "kline_1d"], ["kline_1d"]),
        ("kline_3d", ["kline_1d"], ["kline_1d"]),
        ("kline_1d@+08:00", ["kline_8h"], ["kline_8h"]),
        ("kline_1d@+08:00", ["kline_12h", "kline_1d"], None),
        ("kline_1d", ["kline_1d@+08:00"], None),
        ("bookTicker", ["depth", "depth@100ms"], ["depth@100ms"]),
        ("bookTicker", ["depth20@100ms", "trade"], None),
        ("depth5", ["depth@100ms"], ["depth@100ms"]),
        ("depth20@100ms", ["depth"], ["depth"]),
        ("depth", ["depth@100ms"], ["depth@100ms"]),
        ("depth@1000ms", ["depth"], ["depth"]),
        ("depth@100ms", ["depth"], None),
        ("miniTicker", ["trade"], ["trade"]),
        ("ticker", ["trade", "depth", "bookTicker"], ["trade", "bookTicker"]),
        ("ticker", ["trade", "depth"], ["trade", "depth"]),
        ("ticker", ["depth"], None),
        ("ticker_1h", ["trade", "depth"], ["trade"]),
        ("avgPrice", ["trade"], ["trade"]),
        ("blockTrade", ["trade"], None),
    ],
)
def test_spot(wanted, recorded, origin):
    found = SPOT.follows_from(f"btcusdt@{wanted}", feeds(SPOT, *recorded))
    assert found == (origin and tuple(SPOT.market_feed(f"btcusdt@{word}") for word in origin))


@pytest.mark.parametrize(
    ("wanted", "recorded", "origin"),
    [
        ("depth", ["depth@0ms"], ["depth@0ms"]),
        ("depth20@500ms", ["depth@100ms", "depth@0ms"], ["depth@0ms"]),
        ("ticker", ["trade", "depth"], ["trade"]),
        ("markPrice", ["trade"], None),
    ],
)
def test_futures(wanted, recorded, origin):
    found = USDM.follows_from(f"btcusdt@{wanted}", feeds(USDM, *recorded))
    assert found == (origin and tuple(USDM.market_feed(f"btcusdt@{word}") for word in origin))


def test_continuous_candles_follow_from_the_perpetual():
    trade = MarketFeed(FeedKind.TRADE, "BTCUSDT")
    assert USDM.follows_from("btcusdt_perpetual@continuousKline_1m", [trade]) == (trade,)


def test_another_symbol_tells_nothing():
    assert SPOT.follows_from("ethusdt@aggTrade", feeds(SPOT, "trade")) is None
