"""Making a stream that was not recorded, chunk by chunk: events, each beside the message it is due.

What a chunk leads to is a function of the state before it and its messages. So it is the same
whenever one asks, and whoever listened before. Two kinds of streams: those that tell what every
message does, behind it; and those that tell what has become of the market every so often.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from replayx.cassette.frame_batch import FrameBatch
from replayx.market.agg_trades import TradeGrouping
from replayx.market.candle_updates import LATE_MS, candle_count, candle_updates
from replayx.market.derived import merged, tops
from replayx.market.events import (
    AggTrade,
    BookDelta,
    BookTop,
    Candle,
    FeedKind,
    MarketEvent,
    MarketFeed,
    Trade,
)
from replayx.market.interval import MINUTE_MS, Interval
from replayx.market.ladder import Ladder
from replayx.market.market_view import MarketView
from replayx.market.ticks import Before, TapeClock, Ticks
from replayx.timeline.earlier import Earlier

if TYPE_CHECKING:
    from replayx.market.history import MarketHistory, SymbolState


class Due(NamedTuple):
    """An event that is told beside message k of a chunk; times in it are the client's."""

    k: int
    is_before: bool
    event: MarketEvent


class Making(NamedTuple):
    """What a stream is made from: a chunk of a source, and the feeds that it follows from."""

    feed: MarketFeed
    parents: tuple[MarketFeed, ...]
    source: int
    batch: FrameBatch
    is_last: bool
    earlier: Earlier
    history: "MarketHistory"
    clock: TapeClock

    @property
    def symbol(self) -> str:
        """Whose stream it is."""
        return self.feed.symbol

    def told(self, batch: FrameBatch) -> list[tuple[int, MarketEvent]]:
        """Return what messages of a chunk of the source told that the stream follows from."""
        told: list[tuple[int, MarketEvent]] = []
        for feed in self.parents:
            told += self.history.decoded(self.source, batch, feed)
        if len(self.parents) > 1:
            told.sort(key=_place)
        return told

    def state(self) -> "SymbolState":
        """Return what is known of the symbol before the chunk."""
        return self.history.state_before(self.source, self.batch.ordinal, self.symbol)

    def view(self, at_ns: int) -> MarketView:
        """Return the market with everything that was received until `at_ns`."""
        now_ms = self.clock.ms(at_ns)
        return self.history.at(at_ns, shift_ms=self.clock.shift_ms, now_ms=now_ms)

    def view_before(self, k: int) -> MarketView:
        """Return the market in front of message k, which came later than the one before."""
        at_ns = self.batch.at[k]
        now_ms = self.clock.ms(at_ns)
        return self.history.at(at_ns - 1, shift_ms=self.clock.shift_ms, now_ms=now_ms)

    def lead(self, ticks: Ticks) -> tuple[Before, list[MarketEvent]]:
        """Return what was told before the chunk, since the last beat before it."""
        previous = self.earlier.before(self.batch)
        if previous is None:
            return Before(), []
        last_ns = previous.at[-1]
        from_ns = ticks.beat_ns(ticks.slot(last_ns))
        told = [
            (one.at[k], event)
            for one in self.earlier.since(self.batch, from_ns)
            for k, event in self.told(one)
            if one.at[k] >= from_ns
        ]
        return Before(last_ns, told[-1][0] if told else None), [event for _, event in told]


_Quotes = tuple[str, str, str, str]
Make = Callable[[Making], Iterator[Due]]


def make(making: Making) -> Iterator[Due]:
    """Yield what the stream tells in the chunk, in order. Raises CassetteError.

    Each is made when it is asked for; what is asked of the history meanwhile changes nothing.
    """
    return _MAKERS[making.feed.kind](making) if making.batch.count else iter(())


def _place(row: tuple[int, MarketEvent]) -> int:
    return row[0]


def _beside(due: Due) -> int:
    return due.k


# ---- what every message does


