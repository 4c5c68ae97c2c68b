"""An order book: sizes by price, kept as the venue's texts, under the rule of update ids.

    unknown ──load──▶ known ──a gap──▶ broken ──load──▶ known
       └─────a gap──▶ broken

*Unknown*: no snapshot yet; the book holds the levels that deltas have told so far. *Known*: it is
the venue's book. *Broken*: deltas are missing since the snapshot. Levels may then be out of date,
so what a newer delta contradicts goes: a book is never crossed by what was lost.

The rule, in no venue's words: a delta that ends at or before the last id is old. One that is linked
follows if its link is not beyond the last id; any other one if it begins right behind it, or
before. Everything else is a gap. Origin: "How to manage a local order book correctly",
web-socket-streams.md, and its USDⓈ-M twin.
"""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush, nlargest, nsmallest
from typing import Self

from replayx.market.events import UNLINKED, BookDelta, BookSnapshot, BookTop, Level

# Prices have at most so many decimals on any venue known (18: wei).
_DECIMALS_MAX = 18
ZEROS = frozenset({"", "0", *("0." + "0" * places for places in range(_DECIMALS_MAX + 1))})

UNKNOWN_ID = -1


def is_decimal(text: str) -> bool:
    """Say whether a text is a price or size: digits, with a point among them or without."""
    whole, _, fraction = text.partition(".")
    return text.isascii() and (whole + fraction).isdigit()


def are_decimals(texts: Sequence[str]) -> bool:
    """Say whether all texts are prices or sizes: quick where they are."""
    together = "".join(texts)
    if not (together.isascii() and together.replace(".", "").isdigit()):
        return not texts
    try:
        list(map(float, texts))
    except ValueError:
        return False
    return True


class Side:
    """One side of a book: sizes by price, and where its best price is, once that is asked for.

    Sizes of zero stay until somebody looks: a removal then costs no more than any other change.
    Prices are compared as floats: those of one market differ within 15 digits.
    """

    __slots__ = ("_heap", "_sign", "sizes")

    def __init__(self, sign: int) -> None:
        """Take -1 for bids, of which the highest is the best, and 1 for asks."""
        self.sizes: dict[str, str] = {}
        self._sign = sign
        self._heap: list[tuple[float, str]] | None = None

    def update(self, levels: Iterable[Level]) -> None:
        """Take over new sizes."""
        if self._heap is None:
            self.sizes.update(levels)
            return
        for price, size in levels:
            if size not in ZEROS and self.sizes.get(price, "") in ZEROS and is_decimal(price):
                heappush(self._heap, (self._sign * float(price), price))
            self.sizes[price] = size

    def replace(self, levels: Iterable[Level]) -> None:
        """Forget everything and take these levels."""
        self.sizes = dict(levels)
        self._heap = None

    def best(self) -> Level | None:
        """Return the best level; fast if asked after every change."""
        if self._heap is None or len(self._heap) > 4 * len(self.sizes) + 64:
            self._order()
            self._heap = [(self._sign * float(price), price) for price in self.sizes]
            heapify(self._heap)
        heap = self._heap
        while heap:
            price = heap[0][1]
            size = self.sizes.get(price, "")
            if size not in ZEROS:
                return price, size
            heappop(heap)
        return None

    def levels(self, count: int) -> tuple[Level, ...]:
        """Return at most `count` levels, best first."""
        prices = self._order()
        choose = nsmallest if self._sign > 0 else nlargest
        if count * 8 < len(prices):
            chosen = choose(count, prices, key=float)
        else:
            chosen = sorted(prices, key=float, reverse=self._sign < 0)[:count]
        return tuple((price, self.sizes[price]) for price in chosen)

    def purge(self) -> None:
        """Drop the levels that were removed."""
        self.sizes = {price: size for price, size in self.sizes.items() if size not in ZEROS}

    def _order(self) -> list[str]:
        """Drop what is no level, and return the prices: all of them are numbers."""
        self.purge()
        try:
            list(map(float, self.sizes))
        except ValueError:  # a recording may hold anything
            self.sizes = {price: size for price, size in self.sizes.items() if is_decimal(price)}
        return list(self.sizes)

    def drop_through(self, limit: float, told: dict[str, str]) -> list[Level]:
        """Remove levels that are at `limit` or better, except those just told; return removals."""
        removed: list[Level] = []
        kept: list[Level] = []
        while (level := self.best()) is not None and self._sign * (float(level[0]) - limit) <= 0:
            if level[0] in told:
                kept.append(level)
            else:
                removed.append((level[0], "0"))
            self.sizes[level[0]] = "0"
        self.update(kept)
        return removed

    def copy(self) -> "Side":
        """Return a side that changes apart from this one."""
        twin = Side(self._sign)
        twin.sizes = self.sizes.copy()
        return twin


