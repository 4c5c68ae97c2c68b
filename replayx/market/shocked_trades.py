"""What was traded on a tape, as it was and as a distortion tells it: what candles add up.

A candle that a venue told is right about what nobody else saw: trades before the tape, volumes,
counts. Only what the trades in it changed is changed: its extremes and amounts, by exactly so much.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from replayx.market.distortion import Grid, Timetable
from replayx.market.events import AggTrade
from replayx.market.scaled import digits_of, scaled, unscaled

_Choice = Callable[[Sequence[int]], int]

# Trades whose extremes are kept together: a question about many looks at few.
_BLOCK = 256


class Span(NamedTuple):
    """Trades `first` to `stop` of a ledger."""

    first: int
    stop: int


class TradeLedger:
    """The trades of one symbol, in order, each as it was and as it is told."""

    def __init__(self, grid: Grid, by_ms: Timetable, trades: Iterable[AggTrade]) -> None:
        """Take trades in the order of their ids."""
        self._grid = grid
        self._digits = grid.price_digits + grid.size_digits
        self._first_ids, self._last_ids, self._times = array("q"), array("q"), array("q")
        self._old: list[int] = []
        self._new: list[int] = []
        amounts: list[int] = []
        takers: list[int] = []
        all_paid: list[int] = []
        changed = array("b")
        for one in trades:
            told = grid.trade(by_ms.at(one.time_ms), one.price)
            old, new = (self._price(text) for text in (one.price, told))
            size = scaled(one.quantity, grid.size_digits)
            self._first_ids.append(one.first_id)
            self._last_ids.append(one.last_id)
            self._times.append(one.time_ms)
            self._old.append(old)
            self._new.append(new)
            changed.append(old != new)
            amounts.append((new - old) * size)
            takers.append(0 if one.buyer_is_maker else (new - old) * size)
            all_paid.append(old * size)
        # What was added before trade k stands at k.
        self._amounts = list(accumulate(amounts, initial=0))
        self._takers = list(accumulate(takers, initial=0))
        self._paid = list(accumulate(all_paid, initial=0))
        self._changed = array("q", accumulate(changed, initial=0))
        self._highs = [_blocks(column, max) for column in (self._old, self._new)]
        self._lows = [_blocks(column, min) for column in (self._old, self._new)]

    def __len__(self) -> int:
        return len(self._times)

    # ---- which trades

    def by_ids(self, first_id: int, last_id: int) -> Span:
        """Return the trades among these ids."""
        first = bisect_left(self._last_ids, first_id)
        return Span(first, max(first, bisect_right(self._first_ids, last_id)))

    def by_times(self, first_ms: int, last_ms: int) -> Span:
        """Return the trades between these times, both inclusive."""
        first = bisect_left(self._times, first_ms)
        return Span(first, max(first, bisect_right(self._times, last_ms)))

    def is_changed(self, span: Span) -> bool:
        """Say whether any of the trades is told otherwise."""
        return self._changed[span.stop] != self._changed[span.first]

    # ---- what they tell

    def open(self, span: Span, price: str, first_id: int) -> str | None:
        """Return how the first trade is told; None if a trade before it was the first.

        `first_id` is its id, negative if only its price is known.
        """
        k = span.first
        is_it = first_id < 0 or self._first_ids[k] <= first_id
        known = is_it and self._old[k] == self._price(price)
        return self._text(self._new[k]) if known else None

    def close(self, span: Span, price: str) -> str | None:
        """Return how the last trade at a price is told; None if none of the last was at it."""
        wanted = self._price(price)
        for k in range(span.stop - 1, max(span.first, span.stop - _BLOCK) - 1, -1):
            if self._old[k] == wanted:
                return self._text(self._new[k])
        return None

    def before(self, time_ms: int, price: str) -> str | None:
        """Return how the last trade before a time is told; None if none of the last was at it."""
        return self.close(Span(0, bisect_left(self._times, time_ms)), price)

    def high(self, span: Span, price: str) -> str:
        """Return the highest price, where it was `price`."""
        old, new = (self._extreme(span, k, max) for k in (0, 1))
        told = self._price(price)
        return self._padded(max(told, new) if told > old else new, price)

    def low(self, span: Span, price: str) -> str:
        """Return the lowest price, where it was `price`."""
        old, new = (self._extreme(span, k, min) for k in (0, 1))
        told = self._price(price)
        return self._padded(min(told, new) if told < old else new, price)

    def amount(self, span: Span, amount: str, *, of_takers: bool = False) -> str:
        """Return what was paid, where it was `amount`."""
        sums = self._takers if of_takers else self._amounts
        own = digits_of(amount)
        more = max(self._digits, own)
        added = (sums[span.stop] - sums[span.first]) * 10 ** (more - self._digits)
        value = scaled(amount, more) + added
        return unscaled(max(0, value // 10 ** (more - own)), own)

    def mean(self, span: Span, price: str) -> str:
        """Return an average of what was paid, where it was `price`."""
        paid = self._paid[span.stop] - self._paid[span.first]
        if not paid:
            return price
        added = self._amounts[span.stop] - self._amounts[span.first]
        own = digits_of(price)
        return unscaled(round(scaled(price, own) * (1 + Fraction(added, paid))), own)

    # ---- numbers

    def _price(self, text: str) -> int:
        """Return a price in the grid's digits; what texts have more than that is nought."""
        spare = digits_of(text) - self._grid.price_digits
        return scaled(text[:-spare] if spare > 0 else text, self._grid.price_digits)

    def _text(self, price: int) -> str:
        return unscaled(price, self._grid.price_digits)

    def _padded(self, price: int, like: str) -> str:
        own, digits = digits_of(like), self._grid.price_digits
        if own >= digits:
            return unscaled(price * 10 ** (own - digits), own)
        return unscaled(price, digits)

    def _extreme(self, span: Span, which: int, choose: _Choice) -> int:
        column = (self._old, self._new)[which]
        blocks = (self._highs if choose is max else self._lows)[which]
        first, stop = -(-span.first // _BLOCK), span.stop // _BLOCK
        if first >= stop:
            return choose(column[span.first : span.stop])
        ends = (*column[span.first : first * _BLOCK], *column[stop * _BLOCK : span.stop])
        return choose((*blocks[first:stop], *ends))


def _blocks(column: Sequence[int], choose: _Choice) -> list[int]:
    return [choose(column[k : k + _BLOCK]) for k in range(0, len(column), _BLOCK)]
