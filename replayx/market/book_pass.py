"""One symbol's book followed over the tape: the deltas, and the snapshots it needs."""

from collections import deque
from collections.abc import Iterable, Sequence

from replayx.limits import RECENT_DELTAS_COUNT, SNAPSHOT_RETRY_NS
from replayx.market.book import Book
from replayx.market.book_frames import BEFORE, BookFrameWriter
from replayx.market.codec import Fact
from replayx.market.events import BookDelta, BookSnapshot, of_type


class BookPass:
    """Follows one symbol's book over the tape, and writes its key-frames."""

    def __init__(self, symbol: str, writer: BookFrameWriter, snapshots: Sequence[Fact]) -> None:
        self.symbol = symbol
        self._writer = writer
        self._snapshots = snapshots
        self._next = 0  # of the snapshots
        self._retry_ns = BEFORE
        self._recent: deque[BookDelta] = deque(maxlen=RECENT_DELTAS_COUNT)
        self.book = Book()
        self._is_changed = False

    def next_ns(self) -> int | None:
        """Return when the next snapshot came."""
        return self._snapshots[self._next].at_ns if self._next < len(self._snapshots) else None

    def follow(self, deltas: Iterable[BookDelta]) -> None:
        """Take over deltas."""
        book = self.book
        bids: dict[str, str] = {}
        asks: dict[str, str] = {}
        for delta in deltas:
            removed = book.apply(delta)
            if removed is None:
                continue
            bids.update(delta.bids)
            asks.update(delta.asks)
            for price, _ in removed:
                bids[price] = book.bids.sizes.get(price, "0")
                asks[price] = book.asks.sizes.get(price, "0")
            self._recent.append(delta)
            self._is_changed = True
        self._writer.change(bids, asks)

    def take_snapshot(self, segment: int) -> None:
        """Load the next snapshot if the book needs it, and write a key-frame then."""
        fact = self._snapshots[self._next]
        self._next += 1
        book = self.book
        is_deeper = fact.feed.levels > book.depth
        if (book.is_known and not is_deeper) or fact.at_ns < self._retry_ns:
            return
        snapshot = next(iter(of_type(fact.read(), BookSnapshot)), None)
        if snapshot is None:
            return
        fresh = Book()
        fresh.load(snapshot, depth=fact.feed.levels)
        self._writer.first(fact.at_ns, fresh)
        self._retry_ns = fact.at_ns + SNAPSHOT_RETRY_NS
        for delta in self._recent:
            fresh.apply(delta)
        if fresh.is_broken and (book.is_known or (book.depth and fresh.depth <= book.depth)):
            return  # too old to join what came since: what we have is better
        self.book = fresh
        self._writer.add(segment, fact.at_ns, fresh, is_new=True)
        self._is_changed = True

    def end_segment(self, segment: int) -> None:
        """Write the key-frame behind a segment, if something changed in it."""
        if self._is_changed:
            self._writer.add(segment + 1, BEFORE, self.book)
            self._is_changed = False
