"""Order books and best quotes at an instant: one key-frame, and what its segment told since."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from replayx.limits import BOOKS_KEPT_COUNT, SNAPSHOT_AHEAD_NS
from replayx.market.book import UNKNOWN_ID, Book
from replayx.market.book_frames import BookFrames
from replayx.market.chunks import Chunks
from replayx.market.events import BookDelta, BookSnapshot, BookTop, FeedKind, MarketEvent, of_type
from replayx.market.facts import Facts
from replayx.market.market_index import MarketIndex
from replayx.market.segments import Cut

Latest = Callable[[FeedKind, str, Cut], MarketEvent | None]


class _Place(NamedTuple):
    """Where a kept book is: which key-frame it began with, and how many deltas came to it."""

    segment: int
    frame: int
    deltas: int


class BookReader:
    """The books of one market. What is kept makes the next question cheap, never different."""

    def __init__(self, index: MarketIndex, chunks: Chunks, facts: Facts, latest: Latest) -> None:
        self._index = index
        self._chunks = chunks
        self._facts = facts
        self._latest = latest
        self._kept: OrderedDict[str, tuple[_Place, Book]] = OrderedDict()

    def book(self, symbol: str, cut: Cut) -> Book | None:
        """Return the book that deltas and snapshots make up; None: the tape tells no deltas.

        To be read, not changed. Raises CassetteError.
        """
        frames = self._index.books.get(symbol)
        if frames is None:
            return None
        book = self._followed(symbol, frames, cut)
        if book.depth:
            return book
        return self._from_first_snapshot(symbol, frames, cut) or book

    def snapshot(self, symbol: str, levels: int, cut: Cut) -> BookSnapshot | None:
        """Return at most so many levels a side; None: nothing is known. Raises CassetteError."""
        book = self._joinable(symbol, cut)
        if book is not None and book.is_known:
            return book.snapshot(symbol, levels)
        told = self._told(symbol, levels, cut)
        if told is not None and (book is None or book.last_id <= told.last_id):
            return told
        if book is None or book.last_id == UNKNOWN_ID:
            return None
        return book.snapshot(symbol, levels)

    def top(self, symbol: str, cut: Cut) -> BookTop | None:
        """Return the best quotes: as told, or the book's if that is newer. Raises CassetteError."""
        told = self._latest(FeedKind.BOOK_TOP, symbol, cut)
        book = self._joinable(symbol, cut)
        known: BookTop | None = None
        if book is not None and book.last_id != UNKNOWN_ID:
            known = book.top(symbol)
        elif (snapshot := self._told(symbol, 1, cut)) is not None:
            known = _top_of(snapshot)
        if not isinstance(told, BookTop):
            return known
        if known is None or known.last_id <= told.last_id or not (known.bid and known.ask):
            return told
        return known

    # ---- deltas

    def _followed(self, symbol: str, frames: BookFrames, cut: Cut) -> Book:
        number = frames.find(cut.segment, cut.at_ns)
        deltas = of_type(self._chunks.events(cut.pieces, (FeedKind.BOOK_DELTA, symbol)), BookDelta)
        place = _Place(cut.segment, number, len(deltas))
        kept = self._kept.get(symbol)
        if kept is not None and kept[0][:2] == place[:2] and kept[0].deltas <= place.deltas:
            book, done = kept[1], kept[0].deltas
        else:
            book, done = (frames.book(number) if number >= 0 else Book()), 0
        for delta in deltas[done:]:
            book.apply(delta)
        self._kept[symbol] = (place, book)
        self._kept.move_to_end(symbol)
        if len(self._kept) > BOOKS_KEPT_COUNT:
            self._kept.popitem(last=False)
        return book

    def _from_first_snapshot(self, symbol: str, frames: BookFrames, cut: Cut) -> Book | None:
        """Return the first snapshot, if it comes at once, with the deltas that are beyond it.

        Ahead of the stream it is what every client can join; and where the stream is ahead of it,
        the deltas that came already belong to it.
        """
        book = frames.first(cut.at_ns, SNAPSHOT_AHEAD_NS)
        if book is None:
            return None
        snapshot_id = book.last_id
        segment, pieces = cut.segment, cut.pieces
        beyond: list[BookDelta] = []
        family = (FeedKind.BOOK_DELTA, symbol)
        while segment >= 0:
            deltas = of_type(self._chunks.events(pieces, family), BookDelta)
            beyond = [delta for delta in deltas if delta.last_id > snapshot_id] + beyond
            started_ns = self._index.segments.starts[segment]
            is_reached = bool(deltas) and deltas[0].last_id <= snapshot_id
            if is_reached or started_ns < frames.first_ns - SNAPSHOT_AHEAD_NS:
                break
            segment -= 1
            pieces = self._index.segments.pieces(segment) if segment >= 0 else ()
        for delta in beyond:
            book.apply(delta)
        return book

    def _joinable(self, symbol: str, cut: Cut) -> Book | None:
        """Return the book for a client that joins it to the deltas which it gets.

        The first snapshot lies within a delta: taken between two changes, of which a delta tells
        many. Some clients take no part of a delta (they want the next first id and no other), so
        until it has come the book is already the one behind it.
        """
        book, frames = self.book(symbol, cut), self._index.books.get(symbol)
        if book is None or frames is None or not book.depth:
            return book
        if (
            abs(cut.at_ns - frames.first_ns) > SNAPSHOT_AHEAD_NS
            or book.last_id != frames.first_id()
        ):
            return book
        delta = self._next_delta(symbol, cut, book.last_id)
        if delta is None or delta.first_id > book.last_id:
            return book
        behind = book.copy()
        behind.apply(delta)
        return behind

    def _next_delta(self, symbol: str, cut: Cut, book_id: int) -> BookDelta | None:
        """Return the first delta beyond an id that comes soon after a cut."""
        starts = self._index.segments.starts
        for segment in range(max(0, cut.segment), len(starts)):
            if starts[segment] > cut.at_ns + SNAPSHOT_AHEAD_NS:
                break
            pieces = self._index.segments.pieces(segment)
            events = self._chunks.events(pieces, (FeedKind.BOOK_DELTA, symbol))
            for delta in of_type(events, BookDelta):
                if delta.last_id > book_id:
                    return delta
        return None

    # ---- snapshots without deltas

    def _told(self, symbol: str, levels: int, cut: Cut) -> BookSnapshot | None:
        """Return the newest book that was told whole: by an answer or a stream of best levels."""
        stream = self._latest(FeedKind.PARTIAL_BOOK, symbol, cut)
        found = [stream] if isinstance(stream, BookSnapshot) else []
        found += self._answered(symbol, levels, cut)
        newest = max(found, key=_last_id, default=None)
        if newest is None:
            return None
        return BookSnapshot(
            symbol, newest.last_id, newest.bids[:levels], newest.asks[:levels], newest.time_ms
        )

    def _answered(self, symbol: str, levels: int, cut: Cut) -> Sequence[BookSnapshot]:
        feeds = self._facts.feeds_of(FeedKind.BOOK_SNAPSHOT, symbol)
        deep = [feed for feed in feeds if feed.levels >= levels]
        if not deep and feeds:
            most = max(feed.levels for feed in feeds)
            deep = [feed for feed in feeds if feed.levels == most]
        told = [events for feed in deep if (events := self._facts.latest(feed, cut.at_ns))]
        if not told:
            firsts = [first for feed in deep if (first := self._facts.first(feed))]
            told = [first for first in firsts if first[0] <= cut.at_ns + SNAPSHOT_AHEAD_NS][:1]
        return [one for _, events in told for one in of_type(events, BookSnapshot)]


def _top_of(snapshot: BookSnapshot) -> BookTop:
    bid = snapshot.bids[0] if snapshot.bids else ("", "")
    ask = snapshot.asks[0] if snapshot.asks else ("", "")
    return BookTop(snapshot.symbol, snapshot.last_id, *bid, *ask, snapshot.time_ms)


def _last_id(snapshot: BookSnapshot) -> int:
    return snapshot.last_id
