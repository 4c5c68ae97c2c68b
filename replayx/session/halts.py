"""Halts: a stop as the player meets it, message by message.

Only while a halt with a condition is pending are messages decoded, and only those of channels that
can fulfil it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Protocol, assert_never

from replayx.cassette.records import Channel
from replayx.limits import PRICE_RECALL_NS
from replayx.market.events import AggTrade, FeedKind, MarketEvent, MarketFeed, Trade
from replayx.session.stops import Stop, StopAfter, StopAt, StopWhen
from replayx.timeline.merge import Run
from replayx.timeline.tape import Tape
from replayx.venues.venue import Venue

_Channels = Sequence[Mapping[int, Channel]]


class Halt(Protocol):
    """Where a run ends: at `until_ns`, or behind the message at which `cut` sets `hit_ns`."""

    until_ns: int | None
    hit_ns: int | None

    def cut(self, run: Run, places: Sequence[int]) -> int | None:
        """Return the position behind the message of the run to stop at, if it is among `places`.

        To be called once for every message, in the order of the tape.
        """
        ...


def halt_at(stop: Stop, tape: Tape, venues: Mapping[str, Venue]) -> Halt:
    """Return the halt of a stop, for a tape that goes on from where it is."""
    match stop:
        case StopAt():
            return HaltAtTime(stop.at_ns)
        case StopAfter():
            return HaltAfterCount(stop.messages)
        case StopWhen():
            halt = HaltWhen(stop, tape.channels, venues)
            if stop.price_crosses:
                # Where the run begins may not decide whether its first trade crosses.
                halt.recall(tape.recent(PRICE_RECALL_NS))
            return halt
        case _:
            assert_never(stop)


class HaltAtTime:
    """When a time of the tape has come."""

    def __init__(self, until_ns: int) -> None:
        self.until_ns: int | None = until_ns
        self.hit_ns: int | None = None

    def cut(self, run: Run, places: Sequence[int]) -> int | None:
        """Return None: time alone decides."""
        del run, places
        return None


class HaltAfterCount:
    """Behind the so many-th message."""

    def __init__(self, messages: int) -> None:
        self.until_ns: int | None = None
        self.hit_ns: int | None = None
        self._left = messages

    def cut(self, run: Run, places: Sequence[int]) -> int | None:
        """Return the position behind the last message of those to be played."""
        if len(places) < self._left:
            self._left -= len(places)
            return None
        last = places[self._left - 1]
        self.hit_ns = run.batch.at[last]
        return last + 1


class HaltWhen:
    """Behind the first message that fits all that is given."""

    def __init__(self, stop: StopWhen, channels: _Channels, venues: Mapping[str, Venue]) -> None:
        self.until_ns: int | None = None
        self.hit_ns: int | None = None
        self._watched: list[dict[int, _Watched]] = [
            {
                number: _Watched(channel, feed, venues[channel.market], stop)
                for number, channel in of_source.items()
                if channel.market in venues
                and _is_named(channel.name, stop.channel)
                and _is_told(feed := venues[channel.market].market_feed(channel.name), stop)
            }
            for of_source in channels
        ]

    def recall(self, runs: Iterable[Run]) -> None:
        """Note the last prices of what was played before."""
        for run in runs:
            channel = run.batch.channel
            for number, one in self._watched[run.source].items():
                if number in run.batch.channel_frames:
                    places = range(run.stop - 1, run.first - 1, -1)
                    one.recall(run, (k for k in places if channel[k] == number))

    def cut(self, run: Run, places: Sequence[int]) -> int | None:
        """Return the position behind the first message that fits."""
        watched = self._watched[run.source]
        if watched.keys().isdisjoint(run.batch.channel_frames):
            return None
        channel = run.batch.channel
        hits = []
        for number, one in watched.items():
            hit = one.first(run, [k for k in places if channel[k] == number])
            if hit is not None:
                hits.append(hit)
        if not hits:
            return None
        self.hit_ns = run.batch.at[min(hits)]
        return min(hits) + 1


class _Watched:
    """A channel whose messages may fulfil the condition."""

    def __init__(
        self, channel: Channel, feed: MarketFeed | None, venue: Venue, stop: StopWhen
    ) -> None:
        self._channel = channel
        self._feed = feed
        self._venue = venue
        self._price = _price(stop.price_crosses)
        self._last: Decimal | None = None  # each channel's own: others may lag behind it

    def recall(self, run: Run, newest_first: Iterable[int]) -> None:
        """Note the price of the newest trade."""
        for k in newest_first:
            (event,) = self._events(run, (k,))
            if isinstance(event, Trade | AggTrade):
                self._last = Decimal(event.price)
                return

    def first(self, run: Run, places: Sequence[int]) -> int | None:
        """Return the first of its messages that fits."""
        if self._price is None or not places:
            return places[0] if places else None
        for k, event in zip(places, self._events(run, places), strict=True):
            if self._crosses(event, self._price):
                return k
        return None

    def _events(self, run: Run, places: Sequence[int]) -> list[MarketEvent | None]:
        assert self._feed is not None, "only trades have prices to cross"
        before, after = len(self._channel.prefix), len(self._channel.suffix)
        messages = [run.batch.payload(k) for k in places]
        payloads = [message[before : len(message) - after] for message in messages]
        return self._venue.decode(self._feed, payloads)

    def _crosses(self, event: MarketEvent | None, price: Decimal) -> bool:
        if not isinstance(event, Trade | AggTrade):
            return False
        last, self._last = self._last, Decimal(event.price)
        return last is not None and (last < price <= self._last or self._last <= price < last)


def _is_named(name: str, pattern: str) -> bool:
    return not pattern or fnmatchcase(name, pattern)


def _is_told(feed: MarketFeed | None, stop: StopWhen) -> bool:
    """Say whether a channel tells the event, and trades if a price is waited for."""
    if stop.event and (feed is None or feed.kind is not _kind(stop.event)):
        return False
    traded = (FeedKind.TRADE, FeedKind.AGG_TRADE)
    return not stop.price_crosses or (feed is not None and feed.kind in traded)


def _kind(word: str) -> FeedKind | None:
    """Return the kind of a word, whether its parts are joined by spaces, hyphens or underscores."""
    plain = word.strip().lower().replace("_", " ").replace("-", " ")
    return next((kind for kind in FeedKind if kind.value == plain), None)


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() else None
