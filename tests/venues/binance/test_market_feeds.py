import pytest

from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest

HOUR = 3_600_000
K = FeedKind


def feed(kind, *, interval="", period=0, levels=0, zone=0):
    return MarketFeed(kind, "BTCUSDT", interval, period, levels, zone)


SPOT = {
    "btcusdt@trade": feed(K.TRADE),
    "btcusdt@aggTrade": feed(K.AGG_TRADE),
    "btcusdt@depth": feed(K.BOOK_DELTA, period=1000),
    "btcusdt@depth@100ms": feed(K.BOOK_DELTA, period=100),
    "btcusdt@depth@1000ms": feed(K.BOOK_DELTA, period=1000),
    "btcusdt@depth20@100ms": feed(K.PARTIAL_BOOK, period=100, levels=20),
    "btcusdt@depth5": feed(K.PARTIAL_BOOK, period=1000, levels=5),
    "btcusdt@bookTicker": feed(K.BOOK_TOP),
    "btcusdt@kline_1s": feed(K.CANDLE, interval="1s", period=1000),
    "btcusdt@kline_1M": feed(K.CANDLE, interval="1M", period=2000),
    "btcusdt@kline_1d@+08:00": feed(K.CANDLE, interval="1d", period=2000, zone=8 * HOUR),
    "btcusdt@miniTicker": feed(K.MINI_TICKER, period=1000),
    "btcusdt@ticker": feed(K.TICKER, period=1000),
    "btcusdt@ticker_4h": feed(K.TICKER, interval="4h", period=1000),
    "btcusdt@avgPrice": feed(K.AVERAGE_PRICE, period=1000),
    "btcusdt@kline_7m": None,
    "btcusdt@depth@0ms": None,
    "btcusdt@markPrice": None,
    "btcusdt@blockTrade": None,
    "@trade": None,
    "!miniTicker@arr": None,
    "btcusdt": None,
    "opaque": None,
}
USDM = {
    "btcusdt@trade": feed(K.TRADE),
    "btcusdt@depth": feed(K.BOOK_DELTA, period=250),
    "btcusdt@depth@0ms": feed(K.BOOK_DELTA),
    "btcusdt@depth10@500ms": feed(K.PARTIAL_BOOK, period=500, levels=10),
    "btcusdt@kline_1m": feed(K.CANDLE, interval="1m", period=250),
    "btcusdt_perpetual@continuousKline_1m": feed(K.CANDLE, interval="1m", period=250),
    "btcusdt_current_quarter@continuousKline_1m": None,
    "btcusdt@ticker": feed(K.TICKER, period=2000),
    "btcusdt@markPrice": feed(K.MARK_PRICE, period=3000),
    "btcusdt@markPrice@1s": feed(K.MARK_PRICE, period=1000),
    "btcusdt@rpiDepth@500ms": None,
    "btcusdt@kline_1s": None,
    "btcusdt@avgPrice": None,
    "!markPrice@arr@1s": None,
}


@pytest.mark.parametrize(("channel", "expected"), SPOT.items())
def test_spot_streams(channel, expected):
    assert BinanceSpot().market_feed(channel) == expected


@pytest.mark.parametrize(("channel", "expected"), USDM.items())
def test_futures_streams(channel, expected):
    assert BinanceUsdm().market_feed(channel) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/api/v3/depth?symbol=BTCUSDT", feed(K.BOOK_SNAPSHOT, levels=100)),
        ("/api/v3/depth?symbol=BTCUSDT&limit=99999", feed(K.BOOK_SNAPSHOT, levels=5000)),
        ("/api/v1/depth?symbol=BTCUSDT&limit=7", feed(K.BOOK_SNAPSHOT, levels=7)),
        ("/api/v3/depth?symbol=BTCUSDT&limit=x", None),
        ("/api/v3/trades?symbol=BTCUSDT", feed(K.TRADE)),
        ("/api/v3/historicalTrades?symbol=BTCUSDT&fromId=3", feed(K.TRADE)),
        ("/api/v3/aggTrades?symbol=BTCUSDT", feed(K.AGG_TRADE)),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m", feed(K.CANDLE, interval="1m")),
        (
            "/api/v3/uiKlines?symbol=BTCUSDT&interval=1d&timeZone=-3",
            feed(K.CANDLE, interval="1d", zone=-3 * HOUR),
        ),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1d&timeZone=99", None),
        ("/api/v3/klines?symbol=BTCUSDT", None),
        ("/api/v3/ticker/24hr?symbol=BTCUSDT", feed(K.TICKER)),
        ("/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI", None),
        ("/api/v3/ticker/24hr", None),
        ("/api/v3/ticker/bookTicker?symbol=BTCUSDT", feed(K.BOOK_TOP)),
        ("/api/v3/avgPrice?symbol=BTCUSDT", feed(K.AVERAGE_PRICE)),
        ("/api/v3/ticker/price?symbol=BTCUSDT", None),
        ("/other/trades?symbol=BTCUSDT", None),
    ],
)
def test_spot_answers(target, expected):
    venue = BinanceSpot()
    assert venue.answer_feed(venue.request_key(HttpRequest("GET", target))) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/fapi/v1/depth?symbol=btcusdt", feed(K.BOOK_SNAPSHOT, levels=500)),
        ("/fapi/v1/premiumIndex?symbol=BTCUSDT", feed(K.MARK_PRICE)),
        ("/fapi/v1/premiumIndex", None),
        (
            "/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=PERPETUAL&interval=1m",
            feed(K.CANDLE, interval="1m"),
        ),
        (
            "/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=CURRENT_QUARTER&interval=1m",
            None,
        ),
        ("/fapi/v1/markPriceKlines?symbol=BTCUSDT&interval=1m", None),
    ],
)
def test_futures_answers(target, expected):
    venue = BinanceUsdm()
    assert venue.answer_feed(venue.request_key(HttpRequest("GET", target))) == expected


def test_only_get_tells_anything():
    venue = BinanceSpot()
    key = venue.request_key(HttpRequest("POST", "/api/v3/trades?symbol=BTCUSDT"))
    assert venue.answer_feed(key) is None
