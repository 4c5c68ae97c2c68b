"""Which update ids a book had when a shock's steps came: the last that any stream told before."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel
from replayx.market.events import FeedKind, MarketFeed
from replayx.timeline.source import Source
from replayx.venues.venue import Venue

# What tells of a book by its ids.
_BOOKS = (FeedKind.BOOK_DELTA, FeedKind.PARTIAL_BOOK, FeedKind.BOOK_TOP)

SymbolName = tuple[str, str]  # of a market


def last_ids(
    sources: Sequence[Source],
    feeds: Sequence[Iterable[tuple[Channel, MarketFeed]]],
    venues: Mapping[str, Venue],
    steps: Mapping[SymbolName, Sequence[int]],
) -> dict[SymbolName, list[int]]:
    """Return for each step of a symbol (times, ascending) the last id that came before it.

    -1: nothing came. A symbol of which no stream tells ids is left out. Raises CassetteError.
    """
    found: dict[SymbolName, _Highest] = {}
    last_ns = max((times[-1] for times in steps.values() if times), default=0)
    for source, channels in zip(sources, feeds, strict=True):
        books = {
            channel.number: _Book(channel, feed, venues[channel.market])
            for channel, feed in channels
            if feed.kind in _BOOKS and steps.get((channel.market, feed.symbol))
        }
        for book in books.values():
            found.setdefault(book.name, _Highest(steps[book.name]))
        _read(source, books, found, last_ns)
    return {name: highest.before_steps() for name, highest in found.items()}


class _Book(NamedTuple):
    """A channel that tells of a book."""

    channel: Channel
    feed: MarketFeed
    venue: Venue

    @property
    def name(self) -> SymbolName:
        return self.channel.market, self.feed.symbol


class _Highest:
    """The highest ids that came between the steps of one symbol."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = steps
        self._ids = [-1] * (len(steps) + 1)

    def before_steps(self) -> list[int]:
        """Return them: what came before a step came before the next one, too."""
        return list(accumulate(self._ids, max))[:-1]

    def note(self, batch: FrameBatch, book: _Book) -> None:
        """Note the ids that a batch tells."""
        places = places_of(batch, book.channel.number)
        if batch.end_ns < self.steps[0]:
            places = places[-1:]
        payloads = [inner(batch, k, book.channel) for k in places]
        for k, event in zip(places, book.venue.decode(book.feed, payloads), strict=True):
            step = bisect_right(self.steps, batch.at[k])
            self._ids[step] = max(self._ids[step], getattr(event, "last_id", -1))


def _read(
    source: Source,
    books: Mapping[int, _Book],
    found: Mapping[SymbolName, _Highest],
    last_ns: int,
) -> None:
    # Of what comes before all steps a channel's last batch is enough.
    early: dict[int, FrameBatch] = {}
    for batch in source.batches(source.start_ns) if books else ():
        if batch.start_ns >= last_ns:
            break
        for number, book in books.items():
            if number not in batch.channel_frames:
                continue
            highest = found[book.name]
            if batch.end_ns < highest.steps[0]:
                early[number] = batch
            else:
                highest.note(batch, book)
    for number, batch in early.items():
        found[books[number].name].note(batch, books[number])


def places_of(batch: FrameBatch, number: int) -> list[int]:
    """Return which messages of a batch belong to a channel."""
    wanted = batch.carrying((number,))
    places = []
    k = wanted.find(1)
    while k >= 0:
        places.append(k)
        k = wanted.find(1, k + 1)
    return places


def inner(batch: FrameBatch, k: int, channel: Channel) -> bytes:
    """Return what message k says, without its envelope."""
    payload = bytes(batch.payload(k))
    return payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
