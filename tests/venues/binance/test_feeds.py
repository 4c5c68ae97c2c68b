"""Recording without a client."""

from urllib.parse import unquote

import pytest

from replayx.errors import InvalidOption
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import Feed, Role, Subscription

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def test_spot_is_one_connection() -> None:
    names = ("btcusdt@trade", "ethusdt@trade", "btcusdt@depth@100ms", "ethusdt@depth@100ms")
    assert SPOT.feeds(("BTCUSDT", "ethusdt"), ("trade", "depth@100ms")) == (
        Feed("/stream?streams=" + "/".join(names), names),
    )


def test_streams_of_the_whole_market_need_no_symbol() -> None:
    (feed,) = SPOT.feeds((), ("!miniTicker@arr",))
    assert feed == Feed("/stream?streams=!miniTicker@arr", ("!miniTicker@arr",))


def test_usdm_is_split_by_route() -> None:
    assert USDM.feeds(("BTCUSDT",), ("aggTrade", "depth@100ms", "!bookTicker", "markPrice@1s")) == (
        Feed(
            "/public/stream?streams=btcusdt@depth@100ms/!bookTicker",
            ("btcusdt@depth@100ms", "!bookTicker"),
        ),
        Feed(
            "/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s",
            ("btcusdt@aggTrade", "btcusdt@markPrice@1s"),
        ),
    )


def test_the_perpetual_is_meant_by_a_bare_pair() -> None:
    (feed,) = USDM.feeds(("BTCUSDT",), ("continuousKline_1m",))
    assert feed.channels == ("btcusdt_perpetual@continuousKline_1m",)


@pytest.mark.parametrize("venue", [SPOT, USDM])
def test_a_feed_opens_what_it_says(venue: BinanceSpot | BinanceUsdm) -> None:
    symbols = (*(f"SYM{number}USDT" for number in range(1500)), "这是测试币456")
    words = ("trade", "bookTicker", "kline_1m")
    feeds = venue.feeds(symbols, words)
    for feed in feeds:
        assert len(feed.target) <= 8000
        assert len(feed.channels) <= 1024
        opened = venue.open(feed.target)
        assert isinstance(opened, Subscription)
        assert (opened.role, opened.combined) == (Role.STREAM, True)
        assert tuple(opened.channels) == feed.channels
        assert all(venue.envelope(opened, name) is not None for name in feed.channels)
    carried = [name for feed in feeds for name in feed.channels]
    assert len(carried) == len(set(carried)) == len(symbols) * len(words)


def test_a_plus_sign_survives() -> None:
    (feed,) = SPOT.feeds(("A",), ("kline_1m@+08:00",))
    assert "+" not in feed.target
    assert "a@kline_1m@+08:00" in unquote(feed.target)


@pytest.mark.parametrize(
    ("venue", "word", "expected"),
    [
        (SPOT, "aggtrade", "aggTrade"),
        (SPOT, "depth@10ms", "depth@100ms"),
        (SPOT, "kline_7m", "kline_1m"),
        (SPOT, "bookticker", "bookTicker"),
        (SPOT, "!ticker@arr", "!ticker_1h@arr"),
        (SPOT, "markPrice", "avgPrice"),
        (USDM, "markprice", "markPrice"),
        (USDM, "xyzzy", "trade"),
    ],
)
def test_unknown_streams_name_the_nearest(
    venue: BinanceSpot | BinanceUsdm, word: str, expected: str
) -> None:
    with pytest.raises(InvalidOption) as caught:
        venue.feeds(("BTCUSDT",), (word,))
    assert word in caught.value.found
    assert caught.value.expected is not None
    assert expected in caught.value.expected.split(" or ")


def test_the_nearest_is_named() -> None:
    with pytest.raises(InvalidOption, match="has no stream 'aggtrade'; expected aggTrade"):
        SPOT.feeds(("BTCUSDT",), ("aggtrade",))


def test_a_stream_of_a_symbol_needs_one() -> None:
    with pytest.raises(InvalidOption, match="'trade' without a symbol; expected --symbols"):
        SPOT.feeds((), ("trade",))


def test_snapshots() -> None:
    assert SPOT.snapshots(("BTCUSDT", "ethusdt"), ("trade",)) == (
        "/api/v3/exchangeInfo",
        "/api/v3/exchangeInfo?symbol=BTCUSDT",
        "/api/v3/exchangeInfo?symbol=ETHUSDT",
        "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D",
        "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000",
        "/api/v3/klines?symbol=ETHUSDT&interval=1m&limit=1000",
    )
    assert USDM.snapshots(("BTCUSDT",), ("kline_5m", "kline_1h", "trade")) == (
        "/fapi/v1/exchangeInfo",
        "/fapi/v1/klines?symbol=BTCUSDT&interval=5m&limit=1000",
        "/fapi/v1/klines?symbol=BTCUSDT&interval=1h&limit=1000",
    )
    assert SPOT.snapshots((), ("!miniTicker@arr",)) == ("/api/v3/exchangeInfo",)


def test_the_deepest_book() -> None:
    assert SPOT.depth_target("btcusdt") == "/api/v3/depth?symbol=BTCUSDT&limit=5000"
    assert USDM.depth_target("BTCUSDT") == "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        (("trade", "depth@100ms"), {"BTCUSDT": "btcusdt@depth@100ms"}),
        (("depth",), {"BTCUSDT": "btcusdt@depth"}),
        (("depth20@100ms", "bookTicker"), {}),
        ((), {}),
    ],
)
def test_books_are_watched_on_their_diffs(streams, expected) -> None:
    assert SPOT.depth_channels(("BTCUSDT",), streams) == expected