class Book:
    """One symbol's order book."""

    __slots__ = ("asks", "bids", "depth", "is_broken", "last_id", "time_ms")

    def __init__(self) -> None:
        self.bids, self.asks = Side(-1), Side(1)
        self.last_id = UNKNOWN_ID
        self.time_ms = 0
        self.depth = 0  # how many levels a side the snapshot was asked for; 0: there was none
        self.is_broken = False

    @property
    def is_known(self) -> bool:
        """Whether it is the venue's book: a snapshot, and every delta since."""
        return self.depth > 0 and not self.is_broken

    def load(self, snapshot: BookSnapshot, *, depth: int = 0) -> None:
        """Become what a snapshot tells, which was asked for with so many levels."""
        self.bids.replace(snapshot.bids)
        self.asks.replace(snapshot.asks)
        self.last_id = snapshot.last_id
        self.time_ms = snapshot.time_ms
        self.depth = depth or max(len(snapshot.bids), len(snapshot.asks), 1)
        self.is_broken = False

    def apply(self, delta: BookDelta) -> list[Level] | None:
        """Take over a delta. Returns None if it is old, else what it contradicted: removals.

        Removals of both sides are in one list: prices of bids and asks cannot be equal.
        """
        if not self._follow(delta):
            return None
        self.bids.update(delta.bids)
        self.asks.update(delta.asks)
        return self._uncross(delta) if self.is_broken else []

    def best(self) -> tuple[Level | None, Level | None]:
        """Return the best bid and ask; fast if asked after every delta."""
        return self.bids.best(), self.asks.best()

    def top(self, symbol: str) -> BookTop:
        """Return the best quotes; texts are empty where a side is."""
        bid, ask = self.best()
        return BookTop(symbol, self.last_id, *(bid or ("", "")), *(ask or ("", "")), self.time_ms)

    def levels(self, count: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Return at most `count` bids and asks, best first."""
        return self.bids.levels(count), self.asks.levels(count)

    def snapshot(self, symbol: str, count: int) -> BookSnapshot:
        """Return at most `count` levels a side as an event."""
        return BookSnapshot(symbol, self.last_id, *self.levels(count), self.time_ms)

    def copy(self) -> Self:
        """Return a book that changes apart from this one."""
        twin = type(self)()
        twin.bids, twin.asks = self.bids.copy(), self.asks.copy()
        twin.last_id, twin.time_ms = self.last_id, self.time_ms
        twin.depth, twin.is_broken = self.depth, self.is_broken
        return twin

    def _follow(self, delta: BookDelta) -> bool:
        """Note where the deltas are, and whether some are missing; False for an old one."""
        if self.last_id != UNKNOWN_ID:
            if delta.last_id <= self.last_id:
                return False
            is_linked = delta.previous_id != UNLINKED
            before = delta.previous_id if is_linked else delta.first_id - 1
            if before > self.last_id:
                self.is_broken = True
        self.last_id = delta.last_id
        self.time_ms = delta.time_ms
        return True

    def _uncross(self, delta: BookDelta) -> list[Level]:
        removed: list[Level] = []
        bids, asks = (
            [float(price) for price, size in side if size not in ZEROS and is_decimal(price)]
            for side in (delta.bids, delta.asks)
        )
        if bids:
            removed += self.asks.drop_through(max(bids), dict(delta.asks))
        if asks:
            removed += self.bids.drop_through(min(asks), dict(delta.bids))
        return removed
