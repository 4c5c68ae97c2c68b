"""Decoding answers: what Binance's REST bodies (and WS-API results) tell about the market.

Origin: rest-api.md; derivatives docs, "Market Data Endpoints". An error's body tells nothing.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TypeVar

import msgspec

from replayx.market.events import (
    UNLINKED,
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    Level,
    MarketEvent,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance.wire_events import to_ms, top

_Body = TypeVar("_Body")


class _Depth(msgspec.Struct, rename="camel"):
    last_update_id: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time: int = msgspec.field(name="T", default=0)


def _depth(feed: MarketFeed, body: _Depth) -> Sequence[MarketEvent]:
    return (BookSnapshot(feed.symbol, body.last_update_id, body.bids, body.asks, to_ms(body.time)),)


class _Trade(msgspec.Struct, rename="camel", gc=False):
    id: int
    price: str
    qty: str
    time: int
    is_buyer_maker: bool
    quote_qty: str = ""


def _trades(feed: MarketFeed, body: list[_Trade]) -> Sequence[MarketEvent]:
    return [
        Trade(feed.symbol, w.id, w.price, w.qty, to_ms(w.time), w.is_buyer_maker, w.quote_qty)
        for w in body
    ]


class _AggTrade(msgspec.Struct, gc=False):
    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741  # the venue's letter
    T: int
    m: bool


def _agg_trades(feed: MarketFeed, body: list[_AggTrade]) -> Sequence[MarketEvent]:
    return [AggTrade(feed.symbol, w.a, w.p, w.q, w.f, w.l, to_ms(w.T), w.m) for w in body]


_Row = tuple[int, str, str, str, str, str, int, str, int, str, str, str]


def _candles(feed: MarketFeed, body: list[_Row]) -> Sequence[MarketEvent]:
    """Rows do not say whether a candle is closed: whoever knows when they were told does."""
    return [
        Candle(feed.symbol, to_ms(row[0]), to_ms(row[6]), *row[1:6], *row[7:11]) for row in body
    ]


class _Top(msgspec.Struct, rename="camel"):
    bid_price: str
    bid_qty: str
    ask_price: str
    ask_qty: str
    time: int = 0
    last_update_id: int = UNLINKED


def _top(feed: MarketFeed, body: _Top) -> Sequence[MarketEvent]:
    bid, ask = (body.bid_price, body.bid_qty), (body.ask_price, body.ask_qty)
    return (top(feed.symbol, body.last_update_id, bid, ask, time_ms=body.time),)


class _Ticker(msgspec.Struct, rename="camel"):
    open_price: str
    high_price: str
    low_price: str
    last_price: str
    volume: str
    quote_volume: str
    open_time: int
    close_time: int
    first_id: int
    last_id: int
    count: int
    last_qty: str = ""
    prev_close_price: str = ""
    bid_price: str = ""
    bid_qty: str = ""
    ask_price: str = ""
    ask_qty: str = ""


def _ticker(feed: MarketFeed, w: _Ticker) -> Sequence[MarketEvent]:
    quotes: BookTop | None = None
    if w.bid_price:
        bid, ask = (w.bid_price, w.bid_qty), (w.ask_price, w.ask_qty)
        quotes = top(feed.symbol, UNLINKED, bid, ask)
    return (
        Ticker(
            feed.symbol,
            to_ms(w.open_time),
            to_ms(w.close_time),
            w.open_price,
            w.high_price,
            w.low_price,
            w.last_price,
            w.volume,
            w.quote_volume,
            w.first_id,
            w.last_id,
            w.count,
            w.last_qty,
            w.prev_close_price,
            quotes,
        ),
    )


class _AveragePrice(msgspec.Struct, rename="camel"):
    mins: int
    price: str
    close_time: int = 0


def _average_price(feed: MarketFeed, body: _AveragePrice) -> Sequence[MarketEvent]:
    return (AveragePrice(feed.symbol, body.mins, body.price, to_ms(body.close_time)),)


class _MarkPrice(msgspec.Struct, rename="camel"):
    mark_price: str
    index_price: str
    estimated_settle_price: str
    last_funding_rate: str
    next_funding_time: int
    time: int


def _mark_price(feed: MarketFeed, w: _MarkPrice) -> Sequence[MarketEvent]:
    return (
        MarkPrice(
            feed.symbol,
            w.mark_price,
            w.index_price,
            w.estimated_settle_price,
            w.last_funding_rate,
            to_ms(w.next_funding_time),
            to_ms(w.time),
        ),
    )


_Reader = Callable[[MarketFeed, bytes], Sequence[MarketEvent]]


def _reader(
    form: type[_Body], build: Callable[[MarketFeed, _Body], Sequence[MarketEvent]]
) -> _Reader:
    decode = msgspec.json.Decoder(form).decode
    return lambda feed, body: build(feed, decode(body))


_READERS = MappingProxyType(
    {
        FeedKind.BOOK_SNAPSHOT: _reader(_Depth, _depth),
        FeedKind.TRADE: _reader(list[_Trade], _trades),
        FeedKind.AGG_TRADE: _reader(list[_AggTrade], _agg_trades),
        FeedKind.CANDLE: _reader(list[_Row], _candles),
        FeedKind.BOOK_TOP: _reader(_Top, _top),
        FeedKind.TICKER: _reader(_Ticker, _ticker),
        FeedKind.AVERAGE_PRICE: _reader(_AveragePrice, _average_price),
        FeedKind.MARK_PRICE: _reader(_MarkPrice, _mark_price),
    }
)


def decode_answer(feed: MarketFeed, body: bytes) -> Sequence[MarketEvent]:
    """Return the events that an answer tells; none if it is an error, or of another form."""
    read = _READERS.get(feed.kind)
    if read is None:
        return ()
    try:
        return read(feed, body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
