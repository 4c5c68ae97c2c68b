"""What Binance's streams and answers tell about the market: names and keys, to feeds.

Origin: web-socket-streams.md and rest-api.md; the USDⓈ-M cadences from the derivatives docs.
"""

import re
from functools import lru_cache
from types import MappingProxyType

from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import SPOT_INTERVALS
from replayx.venues.binance.time_zone import zone_ms
from replayx.venues.venue import RequestKey

_PERPETUAL = "_perpetual"
_CONTINUOUS = "continuousKline"
_DEPTH = re.compile(r"depth([0-9]*)(?:@([0-9]+)ms)?")
_KLINE = re.compile(rf"(kline|{_CONTINUOUS})_({'|'.join(SPOT_INTERVALS)})(?:@(\+08:00))?")
_PLAIN = MappingProxyType(
    {
        "trade": FeedKind.TRADE,
        "aggTrade": FeedKind.AGG_TRADE,
        "bookTicker": FeedKind.BOOK_TOP,
    }
)
# Streams that are told every so many ms.
_STATISTICS = MappingProxyType(
    {
        "avgPrice": (FeedKind.AVERAGE_PRICE, "", 1000),
        "markPrice": (FeedKind.MARK_PRICE, "", 3000),
        "markPrice@1s": (FeedKind.MARK_PRICE, "", 1000),
        "miniTicker": (FeedKind.MINI_TICKER, "", 1000),
        "ticker": (FeedKind.TICKER, "", 1000),
        "ticker_1h": (FeedKind.TICKER, "1h", 1000),
        "ticker_4h": (FeedKind.TICKER, "4h", 1000),
        "ticker_1d": (FeedKind.TICKER, "1d", 1000),
    }
)
_USDM_TICKER_MS = 2000
_USDM_KLINE_MS = 250
_SPOT_DEPTH_MS = 1000
_USDM_DEPTH_MS = 250
# `limit` of GET depth when it is left out.
_SPOT_LEVELS = "100"
_USDM_LEVELS = "500"
_SPOT_KLINE_MS = 2000
_SPOT_SECONDS_MS = 1000  # of kline_1s


def market_feed(dialect: Dialect, channel: str) -> MarketFeed | None:
    """Return what a stream tells about the market; None: nothing that is understood."""
    name, _, word = channel.partition("@")
    if word not in dialect.streams.words or not name:
        return None
    symbol = name.upper()
    if word in _PLAIN:
        return MarketFeed(_PLAIN[word], symbol)
    if word in _STATISTICS:
        return _statistics_feed(dialect, symbol, word)
    if match := _DEPTH.fullmatch(word):
        return _depth_feed(dialect, symbol, match)
    if match := _KLINE.fullmatch(word):
        return _kline_feed(dialect, name, match)
    return None


def _statistics_feed(dialect: Dialect, symbol: str, word: str) -> MarketFeed:
    kind, window, period_ms = _STATISTICS[word]
    if dialect.diffs_are_linked and kind in (FeedKind.TICKER, FeedKind.MINI_TICKER):
        period_ms = _USDM_TICKER_MS
    return MarketFeed(kind, symbol, window, period_ms)


def _depth_feed(dialect: Dialect, symbol: str, match: re.Match[str]) -> MarketFeed:
    levels, period = match.groups()
    usual_ms = _USDM_DEPTH_MS if dialect.diffs_are_linked else _SPOT_DEPTH_MS
    period_ms = usual_ms if period is None else int(period)
    kind = FeedKind.PARTIAL_BOOK if levels else FeedKind.BOOK_DELTA
    return MarketFeed(kind, symbol, period_ms=period_ms, levels=int(levels or 0))


def _kline_feed(dialect: Dialect, name: str, match: re.Match[str]) -> MarketFeed | None:
    kind, interval, zone = match.groups()
    if kind == _CONTINUOUS:
        # The continuous candles of a perpetual are its own; other contracts change underneath.
        if not name.endswith(_PERPETUAL):
            return None
        name = name.removesuffix(_PERPETUAL)
    period_ms = _USDM_KLINE_MS if dialect.diffs_are_linked else _SPOT_KLINE_MS
    if interval == "1s":
        period_ms = _SPOT_SECONDS_MS
    offset_ms = (zone_ms(zone) or 0) if zone else 0
    return MarketFeed(FeedKind.CANDLE, name.upper(), interval, period_ms, zone_ms=offset_ms)


_ANSWERS = MappingProxyType(
    {
        "depth": FeedKind.BOOK_SNAPSHOT,
        "trades": FeedKind.TRADE,
        "historicalTrades": FeedKind.TRADE,
        "aggTrades": FeedKind.AGG_TRADE,
        "klines": FeedKind.CANDLE,
        "uiKlines": FeedKind.CANDLE,
        "continuousKlines": FeedKind.CANDLE,
        "ticker/24hr": FeedKind.TICKER,
        "ticker/bookTicker": FeedKind.BOOK_TOP,
        "avgPrice": FeedKind.AVERAGE_PRICE,
        "premiumIndex": FeedKind.MARK_PRICE,
    }
)


def endpoint(dialect: Dialect, path: str) -> str | None:
    """Return an endpoint without the API it is under (`ticker/24hr`); None: none of the market's.

    Spot's /api/v1 was switched off 2026-03-25, USDⓈ-M's v2 has newer forms of few endpoints.
    """
    return _under(dialect.api[:-1], path)


@lru_cache(maxsize=1024)
def _under(api: str, path: str) -> str | None:
    version, _, rest = path.removeprefix(api).partition("/")
    if not path.startswith(api) or version not in ("1", "2", "3"):
        return None
    return rest


def answer_feed(dialect: Dialect, key: RequestKey) -> MarketFeed | None:
    """Return what the answer to a request tells about one symbol; None: nothing."""
    kind = _ANSWERS.get(endpoint(dialect, key.path) or "")
    if kind is None or key.method != "GET":
        return None
    params = dict(key.params)
    symbol = params.get("symbol", "")
    if "pair" in params and params.get("contractType") == "PERPETUAL":
        symbol = params["pair"]
    if not symbol or params.get("type") == "MINI":
        return None
    if kind is FeedKind.BOOK_SNAPSHOT:
        return _snapshot_feed(dialect, symbol, params.get("limit"))
    if kind is not FeedKind.CANDLE:
        return MarketFeed(kind, symbol)
    offset_ms = zone_ms(params.get("timeZone", "0"))
    interval = params.get("interval", "")
    if offset_ms is None or interval not in SPOT_INTERVALS:
        return None
    return MarketFeed(kind, symbol, interval, zone_ms=offset_ms)


def _snapshot_feed(dialect: Dialect, symbol: str, limit: str | None) -> MarketFeed | None:
    usual = _USDM_LEVELS if dialect.diffs_are_linked else _SPOT_LEVELS
    text = usual if limit is None else limit
    if not (text.isascii() and text.isdigit()):
        return None
    levels = min(int(text), dialect.depth_limit)
    return MarketFeed(FeedKind.BOOK_SNAPSHOT, symbol, levels=levels)
