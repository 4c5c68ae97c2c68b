"""What a tape can answer: streams and endpoints of each symbol, recorded, derived or absent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from replayx.market.events import FeedKind, MarketFeed
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.following import follows_from
from replayx.venues.binance.market_feeds import endpoint, market_feed
from replayx.venues.venue import Coverage, RequestKey

_KLINE = "kline_"
_K = FeedKind
_TRADES = (_K.TRADE, _K.AGG_TRADE)
_TRADING = (*_TRADES, _K.CANDLE)
_BOOKS = (_K.BOOK_DELTA, _K.BOOK_SNAPSHOT, _K.PARTIAL_BOOK)
# From what an endpoint is derived: any of these, as a stream or as answers.
_ORIGINS: Mapping[str, tuple[FeedKind, ...]] = MappingProxyType(
    {
        "depth": _BOOKS,
        "trades": (_K.TRADE,),
        "historicalTrades": (_K.TRADE,),
        "aggTrades": _TRADES,
        "klines": _TRADING,
        "uiKlines": _TRADING,
        "continuousKlines": _TRADING,
        "avgPrice": (*_TRADING, _K.AVERAGE_PRICE),
        "ticker/price": (*_TRADING, _K.TICKER),
        "ticker/bookTicker": (_K.BOOK_TOP, *_BOOKS),
        "ticker/24hr": (*_TRADING, _K.TICKER),
        "ticker": _TRADING,
        "ticker/tradingDay": _TRADING,
        "premiumIndex": (_K.MARK_PRICE,),
    }
)
# What tells prices without sizes: no rules follow from it.
_PRICES = (_K.AVERAGE_PRICE, _K.MARK_PRICE)
_SPOT_ONLY = frozenset({"uiKlines", "avgPrice", "ticker", "ticker/tradingDay"})
_USDM_ONLY = frozenset({"continuousKlines", "premiumIndex"})
_EXCHANGE_INFO = "exchangeInfo"


def coverage(
    dialect: Dialect, feeds: Collection[MarketFeed], keys: Collection[RequestKey]
) -> tuple[Coverage, ...]:
    """Return a row for each stream and endpoint of each symbol, and one for exchangeInfo."""
    asked = list(_asked(dialect, keys))
    symbols = {feed.symbol for feed in feeds} | {symbol for _, symbol in asked}
    rows = [
        row
        for symbol in sorted(symbols - {""})
        for row in (
            *_streams(dialect, symbol, [feed for feed in feeds if feed.symbol == symbol]),
            *_endpoints(dialect, symbol, feeds, asked),
        )
    ]
    is_recorded = any(name == _EXCHANGE_INFO for name, _ in asked)
    has_sizes = any(feed.kind not in _PRICES for feed in feeds)
    rows.append(Coverage(_EXCHANGE_INFO, "", is_recorded, has_sizes))
    return tuple(rows)


def follows(name: str, symbol: str, feeds: Iterable[MarketFeed]) -> bool:
    """Say whether feeds tell what an endpoint's answers about a symbol are derived from."""
    origins = _ORIGINS.get(name, ())
    return any(feed.kind in origins for feed in feeds if feed.symbol == symbol)


def _asked(dialect: Dialect, keys: Iterable[RequestKey]) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, symbol) of the recorded requests for market data."""
    for key in keys:
        name = endpoint(dialect, key.path)
        if key.method == "GET" and name is not None:
            params = dict(key.params)
            yield name, params.get("symbol") or params.get("pair", "")


def _streams(dialect: Dialect, symbol: str, feeds: Collection[MarketFeed]) -> Iterator[Coverage]:
    """Yield the streams; of candles those that were recorded, and the others in one row."""
    more_candles = False
    for word in sorted(dialect.streams.words):
        channel = f"{symbol.lower()}@{word}"
        feed = market_feed(dialect, channel)
        if feed is None:
            continue
        beside = [one for one in feeds if one != feed]
        derived = follows_from(dialect, channel, beside) is not None
        if feed.kind is FeedKind.CANDLE and feed not in feeds:
            more_candles = more_candles or derived
            continue
        yield Coverage(f"@{word}", symbol, feed in feeds, derived)
    yield Coverage(f"@{_KLINE}*", symbol, recorded=False, derived=more_candles)


def _endpoints(
    dialect: Dialect,
    symbol: str,
    feeds: Collection[MarketFeed],
    asked: Collection[tuple[str, str]],
) -> Iterator[Coverage]:
    absent = _SPOT_ONLY if dialect.diffs_are_linked else _USDM_ONLY
    for name in _ORIGINS:
        if name not in absent:
            derived = follows(name, symbol, feeds)
            yield Coverage(name, symbol, (name, symbol) in asked, derived)