def _book_tops(making: Making) -> Iterator[Due]:
    deltas = [(k, event) for k, event in making.told(making.batch) if isinstance(event, BookDelta)]
    book = making.state().book
    quotes: _Quotes | None = None
    followed = 0
    while book is not None and book.is_known and followed < len(deltas):
        for k, top in tops(book, making.symbol, deltas[followed : followed + 1]):
            yield Due(k, False, _shifted(top, top.time_ms, making.clock.shift_ms))
        quotes = _quotes(book.top(making.symbol))
        followed += 1
    if quotes is None:
        before = making.history.before(making.source, making.batch.ordinal).top(making.symbol)
        quotes = None if before is None else _quotes(before)
    # An answer may make the book known at any moment: it has to be asked for every time.
    for k, _ in deltas[followed:]:
        told = making.view(making.batch.at[k]).top(making.symbol)
        if told is not None and _quotes(told) != quotes:
            quotes = _quotes(told)
            yield Due(k, False, told)


def _quotes(top: BookTop) -> _Quotes:
    return top.bid, top.bid_quantity, top.ask, top.ask_quantity


def _agg_trades(making: Making) -> Iterator[Due]:
    """Tell a group behind its last trade.

    One that was open when the chunk before ended is told in front of this chunk's first message,
    unless this chunk's trades belong to it.
    """
    trades = [(k, event) for k, event in making.told(making.batch) if isinstance(event, Trade)]
    place_of = {trade.id: k for k, trade in trades}
    grouping = TradeGrouping(making.state().open_group)
    groups = grouping.add(trade for _, trade in trades)
    if grouping.open is not None and (making.is_last or grouping.open.last_id not in place_of):
        groups.append(grouping.open)
    dues = []
    for group in groups:
        k = place_of.get(group.last_id)
        told = _shifted(group, group.time_ms, making.clock.shift_ms)
        if k is not None:
            dues.append(Due(k, False, told))
        elif _is_of_chunk_before(making, group):
            dues.append(Due(0, True, told))
    # Trades that came twice may close a group behind one that is told later.
    yield from sorted(dues, key=_beside)


def _is_of_chunk_before(making: Making, group: AggTrade) -> bool:
    """Say whether a group's last trade came in the chunk before: else it was told already."""
    previous = making.earlier.before(making.batch)
    return previous is not None and any(
        isinstance(event, Trade) and event.id == group.last_id for _, event in making.told(previous)
    )


def _slower_deltas(making: Making) -> Iterator[Due]:
    told = [(k, event) for k, event in making.told(making.batch) if isinstance(event, BookDelta)]
    shift_ms = making.clock.shift_ms
    if making.feed in making.parents:  # another name of the same stream
        yield from (Due(k, False, _shifted(one, one.time_ms, shift_ms)) for k, one in told)
        return
    ticks = Ticks(making.clock, making.feed.period_ms)
    before, lead = making.lead(ticks)
    pending = [event for event in lead if isinstance(event, BookDelta)]
    done = 0
    for k, count in ticks.changes(making.batch.at, [k for k, _ in told], before):
        pending += [delta for _, delta in told[done:count]]
        for delta in merged(pending):
            yield Due(k, True, _shifted(delta, delta.time_ms, shift_ms))
        pending, done = [], count
    if making.is_last:
        # Nothing shows any more that its time has come; what comes behind, in a loop, joins it.
        pending += [delta for _, delta in told[done:]]
        for delta in merged(pending):
            yield Due(making.batch.count - 1, False, _shifted(delta, delta.time_ms, shift_ms))


def _shifted(event: MarketEvent, time_ms: int, shift_ms: int) -> MarketEvent:
    """Return an event with its time moved to the client's; 0 is no time."""
    if not shift_ms or not time_ms:
        return event
    return msgspec.structs.replace(event, time_ms=time_ms + shift_ms)


# ---- what has become of the market


def _periodic(making: Making) -> Iterator[Due]:
    ticks = Ticks(making.clock, max(making.feed.period_ms, 1))
    before, _ = making.lead(ticks)
    places = [k for k, _ in making.told(making.batch)]
    for k, _ in ticks.changes(making.batch.at, places, before):
        event = _looked_up(making.view_before(k), making.feed)
        if event is not None:
            yield Due(k, True, event)


