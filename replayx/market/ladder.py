"""The best levels of a known book, at hand after every delta: its prices are kept in order."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from replayx.market.book import ZEROS, Book, Side
from replayx.market.events import BookDelta, BookSnapshot, Level


class Ladder:
    """A book whose best levels are asked for very often. The book is followed, and changed."""

    def __init__(self, book: Book) -> None:
        """Take a known book."""
        assert book.is_known, "levels of a broken book are for the book to tell"
        self._book = book
        self._bids = _Rungs(book.bids, -1)
        self._asks = _Rungs(book.asks, 1)

    @property
    def is_known(self) -> bool:
        """Whether it is still the venue's book."""
        return self._book.is_known

    def apply(self, delta: BookDelta) -> None:
        """Take over a delta, unless it is old."""
        if self._book.apply(delta) is not None:
            self._bids.update(delta.bids)
            self._asks.update(delta.asks)

    def snapshot(self, symbol: str, count: int) -> BookSnapshot:
        """Return at most `count` levels a side as an event."""
        book = self._book
        bids, asks = self._bids.best(count), self._asks.best(count)
        return BookSnapshot(symbol, book.last_id, bids, asks, book.time_ms)


class _Rungs:
    """The prices of one side in order, the best first."""

    def __init__(self, side: Side, sign: int) -> None:
        self._side = side
        self._sign = sign
        side.purge()
        self._prices = sorted((sign * float(price), price) for price in side.sizes)
        self._present = set(side.sizes)

    def update(self, levels: Iterable[Level]) -> None:
        present = self._present
        for price, size in levels:
            if (size in ZEROS) is (price in present):
                rung = (self._sign * float(price), price)
                if price in present:
                    present.remove(price)
                    del self._prices[bisect_left(self._prices, rung)]
                else:
                    present.add(price)
                    insort(self._prices, rung)

    def best(self, count: int) -> tuple[Level, ...]:
        sizes = self._side.sizes
        return tuple((price, sizes[price]) for _, price in self._prices[:count])
