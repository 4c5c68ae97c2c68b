"""Market events, free of any venue's wire: what a message or an answer says happened.

Prices and sizes are the venue's own decimal text, padding included, so that what is derived from
them reads as the venue writes it. Times are the venue's, in Unix milliseconds.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple, TypeVar

import msgspec

Level = tuple[str, str]  # price, size
UNLINKED = -1


class FeedKind(Enum):
    """What the messages of a channel, or the answers to a request, tell about the market."""

    TRADE = "trade"
    AGG_TRADE = "aggregated trade"
    BOOK_DELTA = "book delta"
    BOOK_SNAPSHOT = "book snapshot"  # answers: the book, as deep as it was asked for
    PARTIAL_BOOK = "partial book"  # streams: the best levels
    BOOK_TOP = "best quotes"
    CANDLE = "candle"
    TICKER = "ticker"
    MINI_TICKER = "mini ticker"
    AVERAGE_PRICE = "average price"
    MARK_PRICE = "mark price"


class MarketFeed(NamedTuple):
    """What a channel carries, or an answer holds, about one symbol.

    interval: of candles, in the venue's word (`1m`); of tickers, the window (`1h`; empty: a day).
    period_ms: how often it is told; 0 as it happens. levels: of a partial book; 0 all.
    zone_ms: the offset of the time zone in which candles begin.
    """

    kind: FeedKind
    symbol: str
    interval: str = ""
    period_ms: int = 0
    levels: int = 0
    zone_ms: int = 0


class MarketEvent(msgspec.Struct, frozen=True, gc=False):
    """Something that happened to a symbol."""

    symbol: str


class Trade(MarketEvent, frozen=True):
    """One trade. `quote_quantity` is empty where the venue does not tell it."""

    id: int
    price: str
    quantity: str
    time_ms: int
    buyer_is_maker: bool
    quote_quantity: str = ""


class AggTrade(MarketEvent, frozen=True):
    """Trades of one order, at one price and time: ids `first_id` to `last_id`."""

    id: int
    price: str
    quantity: str
    first_id: int
    last_id: int
    time_ms: int
    buyer_is_maker: bool


class BookDelta(MarketEvent, frozen=True):
    """New sizes of price levels; "0" (however padded) removes one.

    `previous_id` is the last id of the delta before, on venues that link them; else UNLINKED.
    """

    first_id: int
    last_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int
    previous_id: int = UNLINKED


class BookSnapshot(MarketEvent, frozen=True):
    """Levels of the book, best first, as of `last_id`. `time_ms` 0: not told."""

    last_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int = 0


class BookTop(MarketEvent, frozen=True):
    """The best bid and ask as of `last_id`; empty texts where a side is empty."""

    last_id: int
    bid: str
    bid_quantity: str
    ask: str
    ask_quantity: str
    time_ms: int = 0


class Candle(MarketEvent, frozen=True):
    """Trading from `start_ms` to `end_ms`, both inclusive. Ids are -1 where nothing was traded."""

    start_ms: int
    end_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trade_count: int
    taker_volume: str  # bought by takers
    taker_quote_volume: str
    first_id: int = -1
    last_id: int = -1
    is_closed: bool = True


class Ticker(MarketEvent, frozen=True):
    """Statistics of a window from `start_ms` to `end_ms`. Texts are empty where not told."""

    start_ms: int
    end_ms: int
    open: str
    high: str
    low: str
    last: str
    volume: str
    quote_volume: str
    first_id: int = -1
    last_id: int = -1
    trade_count: int = 0
    last_quantity: str = ""
    previous_close: str = ""
    top: BookTop | None = None


class AveragePrice(MarketEvent, frozen=True):
    """The average price of the last `minutes`; `time_ms` is when the last trade in it was."""

    minutes: int
    price: str
    time_ms: int


class MarkPrice(MarketEvent, frozen=True):
    """A perpetual future's mark price and funding."""

    price: str
    index_price: str
    settle_price: str
    funding_rate: str
    next_funding_ms: int
    time_ms: int


_Event = TypeVar("_Event", bound=MarketEvent)


def of_type(events: Iterable[MarketEvent], kind: type[_Event]) -> list[_Event]:
    """Return the events of one type: a feed is expected to tell one, but a codec may differ."""
    return [event for event in events if isinstance(event, kind)]