def _partial_books(making: Making) -> Iterator[Due]:
    book = making.state().book
    if book is None or not book.is_known:
        yield from _periodic(making)
        return
    ticks = Ticks(making.clock, max(making.feed.period_ms, 1))
    before, _ = making.lead(ticks)
    told = making.told(making.batch)
    ladder = Ladder(book)
    done = 0
    for k, count in ticks.changes(making.batch.at, [k for k, _ in told], before):
        for _, event in told[done:count]:
            if isinstance(event, BookDelta):
                ladder.apply(event)
        done = count
        found: MarketEvent | None
        if not ladder.is_known:
            found = making.view_before(k).book(making.symbol, making.feed.levels)
        else:
            snapshot = ladder.snapshot(making.symbol, making.feed.levels)
            found = _shifted(snapshot, snapshot.time_ms, making.clock.shift_ms)
        if found is not None:
            yield Due(k, True, found)


def _looked_up(view: MarketView, feed: MarketFeed) -> MarketEvent | None:
    match feed.kind:
        case FeedKind.PARTIAL_BOOK:
            return view.book(feed.symbol, feed.levels)
        case FeedKind.AVERAGE_PRICE:
            return view.average_price(feed.symbol)
        case FeedKind.TICKER if feed.interval:
            return view.window(feed.symbol, _window_start(feed.interval, view.now_ms))
        case _:
            return view.day(feed.symbol)


def _window_start(interval: str, now_ms: int) -> int:
    # web-socket-streams.md: a window begins on a whole minute, so it is up to 59,999 ms wider.
    start_ms = now_ms - Interval.parse(interval).length_ms
    return start_ms - start_ms % MINUTE_MS


def _candles(making: Making) -> Iterator[Due]:
    """Tell the open candle behind each beat, if something was traded, and every closed one once."""
    feed, clock, at = making.feed, making.clock, making.batch.at
    ticks = Ticks(clock, max(feed.period_ms, 1), LATE_MS)
    interval = Interval.parse(feed.interval)
    before, _ = making.lead(ticks)
    changed = dict(ticks.changes(at, [k for k, _ in making.told(making.batch)], before))
    for k in ticks.crossings(at, before.last_ns):
        last_ns = at[k - 1] if k else before.last_ns
        assert last_ns is not None, "what is first of all crosses no beat"
        before_ms, now_ms = (clock.ms(at_ns) - LATE_MS for at_ns in (last_ns, at[k]))
        if k not in changed and interval.next_start(before_ms, feed.zone_ms) > now_ms:
            continue
        count = candle_count(interval, before_ms, now_ms + LATE_MS, zone_ms=feed.zone_ms)
        rows = making.view_before(k).candles(
            feed.symbol, feed.interval, count, zone_ms=feed.zone_ms
        )
        for row in candle_updates(rows, before_ms, now_ms, is_changed=k in changed):
            yield Due(k, True, row)


def closed_behind(making: Making, now_ms: int) -> Iterator[Candle]:
    """Yield the candles that were open behind the last message of a chunk and are over now."""
    feed, clock, last_ns = making.feed, making.clock, making.batch.at[-1]
    interval, before_ms = Interval.parse(feed.interval), clock.ms(last_ns) - LATE_MS
    count = candle_count(interval, before_ms, now_ms, zone_ms=feed.zone_ms)
    view = making.history.at(last_ns, shift_ms=clock.shift_ms, now_ms=now_ms)
    rows = view.candles(feed.symbol, feed.interval, count, zone_ms=feed.zone_ms)
    yield from candle_updates([row for row in rows if row.end_ms < now_ms], before_ms, now_ms)


_MAKERS: Mapping[FeedKind, Make] = MappingProxyType(
    {
        FeedKind.BOOK_TOP: _book_tops,
        FeedKind.AGG_TRADE: _agg_trades,
        FeedKind.BOOK_DELTA: _slower_deltas,
        FeedKind.PARTIAL_BOOK: _partial_books,
        FeedKind.TICKER: _periodic,
        FeedKind.MINI_TICKER: _periodic,
        FeedKind.AVERAGE_PRICE: _periodic,
        FeedKind.CANDLE: _candles,
    }
)
