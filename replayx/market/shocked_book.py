"""A book's differences told otherwise: the same ids, other levels.

What a difference has to say depends on its ids alone, however the stream was recorded: the book at
its last id, as the distortion in force there shows it. Where that changed since its first id, it
says a whole book: it takes away every level that any distortion in force meanwhile showed, and
sets every level there is now. Whoever follows the published rule, from whatever snapshot among
those ids, has the book of the last id then.

Several levels may go to one price. The size there is that of the best of them: so the best level of
a book, and what is told of the best quotes, are the same.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from replayx.market.book import ZEROS, is_decimal
from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import UNLINKED, BookDelta, BookSnapshot, Level

_Place = Callable[[Distortion, str], str]


class ShockedBook:
    """Follows one stream of differences, and tells it otherwise."""

    def __init__(self, grid: Grid, timetable: Timetable, book: BookSnapshot | None) -> None:
        """Begin with the book as recorded, before the stream's next difference."""
        self._timetable = timetable
        self.last_id = -1
        self._bids = _Side(grid, grid.bid, is_bid=True)
        self._asks = _Side(grid, grid.ask, is_bid=False)
        self.load(book)

    def load(self, book: BookSnapshot | None) -> None:
        """Take the book as recorded, where differences are missing."""
        if book is not None:
            self.last_id = book.last_id
            self._bids.load(book.bids)
            self._asks.load(book.asks)

    def joins(self, delta: BookDelta) -> bool:
        """Say whether no differences are missing in front of this one."""
        return before(delta) <= self.last_id

    def told(self, delta: BookDelta) -> BookDelta:
        """Return what a difference says; itself if nothing is otherwise."""
        over = self._timetable.over(before(delta), delta.last_id)
        bids = self._bids.told(delta.bids, over)
        asks = self._asks.told(delta.asks, over)
        self.last_id = max(self.last_id, delta.last_id)
        return delta if over == [NONE] else replace(delta, bids=bids, asks=asks)


def before(delta: BookDelta) -> int:
    """Return the id in front of a difference."""
    return delta.first_id - 1 if delta.previous_id == UNLINKED else delta.previous_id


class _Side:
    """One side of a book as recorded, and which of its levels go to which price."""

    def __init__(self, grid: Grid, place: _Place, *, is_bid: bool) -> None:
        self._grid = grid
        self._place = place
        self._is_bid = is_bid
        self._sizes: dict[str, str] = {}
        self._shown: Distortion = NONE
        self._placed: dict[str, str] = {}
        self._members: dict[str, dict[str, None]] = {}

    def load(self, levels: Sequence[Level]) -> None:
        self._sizes = {}
        self._show(self._shown)
        self._take(levels)

    def told(self, levels: Sequence[Level], over: Sequence[Distortion]) -> tuple[Level, ...]:
        """Take over new sizes; return what is to be said of them."""
        levels = [level for level in levels if is_decimal(level[0])]
        if over == [NONE] == [self._shown]:
            self._update(levels)
            return tuple(levels)
        if len(over) == 1 and over[0] == self._shown:
            self._take(levels)
            places = dict.fromkeys(self._placed_at(price) for price, _ in levels)
            return self._levels(place for place in places if place)
        known = [*self._sizes, *(price for price, _ in levels if price not in self._sizes)]
        places = dict.fromkeys(self._place(one, price) for one in over for price in known)
        self._update(levels)
        self._show(over[-1])
        return self._levels(place for place in {**places, **dict.fromkeys(self._members)} if place)

    def _update(self, levels: Sequence[Level]) -> None:
        for price, size in levels:
            if size in ZEROS:
                self._sizes.pop(price, None)
            else:
                self._sizes[price] = size

    def _take(self, levels: Sequence[Level]) -> None:
        self._update(levels)
        for price, _ in levels:
            members = self._members.setdefault(self._placed_at(price), {})
            if price in self._sizes:
                members[price] = None
            else:
                members.pop(price, None)

    def _show(self, distortion: Distortion) -> None:
        self._shown = distortion
        self._placed, self._members = {}, {}
        for price in self._sizes if distortion != NONE else ():
            self._members.setdefault(self._placed_at(price), {})[price] = None

    def _placed_at(self, price: str) -> str:
        place = self._placed.get(price)
        if place is None:
            place = self._placed[price] = self._place(self._shown, price)
        return place

    def _levels(self, places: Iterable[str]) -> tuple[Level, ...]:
        """Return what there is at some prices, best first."""
        ordered = sorted(places, key=float, reverse=self._is_bid)
        return tuple((place, self._size(place)) for place in ordered)

    def _size(self, place: str) -> str:
        if self._shown == NONE:
            return self._sizes.get(place, self._grid.no_size)
        members = self._members.get(place)
        if not members:
            return self._grid.no_size
        best = max(members, key=float) if self._is_bid else min(members, key=float)
        return self._grid.size(self._sizes[best], self._shown.size)


def shown(
    grid: Grid, distortion: Distortion, levels: Sequence[Level], *, is_bid: bool
) -> tuple[Level, ...]:
    """Return levels, best first, as a distortion shows them."""
    place = grid.bid if is_bid else grid.ask
    found: dict[str, str] = {}
    for price, size in levels:
        where = place(distortion, price) if is_decimal(price) else ""
        if where and where not in found:
            found[where] = grid.size(size, distortion.size)
    return tuple(found.items())
