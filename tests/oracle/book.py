"""An order book by the venue's recipe: a snapshot, and every difference that is newer."""

from decimal import Decimal

from tests.oracle.told import Delta, Snapshot

# A snapshot so little ahead of the beginning of the tape is the book until it comes.
AHEAD_NS = 10_000_000_000

Level = tuple[str, str]


class Book:
    """Both sides by price. `last` is the update id, 0 before anything was told."""

    def __init__(self) -> None:
        self.last = 0
        self.gaps = 0
        self.is_whole = False
        self._bids: dict[Decimal, Level] = {}
        self._asks: dict[Decimal, Level] = {}

    def load(self, snapshot: Snapshot) -> None:
        """Begin with a snapshot, unless the book is newer."""
        if self.is_whole and snapshot.last < self.last:
            return
        self._bids.clear()
        self._asks.clear()
        self._set(snapshot.bids, snapshot.asks)
        self.last, self.is_whole = snapshot.last, True

    def apply(self, delta: Delta) -> None:
        """Apply a difference; an old one is passed over."""
        if delta.last <= self.last:
            return
        follows = delta.first <= self.last + 1
        if delta.previous is not None:
            follows = follows or delta.previous == self.last
        self.gaps += self.is_whole and not follows
        self._set(delta.bids, delta.asks)
        self.last = delta.last

    def levels(self, count: int) -> tuple[list[Level], list[Level]]:
        """Return the best levels of both sides, best first."""
        bids = [self._bids[price] for price in sorted(self._bids, reverse=True)[:count]]
        return bids, [self._asks[price] for price in sorted(self._asks)[:count]]

    def top(self) -> tuple[Level, Level]:
        """Return the best bid and ask."""
        return self._bids[max(self._bids)], self._asks[min(self._asks)]

    def _set(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for price, quantity in levels:
                if Decimal(quantity):
                    side[Decimal(price)] = (price, quantity)
                else:
                    side.pop(Decimal(price), None)
