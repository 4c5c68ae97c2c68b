"""Stream names: what Binance calls them, and what kind of stream a name means.

btcusdt@depth5@100ms          <symbol>@<word>
btcusdt_perpetual@continuousKline_1m
!miniTicker@arr               all of the market
<listenKey>                   private events, named by the key itself
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType

from replayx.venues.binance.dialect import Dialect, StreamNames

# Binance's documentation, "Kline/Candlestick chart intervals"; spot alone has 1s.
INTERVALS = (
    *("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
SPOT_INTERVALS = ("1s", *INTERVALS)

# Streams a connection may hold (web-socket-streams.md, 2026-07).
STREAMS_MAX = 1024

# A listenKey has 64 letters and digits; a label such as the 0 of ccxt's `/ws/0` is short.
_LISTEN_KEY_LENGTH_MIN = 20

_KIND = re.compile(r"(?:!|[^@]*@)([A-Za-z]+)")
_LEVELS = ("5", "10", "20")
_WINDOWS = ("1h", "4h", "1d")


def _each(pattern: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(pattern.format(value) for value in values)


_SPOT_PARTIAL = tuple(f"depth{n}{speed}" for n in _LEVELS for speed in ("", "@100ms", "@1000ms"))
_SPOT_DIFF = ("depth", "depth@100ms", "depth@1000ms")
# @0ms is not documented but served (observed 2022-08 and 2024-08).
_USDM_SPEEDS = ("", "@0ms", "@100ms", "@250ms", "@500ms")
_USDM_DEPTH = tuple(f"depth{n}{speed}" for n in ("", *_LEVELS) for speed in _USDM_SPEEDS)

SPOT_STREAMS = StreamNames(
    words=frozenset(
        (
            *("trade", "aggTrade", "blockTrade", "miniTicker", "ticker", "bookTicker"),
            *("avgPrice", "referencePrice", *_SPOT_DIFF, *_SPOT_PARTIAL),
            *_each("ticker_{}", _WINDOWS),
            *_each("kline_{}", SPOT_INTERVALS),
            *_each("kline_{}@+08:00", SPOT_INTERVALS),
        )
    ),
    whole=frozenset(("!miniTicker@arr", *_each("!ticker_{}@arr", _WINDOWS))),
    by_event=MappingProxyType(
        {
            "trade": ("trade",),
            "aggTrade": ("aggTrade",),
            "blockTrade": ("blockTrade",),
            "depthUpdate": _SPOT_DIFF,
            "24hrMiniTicker": ("miniTicker",),
            "24hrTicker": ("ticker",),
            "1hTicker": ("ticker_1h",),
            "4hTicker": ("ticker_4h",),
            "1dTicker": ("ticker_1d",),
            "avgPrice": ("avgPrice",),
            "referencePrice": ("referencePrice",),
            # Not on the wire: what attribution calls payloads without an `e`.
            "bookTicker": ("bookTicker",),
            "partialDepth": _SPOT_PARTIAL,
        }
    ),
    whole_by_event=MappingProxyType(
        # !bookTicker was removed 2022-12 but older captures hold it.
        {"serverShutdown": ("!serverShutdown",), "bookTicker": ("!bookTicker",)}
    ),
    arrays_by_event=MappingProxyType(
        {
            "24hrMiniTicker": ("!miniTicker@arr",),
            "24hrTicker": ("!ticker@arr",),
            "1hTicker": ("!ticker_1h@arr",),
            "4hTicker": ("!ticker_4h@arr",),
            "1dTicker": ("!ticker_1d@arr",),
        }
    ),
)

_SESSIONS = ("Equity", "Commodity", "KR_Equity", "HK_Equity", "CN_Equity")

USDM_STREAMS = StreamNames(
    words=frozenset(
        (
            *("trade", "aggTrade", "bookTicker", *_USDM_DEPTH, "rpiDepth@500ms"),
            *("markPrice", "markPrice@1s", "miniTicker", "ticker", "forceOrder"),
            *("compositeIndex", "assetIndex"),
            *_each("kline_{}", INTERVALS),
            *_each("continuousKline_{}", INTERVALS),
        )
    ),
    whole=frozenset(
        (
            *("!bookTicker", "!markPrice@arr", "!markPrice@arr@1s", "!miniTicker@arr"),
            *("!ticker@arr", "!forceOrder@arr", "!contractInfo", "!assetIndex@arr"),
            "tradingSession",
        )
    ),
    by_event=MappingProxyType(
        {
            "trade": ("trade",),
            "aggTrade": ("aggTrade",),
            "bookTicker": ("bookTicker",),
            "depthUpdate": (*_USDM_DEPTH, "rpiDepth@500ms"),
            "markPriceUpdate": ("markPrice", "markPrice@1s"),
            "24hrMiniTicker": ("miniTicker",),
            "24hrTicker": ("ticker",),
            "forceOrder": ("forceOrder",),
            "compositeIndex": ("compositeIndex",),
            "assetIndexUpdate": ("assetIndex",),
        }
    ),
    whole_by_event=MappingProxyType(
        {
            "bookTicker": ("!bookTicker",),
            "forceOrder": ("!forceOrder@arr",),
            "contractInfo": ("!contractInfo",),
            "serverShutdown": ("!serverShutdown",),
            **{f"{session}Update": ("tradingSession",) for session in _SESSIONS},
        }
    ),
    arrays_by_event=MappingProxyType(
        {
            "24hrMiniTicker": ("!miniTicker@arr",),
            "24hrTicker": ("!ticker@arr",),
            "markPriceUpdate": ("!markPrice@arr", "!markPrice@arr@1s"),
            "assetIndexUpdate": ("!assetIndex@arr",),
            "forceOrder": ("!forceOrder@arr",),
        }
    ),
)

# derivatives docs, "WebSocket change notice" of 2026-03-06; `trade` as ccxt routes it.
USDM_ROUTES = MappingProxyType(
    {
        "public": frozenset({"depth", "rpiDepth", "bookTicker", "trade"}),
        "market": frozenset(
            {
                *("aggTrade", "markPrice", "kline", "continuousKline", "miniTicker", "ticker"),
                *("forceOrder", "compositeIndex", "contractInfo", "assetIndex"),
                "tradingSession",
            }
        ),
        "private": frozenset({"user"}),
    }
)


@lru_cache(maxsize=4096)
def kind_of(name: str) -> str:
    """Return what sort of stream a name means: `depth`, `kline`, `user` for a listen key."""
    if name == "tradingSession":
        return name
    match = _KIND.match(name)
    return match[1] if match else "user"


def is_user_channel(name: str) -> bool:
    """Say whether a channel carries private events: a listen key is the only name without marks."""
    return kind_of(name) == "user"


def is_stream_name(name: str) -> bool:
    """Say whether a name in a path may be a stream, and not a client's label (ccxt's `/ws/0`)."""
    if not is_user_channel(name):
        return True
    return len(name) >= _LISTEN_KEY_LENGTH_MIN and name.isascii() and name.isalnum()


def delivered_on(dialect: Dialect, route: str, name: str) -> bool:
    """Say whether a stream lives on a route. A path without a route (older clients) has all."""
    kinds = dialect.routes.get(route)
    return kinds is None or kind_of(name) in kinds
