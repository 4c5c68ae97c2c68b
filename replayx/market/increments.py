"""The steps in which prices and sizes move, inferred from those that were seen."""

from collections.abc import Sequence
from math import gcd

from replayx.market.market_view import Increments
from replayx.market.scaled import most_digits, scaled_column, unscaled

# With fewer different numbers than this, a common factor of theirs may be chance; among as many
# multiples of a step all are even by chance once in 2^32 times.
DISTINCT_MIN = 32
# Steps of venues are one of these times a power of ten (0.25, 0.5: futures; 2, 5: tick tables).
STEPS = (1, 2, 5, 25)


class StepFinder:
    """Finds the step of a symbol's prices, or of its sizes, from texts as they come."""

    def __init__(self) -> None:
        self._digits = 0
        self._divisor = 0
        self._distinct: dict[int, None] = {}

    def add(self, texts: Sequence[str]) -> None:
        """Take texts as the venue writes them. Raises ValueError if one is no decimal."""
        try:
            numbers = scaled_column(texts, self._digits)
        except ValueError:  # more digits than before; or no number, which the next try tells
            self._widen(max(most_digits(texts), self._digits))
            numbers = scaled_column(texts, self._digits)
        self._divisor = gcd(self._divisor, *numbers)
        if len(self._distinct) < DISTINCT_MIN:
            self._distinct.update(dict.fromkeys(filter(None, numbers[: 2 * DISTINCT_MIN])))

    def step(self) -> str | None:
        """Return the step, padded as the texts are; None: no number was seen."""
        if not self._divisor:
            return None
        wide = len(self._distinct) >= DISTINCT_MIN
        return unscaled(_step_in(self._divisor, STEPS if wide else (1,)), self._digits)

    def _widen(self, digits: int) -> None:
        factor = 10 ** (digits - self._digits)
        self._digits = digits
        self._divisor *= factor
        self._distinct = {number * factor: None for number in self._distinct}


def _step_in(divisor: int, steps: Sequence[int]) -> int:
    """Return the largest of the steps times a power of ten that divides `divisor`."""
    power = 1
    while divisor % (power * 10) == 0:
        power *= 10
    return max(step * power for step in steps if divisor % (step * power) == 0)


def increments(prices: StepFinder, sizes: StepFinder) -> Increments | None:
    """Return the steps of both; None: one of them is not known."""
    price, quantity = prices.step(), sizes.step()
    if price is None or quantity is None:
        return None
    return Increments(price, quantity)
