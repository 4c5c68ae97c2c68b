"""A wire as simple as can be, for tests: a word of the channel's name, and fields after it."""

from replayx.market.events import (
    UNLINKED,
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)

KINDS = {
    "trade": FeedKind.TRADE,
    "agg": FeedKind.AGG_TRADE,
    "delta": FeedKind.BOOK_DELTA,
    "partial": FeedKind.PARTIAL_BOOK,
    "top": FeedKind.BOOK_TOP,
    "candle": FeedKind.CANDLE,
    "ticker": FeedKind.TICKER,
    "average": FeedKind.AVERAGE_PRICE,
    "mark": FeedKind.MARK_PRICE,
}


def levels(text):
    return tuple(tuple(level.split(":")) for level in text.split(",") if level)


def level_text(levels):
    return ",".join(":".join(level) for level in levels)


class FakeCodec:
    """Reads `<symbol>@<word>`; payloads are fields between blanks. `calls` counts what it read."""

    def __init__(self):
        self.calls = 0

    def market_feed(self, channel):
        name, _, word = channel.partition("@")
        kind = KINDS.get(word.partition("#")[0])
        interval = "1m" if kind is FeedKind.CANDLE else ""
        return None if kind is None else MarketFeed(kind, name.upper(), interval)

    def decode(self, feed, payloads):
        self.calls += len(payloads)
        return [self._one(feed, bytes(payload).decode()) for payload in payloads]

    def _one(self, feed, text):
        if text == "garbage":
            return None
        f = text.split(" ")
        symbol = feed.symbol
        match feed.kind:
            case FeedKind.TRADE:
                return Trade(symbol, int(f[0]), f[1], f[2], int(f[3]), f[4] == "m")
            case FeedKind.AGG_TRADE:
                ids = map(int, f[:3])
                number, first, last = ids
                return AggTrade(symbol, number, f[3], f[4], first, last, int(f[5]), f[6] == "m")
            case FeedKind.BOOK_DELTA:
                linked = int(f[4]) if len(f) > 4 else UNLINKED
                return BookDelta(
                    symbol, int(f[0]), int(f[1]), levels(f[2]), levels(f[3]), int(f[1]), linked
                )
            case FeedKind.PARTIAL_BOOK:
                return BookSnapshot(symbol, int(f[0]), levels(f[1]), levels(f[2]))
            case FeedKind.BOOK_TOP:
                return BookTop(symbol, int(f[0]), *f[1:5])
            case FeedKind.CANDLE:
                start = int(f[0])
                return Candle(
                    symbol, start, start + 59_999, f[1], f[2], f[3], f[4], f[5], f[6], 1, "0", "0",
                    is_closed=f[7] == "x",
                )  # fmt: skip
            case FeedKind.TICKER:
                return Ticker(symbol, 0, int(f[0]), "1", "1", "1", f[1], "1", "1")
            case FeedKind.AVERAGE_PRICE:
                return AveragePrice(symbol, 5, f[0], int(f[1]))
            case FeedKind.MARK_PRICE:
                return MarkPrice(symbol, f[0], f[0], f[0], "0", int(f[1]), int(f[2]))


def trade(number, price="10.0", size="1.0", time_ms=None, side="t"):
    return f"{number} {price} {size} {number if time_ms is None else time_ms} {side}".encode()


def delta(first, last, bids=(), asks=(), *, previous=None):
    text = f"{first} {last} {level_text(bids)} {level_text(asks)}"
    return (text if previous is None else f"{text} {previous}").encode()


def top(last, bid, ask):
    return f"{last} {bid} 1 {ask} 1".encode()
