"""Decoding streams: Binance's payloads as market events, a batch at a time.

A batch is joined into one JSON array, which a single call decodes: one by one costs three times as
much. Only a batch with something else in it is taken apart.

Origin: web-socket-streams.md, derivatives docs. Lost on the way, because no neutral event has it:
event times (`E`) where there is a transaction time, `M`, `st`, `ps`, `nq`, `ap` and `B` of candles.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Generic, TypeVar

import msgspec

from replayx.market.events import (
    UNLINKED,
    AggTrade,
    AveragePrice,
    BookDelta,
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
from replayx.venues.binance.dialect import Dialect

Events = list[MarketEvent | None]
Wire = TypeVar("Wire")

# 16 digits are microseconds (timeUnit=MICROSECOND), 13 milliseconds.
MICROSECONDS_MIN = 10**15
DAY_MS = 86_400_000


class Form(Generic[Wire]):
    """A form of payloads: how one is laid out, and how many become events."""

    def __init__(self, wire: type[Wire], build: Callable[[MarketFeed, list[Wire]], Events]) -> None:
        self._decode: Callable[[bytes], list[Wire]] = msgspec.json.Decoder(
            # A list of a type that is known only now is no type that mypy can name.
            list[wire]  # type: ignore[valid-type]
        ).decode
        self._build = build

    def events(self, feed: MarketFeed, payloads: Sequence[bytes | memoryview]) -> Events:
        """Return the event of each payload, None for one of another form."""
        try:
            wires = self._decode(b"[" + b",".join(payloads) + b"]")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            wires = []
        if len(wires) == len(payloads):
            return self._build(feed, wires)
        if len(payloads) == 1:
            return [None]
        return [self.events(feed, (payload,))[0] for payload in payloads]


class _Trade(msgspec.Struct, gc=False):
    s: str
    t: int
    p: str
    q: str
    T: int
    m: bool
    # USDⓈ-M: fills of the insurance fund and of deleveraging are told too, but count nowhere else
    # (derivatives docs: "Only market trades will be returned").
    X: str = "MARKET"


def _trades(feed: MarketFeed, wires: list[_Trade]) -> Events:
    del feed
    return [
        Trade(w.s, w.t, w.p, w.q, to_ms(w.T) if w.T >= MICROSECONDS_MIN else w.T, w.m)
        if w.X == "MARKET"
        else None
        for w in wires
    ]


class _AggTrade(msgspec.Struct, gc=False):
    s: str
    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741  # the venue's letter
    T: int
    m: bool


def _agg_trades(feed: MarketFeed, wires: list[_AggTrade]) -> Events:
    del feed
    return [AggTrade(w.s, w.a, w.p, w.q, w.f, w.l, to_ms(w.T), w.m) for w in wires]


class _Delta(msgspec.Struct, gc=False):
    s: str
    U: int
    u: int
    b: tuple[Level, ...]
    a: tuple[Level, ...]
    E: int
    T: int = 0
    pu: int = UNLINKED


def _deltas(feed: MarketFeed, wires: list[_Delta]) -> Events:
    del feed
    return [BookDelta(w.s, w.U, w.u, w.b, w.a, to_ms(w.T or w.E), w.pu) for w in wires]


def _linked_levels(feed: MarketFeed, wires: list[_Delta]) -> Events:
    """USDⓈ-M sends partial books in the envelope of differences."""
    del feed
    return [BookSnapshot(w.s, w.u, w.b, w.a, to_ms(w.T or w.E)) for w in wires]


class _Levels(msgspec.Struct, gc=False):
    last_id: int = msgspec.field(name="lastUpdateId")
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


def _levels(feed: MarketFeed, wires: list[_Levels]) -> Events:
    return [BookSnapshot(feed.symbol, w.last_id, w.bids, w.asks) for w in wires]


class _Top(msgspec.Struct, gc=False):
    u: int
    s: str
    b: str
    B: str
    a: str
    A: str
    T: int = 0


def _tops(feed: MarketFeed, wires: list[_Top]) -> Events:
    del feed
    return [top(w.s, w.u, (w.b, w.B), (w.a, w.A), time_ms=w.T) for w in wires]


class _Bar(msgspec.Struct, gc=False):
    t: int
    T: int
    f: int
    L: int
    o: str
    c: str
    h: str
    l: str  # noqa: E741  # the venue's letter
    v: str
    n: int
    x: bool
    q: str
    V: str
    Q: str


class _Kline(msgspec.Struct, gc=False):
    k: _Bar


def _candles(feed: MarketFeed, wires: list[_Kline]) -> Events:
    return [_candle(feed.symbol, w.k) for w in wires]


def _candle(symbol: str, k: _Bar) -> Candle:
    return Candle(
        symbol,
        to_ms(k.t),
        # The last microsecond of a candle is 999 999: it becomes the last millisecond.
        to_ms(k.T),
        k.o,
        k.h,
        k.l,
        k.c,
        k.v,
        k.q,
        k.n,
        k.V,
        k.Q,
        k.f,
        k.L,
        k.x,
    )


class _MiniTicker(msgspec.Struct, gc=False):
    E: int
    s: str
    c: str
    o: str
    h: str
    l: str  # noqa: E741  # the venue's letter
    v: str
    q: str


def _mini_tickers(feed: MarketFeed, wires: list[_MiniTicker]) -> Events:
    del feed
    return [
        Ticker(w.s, to_ms(w.E) - DAY_MS, to_ms(w.E), w.o, w.h, w.l, w.c, w.v, w.q) for w in wires
    ]


class _Ticker(_MiniTicker, gc=False):
    O: int  # noqa: E741  # the venue's letter
    C: int
    F: int
    L: int
    n: int
    x: str = ""
    Q: str = ""
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""


def _tickers(feed: MarketFeed, wires: list[_Ticker]) -> Events:
    del feed
    return [_ticker(w) for w in wires]


def _ticker(w: _Ticker) -> Ticker:
    return Ticker(
        w.s,
        to_ms(w.O),
        to_ms(w.C),
        w.o,
        w.h,
        w.l,
        w.c,
        w.v,
        w.q,
        w.F,
        w.L,
        w.n,
        w.Q,
        w.x,
        top(w.s, UNLINKED, (w.b, w.B), (w.a, w.A)) if w.b else None,
    )


class _AveragePrice(msgspec.Struct, gc=False):
    s: str
    i: str
    w: str
    T: int


def _average_prices(feed: MarketFeed, wires: list[_AveragePrice]) -> Events:
    del feed
    return [
        AveragePrice(w.s, int(w.i[:-1]), w.w, to_ms(w.T))
        if w.i.endswith("m") and w.i[:-1].isdecimal()
        else None
        for w in wires
    ]


class _MarkPrice(msgspec.Struct, gc=False):
    s: str
    p: str
    r: str
    T: int
    E: int
    i: str = ""
    P: str = ""


def _mark_prices(feed: MarketFeed, wires: list[_MarkPrice]) -> Events:
    del feed
    return [MarkPrice(w.s, w.p, w.i, w.P, w.r, to_ms(w.T), to_ms(w.E)) for w in wires]


def to_ms(time: int) -> int:
    """Return a time of the wire in milliseconds."""
    return time if time < MICROSECONDS_MIN else time // 1000


def top(symbol: str, last_id: int, bid: Level, ask: Level, *, time_ms: int = 0) -> BookTop:
    """Return best quotes. The venue writes zeros for a side that is empty."""
    bid = bid if bid[1].strip("0.") else ("", "")
    ask = ask if ask[1].strip("0.") else ("", "")
    return BookTop(symbol, last_id, *bid, *ask, to_ms(time_ms))


_DELTAS = Form(_Delta, _deltas)
_LEVELS = Form(_Levels, _levels)
_LINKED_LEVELS = Form(_Delta, _linked_levels)
_FORMS = MappingProxyType(
    {
        FeedKind.TRADE: Form(_Trade, _trades).events,
        FeedKind.AGG_TRADE: Form(_AggTrade, _agg_trades).events,
        FeedKind.BOOK_DELTA: _DELTAS.events,
        FeedKind.BOOK_TOP: Form(_Top, _tops).events,
        FeedKind.CANDLE: Form(_Kline, _candles).events,
        FeedKind.TICKER: Form(_Ticker, _tickers).events,
        FeedKind.MINI_TICKER: Form(_MiniTicker, _mini_tickers).events,
        FeedKind.AVERAGE_PRICE: Form(_AveragePrice, _average_prices).events,
        FeedKind.MARK_PRICE: Form(_MarkPrice, _mark_prices).events,
    }
)


def decode(dialect: Dialect, feed: MarketFeed, payloads: Sequence[bytes | memoryview]) -> Events:
    """Return the event of each payload of a stream, None for one of another form."""
    if feed.kind is FeedKind.PARTIAL_BOOK:
        form = _LINKED_LEVELS if dialect.diffs_are_linked else _LEVELS
        return form.events(feed, payloads)
    events = _FORMS.get(feed.kind)
    return events(feed, payloads) if events else [None] * len(payloads)
