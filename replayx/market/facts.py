"""Recorded answers as facts of the market: found by what they tell, and read when needed."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from operator import attrgetter

from replayx.limits import HISTORY_ANSWERS_MAX, READ_ANSWERS_COUNT
from replayx.market.codec import Fact
from replayx.market.events import FeedKind, MarketEvent, MarketFeed
from replayx.market.soundness import sound

_AT = attrgetter("at_ns")
# Answers of a kind that are looked at to see whether they tell of a symbol, or are all errors.
_TRIES = 8


class Facts:
    """The answers of one market, in time order for each feed. Gathered when first looked at."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = facts
        self._read: OrderedDict[tuple[MarketFeed, int], Sequence[MarketEvent]] = OrderedDict()

    @cached_property
    def _by_feed(self) -> dict[MarketFeed, list[Fact]]:
        found: dict[MarketFeed, list[Fact]] = {}
        for fact in sorted(self._facts, key=_AT):
            found.setdefault(fact.feed, []).append(fact)
        return found

    def feeds(self) -> tuple[MarketFeed, ...]:
        """Return what is told."""
        return tuple(self._by_feed)

    def symbols(self) -> list[str]:
        """Return the symbols of which an answer tells something: errors tell nothing."""
        by_symbol: dict[str, list[MarketFeed]] = {}
        for feed in self._by_feed:
            by_symbol.setdefault(feed.symbol, []).append(feed)
        return [
            symbol
            for symbol, feeds in by_symbol.items()
            if any(
                self._events(feed, place)
                for feed in feeds
                for place in range(min(_TRIES, len(self._by_feed[feed])))
            )
        ]

    def feeds_of(self, kind: FeedKind, symbol: str) -> list[MarketFeed]:
        """Return what is told of this kind about a symbol."""
        return [feed for feed in self._by_feed if feed.kind is kind and feed.symbol == symbol]

    def snapshots(self, symbol: str) -> list[Fact]:
        """Return the answers that tell a symbol's book, in time order."""
        feeds = self.feeds_of(FeedKind.BOOK_SNAPSHOT, symbol)
        return sorted((fact for feed in feeds for fact in self._by_feed[feed]), key=_AT)

    def history(self, feed: MarketFeed) -> list[tuple[int, Sequence[MarketEvent]]]:
        """Return what the answers of a feed tell, and when they came, of some of very many.

        A client that polls is told almost the same each time; but what was asked once (a page of
        the past) is told by that one answer alone.
        """
        by_asked: dict[Hashable, list[Fact]] = {}
        for fact in self._by_feed.get(feed, []):
            by_asked.setdefault(fact.asked, []).append(fact)
        count = max(2, HISTORY_ANSWERS_MAX // max(1, len(by_asked)))
        chosen = [fact for facts in by_asked.values() for fact in _spread(facts, count)]
        chosen = _spread(sorted(chosen, key=_AT), HISTORY_ANSWERS_MAX)
        return [(fact.at_ns, _sound(fact.read())) for fact in chosen]

    def latest(self, feed: MarketFeed, at_ns: int) -> tuple[int, Sequence[MarketEvent]] | None:
        """Return what the last answer at or before a time told, and when; errors told nothing."""
        facts = self._by_feed.get(feed, [])
        for place in range(bisect_right(facts, at_ns, key=_AT) - 1, -1, -1):
            events = self._events(feed, place)
            if events:
                return facts[place].at_ns, events
        return None

    def first(self, feed: MarketFeed) -> tuple[int, Sequence[MarketEvent]] | None:
        """Return what the first answer told, and when."""
        for place, fact in enumerate(self._by_feed.get(feed, [])):
            events = self._events(feed, place)
            if events:
                return fact.at_ns, events
        return None

    def _events(self, feed: MarketFeed, place: int) -> Sequence[MarketEvent]:
        key = (feed, place)
        if key in self._read:
            self._read.move_to_end(key)
        else:
            self._read[key] = _sound(self._by_feed[feed][place].read())
            if len(self._read) > READ_ANSWERS_COUNT:
                self._read.popitem(last=False)
        return self._read[key]


def _spread(facts: list[Fact], count: int) -> list[Fact]:
    """Return at most `count` (two or more) of them: the first, the last, and evenly between."""
    if len(facts) <= count:
        return facts
    return [facts[i * (len(facts) - 1) // (count - 1)] for i in range(count)]


def _sound(events: Sequence[MarketEvent]) -> list[MarketEvent]:
    return [event for event in sound(events) if event is not None]
