"""Streams that were not recorded but follow from those that were: which, and their messages.

A wanted stream of a market is *recorded*, or *derived* from recorded ones by the source that
carries them, or *absent*. Messages are made once for all connections, as they come: a chunk's take
so long that whoever waits for something else would notice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import ChannelKind
from replayx.market.events import FeedKind, MarketFeed
from replayx.market.interval import Interval
from replayx.market.ticks import TapeClock
from replayx.session.derived_events import Due, Making, closed_behind, make
from replayx.session.lap_ids import LapIds
from replayx.session.telling import Telling, Tellings
from replayx.session.venue_clock import VenueClock
from replayx.timeline.earlier import Earlier
from replayx.timeline.loop import Loop
from replayx.timeline.loop_source import SEAM
from replayx.timeline.source import Source
from replayx.timeline.view import Insert, Insertion
from replayx.venues.venue import Venue

if TYPE_CHECKING:
    from replayx.market.history import MarketHistory

_TRADED = (FeedKind.TRADE, FeedKind.AGG_TRADE)

Span = tuple[int, int]


class Plan(NamedTuple):
    """How a stream is derived: from which feeds of each source, and when other sources tell it."""

    feed: MarketFeed
    parents: tuple[tuple[MarketFeed, ...] | None, ...]
    told_elsewhere: tuple[tuple[Span, ...], ...]


class _AtHand(NamedTuple):
    """What a view gets of the chunk that it plays, by the clock that showed when it began."""

    batch: FrameBatch
    clock: TapeClock
    told: list[Telling]


class DerivedStreams:
    """The derived streams of one market in one run. Nothing is told until the history is built."""

    def __init__(
        self,
        market: str,
        venue: Venue,
        sources: Sequence[Source],
        history: "MarketHistory",
        *,
        loop: Loop | None = None,
    ) -> None:
        """Take the tape's sources as they were recorded, and the market behind them.

        `loop` says how they go on, where they are played again and again.
        """
        self._market = market
        self._loop = loop
        self._venue = venue
        self._sources = sources
        self._history = history
        self._venue_clock = VenueClock()
        self._clock = TapeClock()
        self._names = [_names(market, source) for source in sources]
        self._feeds = [_feeds(venue, names) for names in self._names]
        self._earlier = [Earlier(source) for source in sources]
        self._plans: dict[str, Plan | None] = {}
        self._tellings = Tellings()

    def follow(self, clock: VenueClock) -> None:
        """Tell the times of the run's clock. When its shift changes, views are to be made anew."""
        self._venue_clock = clock

    def derived(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return which of these streams are derived, wholly or in part, in alphabetical order."""
        return tuple(sorted(name for name in names if self._plan(name) is not None))

    def replaced(self, names: Iterable[str]) -> frozenset[str]:
        """Return which streams are derived although they were recorded.

        Candles begin on the grid of the client's time. Where times are shifted by anything but
        whole intervals, by a rebase or by a lap, the recorded ones are others.
        """
        self._look_at_clock()
        return frozenset(name for name in names if self._is_replaced(name))

    def insert(self, names: Iterable[str]) -> Insert | None:
        """Return what puts these streams' messages into a view; None: there is nothing to put."""
        self._look_at_clock()
        derived = self.derived(names)
        if not derived:
            return None

        at_hand: dict[int, _AtHand] = {}

        def insertions(
            source: int, batch: FrameBatch, *, first: int = 0, stop: int | None = None
        ) -> Sequence[Insertion]:
            if not self._history.is_built or not batch.count:
                return ()
            self._look_at_clock()
            held = at_hand.get(source)
            if held is None or held.batch is not batch or held.clock is not self._clock:
                told = self._told(source, batch, derived)
                held = at_hand[source] = _AtHand(batch, self._clock, told)
            return self._tellings.between(held.told, first, batch.count if stop is None else stop)

        return insertions

    # ---- messages

    def _told(self, source: int, batch: FrameBatch, names: Sequence[str]) -> list[Telling]:
        lap = 0 if self._loop is None else self._loop.lap_of(batch.at[0])[0]
        if batch.ordinal == SEAM:
            return [Telling(iter(self._passed_on(source, batch, names)))]
        if lap:
            batch = self._sources[source].batch(batch.ordinal)
        self._earlier[source].note(batch)
        self._tellings.play(source, (lap, batch.ordinal))
        return [
            self._tellings.of(source, name, self._make(source, lap, batch, name)) for name in names
        ]

    def _make(self, source: int, lap: int, batch: FrameBatch, name: str) -> Iterator[Insertion]:
        plan = self._plan(name)
        parents = plan.parents[source] if plan is not None else None
        if plan is None or parents is None:
            return
        clock, ids = self._in_lap(lap, plan.feed.symbol)
        making = Making(
            feed=plan.feed,
            parents=parents,
            source=source,
            batch=batch,
            is_last=_is_last(self._sources[source], batch),
            earlier=self._earlier[source],
            history=self._history,
            clock=clock,
        )
        spans = plan.told_elsewhere[source]
        yield from self._lap_before(making, name, lap)
        for due in make(making):
            if not any(first <= batch.at[due.k] <= last for first, last in spans):
                yield _insertion(self._venue, name, due, clock.ms(batch.at[due.k]), ids)

    # ---- laps

    def _in_lap(self, lap: int, symbol: str) -> tuple[TapeClock, LapIds | None]:
        """Return what clients see of the tape's time in a lap, and of its ids."""
        if self._loop is None or not lap:
            return self._clock, None
        shift_ms = self._clock.shift_ms + lap * self._loop.length_ms
        ids = LapIds.of(self._loop, lap, self._market, symbol)
        return self._clock._replace(shift_ms=shift_ms), ids

    def _passed_on(self, source: int, seam: FrameBatch, names: Sequence[str]) -> list[Insertion]:
        """Return what slower differences tell before a lap: what the ones they follow from do."""
        told = _payloads(self._market, self._venue, self._sources[source], seam)
        plans = [(name, plan) for name in names if (plan := self._plan(name)) is not None]
        return [
            Insertion(k, False, name, payload)
            for k, feed, payload in told
            for name, plan in plans
            if plan.feed.kind is FeedKind.BOOK_DELTA and plan.parents[source] == (feed,)
        ]

    def _lap_before(self, making: Making, name: str, lap: int) -> tuple[Insertion, ...]:
        """Return which candles of the lap before are over when a lap begins with a chunk."""
        if not lap or making.feed.kind is not FeedKind.CANDLE:
            return ()
        if making.earlier.before(making.batch) is not None:
            return ()
        clock, ids = self._in_lap(lap - 1, making.symbol)
        now_ms = making.clock.ms(making.batch.at[0])
        ended = making._replace(batch=_last(self._sources[making.source]), clock=clock)
        dues = (Due(0, True, candle) for candle in closed_behind(ended, now_ms))
        return tuple(_insertion(self._venue, name, due, now_ms, ids) for due in dues)

    # ---- plans

    def _look_at_clock(self) -> None:
        clock = TapeClock(self._venue_clock.offset_ns, self._venue_clock.shift_ms)
        if clock != self._clock:
            self._clock = clock
            self._plans.clear()
            self._tellings.clear()

    def _plan(self, name: str) -> Plan | None:
        if name not in self._plans:
            self._plans[name] = self._planned(name)
        return self._plans[name]

    def _planned(self, name: str) -> Plan | None:
        feed = self._venue.market_feed(name)
        if feed is None:
            return None
        is_replaced = self._is_replaced(name)
        recorded = [name in names and not is_replaced for names in self._names]
        parents = tuple(
            None if recorded[number] else self._parents(name, number)
            for number in range(len(self._sources))
        )
        if not any(parents):
            return None
        elsewhere = tuple(
            tuple(
                (other.start_ns, other.end_ns)
                for n, other in enumerate(self._sources)
                if recorded[n] or (n < number and parents[n])
            )
            for number in range(len(self._sources))
        )
        return Plan(feed, parents, elsewhere)

    def _parents(self, name: str, source: int) -> tuple[MarketFeed, ...] | None:
        return self._venue.follows_from(name, self._feeds[source]) or None

    def _is_replaced(self, name: str) -> bool:
        shifts_ms = (self._clock.shift_ms, 0 if self._loop is None else self._loop.length_ms)
        feed = self._venue.market_feed(name) if any(shifts_ms) else None
        if feed is None or feed.kind is not FeedKind.CANDLE:
            return False
        length_ms = Interval.parse(feed.interval).length_ms
        if length_ms and not any(shift_ms % length_ms for shift_ms in shifts_ms):
            return False
        carriers = [n for n, names in enumerate(self._names) if name in names]
        return bool(carriers) and all(self._has_trades(feed.symbol, n) for n in carriers)

    def _has_trades(self, symbol: str, source: int) -> bool:
        return any(one.symbol == symbol and one.kind in _TRADED for one in self._feeds[source])


def _names(market: str, source: Source) -> Mapping[str, None]:
    """Return the streams of a market that a source carries, in the order of their numbers."""
    return {
        channel.name: None
        for channel in source.channels.values()
        if channel.market == market and channel.kind is ChannelKind.STREAM
    }


def _feeds(venue: Venue, names: Iterable[str]) -> tuple[MarketFeed, ...]:
    feeds = (venue.market_feed(name) for name in names)
    return tuple(dict.fromkeys(feed for feed in feeds if feed is not None))


def _insertion(venue: Venue, name: str, due: Due, now_ms: int, ids: LapIds | None) -> Insertion:
    event = due.event if ids is None else ids.moved(due.event)
    # What tells of a time is not sent before it, though a recorder's clock may be behind.
    payload = venue.encode(name, event, max(now_ms, getattr(event, "time_ms", 0)))
    return Insertion(due.k, due.is_before, name, payload)


def _payloads(
    market: str, venue: Venue, source: Source, batch: FrameBatch
) -> Iterator[tuple[int, MarketFeed | None, bytes]]:
    """Yield a market's messages of a batch: place, what it tells about, and without envelope."""
    for k, number in enumerate(batch.channel):
        channel = source.channels[number]
        if channel.market != market:
            continue
        payload = bytes(batch.payload(k))
        inner = payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
        yield k, venue.market_feed(channel.name), inner


def _is_last(source: Source, batch: FrameBatch) -> bool:
    """Say whether nothing comes behind a batch in its source."""
    if batch.end_ns < source.end_ns:
        return False
    return not any(one.ordinal > batch.ordinal for one in source.batches(batch.end_ns))


def _last(source: Source) -> FrameBatch:
    """Return the last batch of a source that has messages, of those at its very end."""
    *_, last = source.batches(source.end_ns)
    while not last.count:
        last = source.batch(last.ordinal - 1)
    return last
