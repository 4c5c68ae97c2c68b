"""Which streams can be made from others: what a stream that was not recorded follows from."""

from collections.abc import Collection, Iterable

from replayx.market.events import FeedKind, MarketFeed
from replayx.market.interval import Interval
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.market_feeds import market_feed

Feeds = tuple[MarketFeed, ...]

_OF_TRADES = (FeedKind.MINI_TICKER, FeedKind.AVERAGE_PRICE)


def follows_from(dialect: Dialect, channel: str, feeds: Collection[MarketFeed]) -> Feeds | None:
    """Return the feeds among `feeds` from which a stream can be made; None: it can't.

    A feed that equals the stream's own is of another name for it (`depth` and `depth@1000ms`).
    """
    wanted = market_feed(dialect, channel)
    if wanted is None:
        return None
    own = [feed for feed in feeds if feed.symbol == wanted.symbol]
    match wanted.kind:
        case FeedKind.AGG_TRADE:
            return _first(own, FeedKind.TRADE)
        case FeedKind.CANDLE:
            trades = _first(own, FeedKind.TRADE) or _first(own, FeedKind.AGG_TRADE)
            return trades or _shorter_candles(wanted, own)
        case FeedKind.BOOK_TOP | FeedKind.PARTIAL_BOOK:
            return _fastest(own, FeedKind.BOOK_DELTA)
        case FeedKind.BOOK_DELTA:
            faster = (feed for feed in own if feed.period_ms <= wanted.period_ms)
            return _fastest(faster, FeedKind.BOOK_DELTA)
        case FeedKind.TICKER:
            return _ticker(dialect, wanted, own)
        case kind if kind in _OF_TRADES:
            return _first(own, FeedKind.TRADE)
    return None


def _first(feeds: Iterable[MarketFeed], kind: FeedKind) -> Feeds | None:
    return next(((feed,) for feed in feeds if feed.kind is kind), None)


def _fastest(feeds: Iterable[MarketFeed], kind: FeedKind) -> Feeds | None:
    fitting = sorted(feed for feed in feeds if feed.kind is kind)
    return (min(fitting, key=lambda feed: feed.period_ms),) if fitting else None


def _ticker(dialect: Dialect, wanted: MarketFeed, feeds: list[MarketFeed]) -> Feeds | None:
    trades = _first(feeds, FeedKind.TRADE)
    # Spot's 24 h ticker alone tells the best quotes too.
    if trades is None or wanted.interval or dialect.diffs_are_linked:
        return trades
    quotes = _first(feeds, FeedKind.BOOK_TOP) or _fastest(feeds, FeedKind.BOOK_DELTA)
    return trades + (quotes or ())


def _shorter_candles(wanted: MarketFeed, feeds: Iterable[MarketFeed]) -> Feeds | None:
    """Return the candles, as long as possible, that tile the wanted ones."""
    tiling = [feed for feed in feeds if feed.kind is FeedKind.CANDLE and _tiles(feed, wanted)]
    if not tiling:
        return None
    return (max(tiling, key=lambda feed: Interval.parse(feed.interval).shortest_ms),)


def _tiles(short: MarketFeed, long: MarketFeed) -> bool:
    one, other = Interval.parse(short.interval), Interval.parse(long.interval)
    if one.months or (other.months and one.name.endswith("w")):
        return one == other and short.zone_ms == long.zone_ms
    if one == other:
        return short.zone_ms == long.zone_ms
    if one.name.endswith("w") or (one.name == "3d"):
        return False  # three days tile neither weeks nor months; nothing but months is longer
    length_ms = other.length_ms or one.length_ms
    divides = length_ms % one.length_ms == 0 and one.shortest_ms < other.shortest_ms
    return divides and (short.zone_ms - long.zone_ms) % one.length_ms == 0
