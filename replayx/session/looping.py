"""Looping a run: what a tape's channels count, and what joins its end to its beginning.

Before each lap every stream of book differences says one difference that makes the book at the end
into the book at the beginning, under ids that join both: whoever follows the book stays in step.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from replayx.cassette.records import Channel
from replayx.clock import NS_PER_MS
from replayx.market.events import (
    UNLINKED,
    BookDelta,
    BookSnapshot,
    FeedKind,
    Level,
    MarketFeed,
    Trade,
)
from replayx.market.history import MarketHistory
from replayx.timeline.loop import CounterName, Loop, Subject, measure
from replayx.timeline.loop_source import LoopSource
from replayx.timeline.places import AGG_TRADE_ID, BOOK_ID, Located
from replayx.timeline.source import Source
from replayx.venues.venue import Venue

# All levels of a book.
_DEEP = 1 << 30
# Who tells the first and last trade of a tape: the trades themselves; a candle began before it.
_RANKS = MappingProxyType({FeedKind.TRADE: 0, FeedKind.AGG_TRADE: 1})


class _Join(NamedTuple):
    """What a channel says between the first two laps, and whose ids it continues.

    earliest, latest: between which times, (of the event, of the change), as the tape's first and
    last difference tell them, the one moved by a lap.
    """

    channel: Channel
    delta: BookDelta
    counter: CounterName
    earliest: tuple[int, int]
    latest: tuple[int, int]


class Looping:
    """How a tape goes on, for the run and for who asks. Histories are built already."""

    def __init__(
        self,
        sources: Sequence[Source],
        venues: Mapping[str, Venue],
        histories: Mapping[str, MarketHistory],
        *,
        laps: int | None,
        clock_offset_ns: int,
    ) -> None:
        """Pass over the tape once. Raises CassetteError."""
        self._venues = venues
        self._clock_offset_ns = clock_offset_ns
        loop = measure(sources, self.subject_of, self.numbers, laps=laps)
        spans = {**loop.spans, **self._groups(loop, sources, histories)}
        self.loop: Loop = loop._replace(spans=spans)
        self._joins: list[list[_Join]] = []
        told: dict[tuple[str, str], None] = {}
        for source in sources:
            joins = []
            for channel in source.channels.values():
                key = (channel.market, channel.name)
                if key not in told and channel.market in histories:
                    told[key] = None
                    joins += self._join(channel, histories[channel.market])
            self._joins.append(joins)
        self._sources = sources

    def sources(self) -> list[LoopSource]:
        """Return what a run plays, lap after lap. Each run has its own: it may be rebased."""
        return [
            LoopSource(source, self.loop, self.numbers, self.subject_of, partial(self._seam, place))
            for place, source in enumerate(self._sources)
        ]

    def subject_of(self, channel: Channel) -> Subject | None:
        """Return what a channel is about; None if that is no one symbol."""
        feed = self._feed(channel)
        return None if feed is None else Subject(feed.symbol, _RANKS.get(feed.kind, len(_RANKS)))

    def _feed(self, channel: Channel) -> MarketFeed | None:
        venue = self._venues.get(channel.market)
        return None if venue is None else venue.market_feed(channel.name)

    def numbers(self, channel: Channel, payload: bytes) -> Located | None:
        """Return where the times and ids in a payload stand."""
        venue = self._venues.get(channel.market)
        return None if venue is None else venue.locate(channel.name, payload, with_ids=True)

    def _groups(
        self, loop: Loop, sources: Sequence[Source], histories: Mapping[str, MarketHistory]
    ) -> dict[CounterName, int]:
        """Return how far aggregated trades count in a lap where they follow from trades."""
        spans = {}
        for channel in (one for source in sources for one in source.channels.values()):
            feed, ends = self._feed(channel), loop.ends.get((channel.market, channel.name))
            if feed is None or feed.kind is not FeedKind.TRADE or ends is None:
                continue
            counter = CounterName(channel.market, feed.symbol, AGG_TRADE_ID)
            (first,) = self._venues[channel.market].decode(feed, ends[:1])
            known = counter in loop.spans or counter in spans or channel.market not in histories
            if known or not isinstance(first, Trade):
                continue
            market = histories[channel.market].at(loop.start_ns + loop.length_ns - 1)
            begun = market.agg_trades(feed.symbol, 1, start_ms=first.time_ms)
            if begun:
                spans[counter] = market.agg_trades(feed.symbol, 1)[0].id - begun[0].id + 1
        return spans

    # ---- the seam

    def _join(self, channel: Channel, history: MarketHistory) -> list[_Join]:
        """Return what a channel of differences says between the first two laps."""
        venue = self._venues[channel.market]
        feed = venue.market_feed(channel.name)
        ends = self.loop.ends.get((channel.market, channel.name))
        if feed is None or feed.kind is not FeedKind.BOOK_DELTA or ends is None:
            return []
        first, last = venue.decode(feed, ends)
        counter = CounterName(channel.market, feed.symbol, BOOK_ID)
        if not isinstance(first, BookDelta) or not isinstance(last, BookDelta):
            return []
        lap_start, lap_end = self.loop.start_ns, self.loop.start_ns + self.loop.length_ns - 1
        before = history.at(lap_end).book(feed.symbol, _DEEP)
        after = history.at(lap_start).book(feed.symbol, _DEEP)
        bids, asks = _difference(before, after)
        is_linked = first.previous_id != UNLINKED
        # It ends where the next difference says that it goes on.
        end_id = (first.previous_id if is_linked else first.first_id - 1) + self.loop.id_step(
            1, counter
        )
        delta = BookDelta(
            symbol=feed.symbol,
            first_id=last.last_id + 1,
            last_id=max(end_id, last.last_id + 1),
            bids=bids,
            asks=asks,
            time_ms=0,
            previous_id=last.last_id if is_linked else UNLINKED,
        )
        told = [
            (venue.event_time_ms(payload) or one.time_ms, one.time_ms)
            for payload, one in zip(ends, (first, last), strict=True)
        ]
        latest = (told[0][0] + self.loop.length_ms, told[0][1] + self.loop.length_ms)
        return [_Join(channel, delta, counter, earliest=told[1], latest=latest)]

    def _seam(self, place: int, lap: int, shift_ms: int) -> list[tuple[int, bytes]]:
        """Return what a source says before a lap."""
        first_ns = self._clock_offset_ns + self.loop.start_ns + self.loop.length_ns
        first_ms = first_ns // NS_PER_MS
        later_ms = (lap - 1) * self.loop.length_ms + shift_ms
        messages = []
        for channel, delta, counter, earliest, latest in self._joins[place]:
            # In between what the stream tells before and behind it, wherever the clock is.
            event_ms, change_ms = (
                min(max(first_ms, early), late) + later_ms
                for early, late in zip(earliest, latest, strict=True)
            )
            step = self.loop.id_step(lap - 1, counter)
            previous = delta.previous_id
            told = replace(
                delta,
                first_id=delta.first_id + step,
                last_id=delta.last_id + step,
                previous_id=previous if previous == UNLINKED else previous + step,
                time_ms=change_ms,
            )
            payload = self._venues[channel.market].encode(channel.name, told, event_ms)
            messages.append((channel.number, channel.prefix + payload + channel.suffix))
        return messages


def _difference(
    before: BookSnapshot | None, after: BookSnapshot | None
) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Return the levels that make one book into another."""
    if before is None or after is None:
        return (), ()
    return _side(before.bids, after.bids), _side(before.asks, after.asks)


def _side(before: Sequence[Level], after: Sequence[Level]) -> tuple[Level, ...]:
    old, new = dict(before), dict(after)
    gone = [(price, _zero(size)) for price, size in before if price not in new]
    return (*gone, *((price, size) for price, size in after if old.get(price) != size))


def _zero(size: str) -> str:
    """Return no size at all, padded as this one is."""
    _, point, decimals = size.partition(".")
    return "0" + point + "0" * len(decimals)
