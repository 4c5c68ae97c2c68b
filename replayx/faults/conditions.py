"""Conditions on the market: `BTCUSDT > 60000`."""

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from replayx.errors import InvalidPlan

_COMPARISONS: MappingProxyType[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
)
# Digits are bounded: a number of millions of digits takes seconds to compare.
_CONDITION = re.compile(r"\s*(\S{1,40}?)\s*(>=|<=|>|<)\s*(\d{1,24}(?:\.\d{1,24})?)\s*")


class PriceCondition(NamedTuple):
    """The last trade of a symbol is above or below a price."""

    symbol: str
    comparison: str
    price: Decimal

    @property
    def text(self) -> str:
        """The condition as a plan has it."""
        return f"{self.symbol} {self.comparison} {self.price:f}"

    def is_met(self, price: Decimal) -> bool:
        """Say whether a trade at `price` meets it."""
        return _COMPARISONS[self.comparison](price, self.price)


def parse_price_condition(text: str, where: str) -> PriceCondition:
    """Return a condition such as `BTCUSDT > 60000`. Raises InvalidPlan."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InvalidPlan(
            f"the condition {text[:60]!r}",
            expected="a symbol, one of > >= < <=, and a price: BTCUSDT > 60000",
            where=where,
        )
    return PriceCondition(match[1].upper(), match[2], Decimal(match[3]))
