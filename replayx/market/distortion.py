"""Distortions: how a market is told otherwise than it was, for a while, exactly.

Prices are multiplied and rounded to the symbol's own step: bids down, asks up, trades to the
nearest. So whatever the factor, a bid that was below an ask stays below it, a trade stays between
them, and the highest of some trades is the highest of them afterwards.
"""

from bisect import bisect_left
from collections.abc import Iterable
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

import msgspec

from replayx.market.market_view import Increments
from replayx.market.scaled import digits_of, scaled, unscaled

ONE = Fraction(1)


class Distortion(msgspec.Struct, frozen=True, kw_only=True):
    """What prices and sizes are multiplied by: those of bids, of asks, and of trades.

    size: of the sizes in the book; what was traded stays. has_bids, has_asks: whether the book
    shows that side at all.
    """

    bid: Fraction = ONE
    ask: Fraction = ONE
    price: Fraction = ONE
    size: Fraction = ONE
    has_bids: bool = True
    has_asks: bool = True

    @classmethod
    def of_prices(cls, factor: Fraction, *, size: Fraction = ONE) -> "Distortion":
        """Return one that moves all prices alike."""
        return cls(bid=factor, ask=factor, price=factor, size=size)

    def joined(self, other: "Distortion") -> "Distortion":
        """Return what both do together."""
        return Distortion(
            bid=self.bid * other.bid,
            ask=self.ask * other.ask,
            price=self.price * other.price,
            size=self.size * other.size,
            has_bids=self.has_bids and other.has_bids,
            has_asks=self.has_asks and other.has_asks,
        )


NONE = Distortion()


class Timetable:
    """Which distortion is in force: each behind its start, up to and with the next start.

    Starts are ids of a book or times, in any unit.
    """

    def __init__(self, steps: Iterable[tuple[int, Distortion]]) -> None:
        # Of several that start together the last one counts: the others are never seen.
        in_force = dict(steps)
        self.starts = sorted(in_force)
        self._values = [NONE, *(in_force[start] for start in self.starts)]

    def at(self, place: int) -> Distortion:
        """Return what is in force at an id or time."""
        return self._values[bisect_left(self.starts, place)]

    def is_over(self, place: int) -> bool:
        """Say whether nothing is in force at an id or time, nor ever after."""
        return self._values[-1] == NONE and (not self.starts or place > self.starts[-1])

    def over(self, first: int, last: int) -> list[Distortion]:
        """Return what is in force from `first` to `last`, in order, each change once."""
        begin, end = bisect_left(self.starts, first), bisect_left(self.starts, last)
        values = self._values[begin : max(begin, end) + 1]
        return [one for k, one in enumerate(values) if not k or one != values[k - 1]]


class Rounding(Enum):
    """To which multiple of the step a price goes."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


class Grid(NamedTuple):
    """A symbol's steps, in whole numbers of the last digit that its texts have."""

    price_step: int
    price_digits: int
    size_step: int
    size_digits: int

    @classmethod
    def of(cls, increments: Increments) -> "Grid":
        """Return the grid of what was seen on the tape."""
        sides = []
        for text in increments:
            digits = digits_of(text)
            sides += [max(1, scaled(text, digits)), digits]
        return cls(*sides)

    def price(self, text: str, factor: Fraction, rounding: Rounding) -> str:
        """Return a price multiplied; one of no step is none any more. Texts may be no numbers."""
        return _multiplied(text, factor, (self.price_step, self.price_digits), rounding)

    def size(self, text: str, factor: Fraction) -> str:
        """Return a size multiplied: something stays something."""
        if factor == ONE or is_nothing(text):
            return text
        step = (self.size_step, self.size_digits)
        less = _multiplied(text, factor, step, Rounding.DOWN)
        return _multiplied(text, factor, step, Rounding.UP) if is_nothing(less) else less

    def bid(self, distortion: Distortion, text: str) -> str:
        """Return where a bid goes; empty: nowhere."""
        if not distortion.has_bids:
            return ""
        moved = self.price(text, distortion.bid, Rounding.DOWN)
        return "" if is_nothing(moved) else moved

    def ask(self, distortion: Distortion, text: str) -> str:
        """Return where an ask goes; empty: nowhere."""
        return self.price(text, distortion.ask, Rounding.UP) if distortion.has_asks else ""

    def trade(self, distortion: Distortion, text: str) -> str:
        """Return the price of a trade; it is never nought."""
        near = self.price(text, distortion.price, Rounding.NEAREST)
        return self.price(text, distortion.price, Rounding.UP) if is_nothing(near) else near

    @property
    def no_size(self) -> str:
        """No size, padded as sizes are."""
        return unscaled(0, self.size_digits)


def is_nothing(text: str) -> bool:
    """Say whether a text is a number of nothing, however padded, or empty."""
    return not text.strip("0.")


def _multiplied(text: str, factor: Fraction, step: tuple[int, int], rounding: Rounding) -> str:
    """Return a text multiplied, with as many digits as it has, or as the step needs."""
    if factor == ONE or not text:
        return text
    own, (size, digits) = digits_of(text), step
    together = max(own, digits)
    try:
        value = scaled(text, together)
    except ValueError:
        return text  # a recording may hold anything
    size *= 10 ** (together - digits)
    over, under = value * factor.numerator, size * factor.denominator
    if rounding is Rounding.UP:
        steps = -(-over // under)
    elif rounding is Rounding.DOWN:
        steps = over // under
    else:
        steps = (2 * over + under) // (2 * under)
    moved = unscaled(steps * size, together)
    if together == own:
        return moved
    kept = len(moved) - (together - own)
    return (moved[:kept] + moved[kept:].rstrip("0")).removesuffix(".")
