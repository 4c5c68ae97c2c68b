"""What Binance tells of its limits: periods, headers, and lists of limits.

Origin: rest-api.md "Limits", errors.md (-1034); derivatives docs for USDⓈ-M.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from replayx.clock import NS_PER_MS, NS_PER_S
from replayx.venues.rate_side import LimitRule, Usage

_INTERVALS = (
    ("DAY", 86_400 * NS_PER_S),
    ("HOUR", 3600 * NS_PER_S),
    ("MINUTE", 60 * NS_PER_S),
    ("SECOND", NS_PER_S),
    ("MILLISECOND", NS_PER_MS),  # the venue has none as short
)

TOO_MANY_CONNECTIONS = -1034


class Period(NamedTuple):
    """A window's length as Binance tells it: `5 MINUTE`."""

    number: int
    interval: str

    @property
    def text(self) -> str:
        """The period in an error's text."""
        return f"{self.number} {self.interval}"

    @property
    def suffix(self) -> str:
        """The period in a header's name (`1m`); empty where there is no letter for it."""
        return "" if self.interval == "MILLISECOND" else f"{self.number}{self.interval[0].lower()}"


def period_of(period_ns: int) -> Period:
    """Return a length in the largest interval that it is a multiple of."""
    fitting = ((name, ns) for name, ns in _INTERVALS if period_ns % ns == 0)
    name, ns = next(fitting)
    return Period(period_ns // ns, name)


def too_many_connections_text(rule: LimitRule) -> str:
    """Return what is said to those who tried to connect too often."""
    period = period_of(rule.period_ns).text
    return f"Too many connection attempts from IP; current limit is '{rule.limit}' per '{period}'."


def usage_headers(usages: Iterable[Usage], *, with_orders: bool) -> list[tuple[str, str]]:
    """Return the headers that tell what is used.

    Lower case: some clients look them up in a plain dict.
    """
    headers: list[tuple[str, str]] = []
    for rule, used in usages:
        suffix = period_of(rule.period_ns).suffix
        if rule.kind == "REQUEST_WEIGHT" and rule.is_told:
            headers.append(("x-mbx-used-weight", str(used)))
            if suffix:
                headers.append((f"x-mbx-used-weight-{suffix}", str(used)))
        elif rule.kind == "ORDERS" and with_orders and suffix:
            headers.append((f"x-mbx-order-count-{suffix}", str(used)))
    return headers


def limit_row(rule: LimitRule, used: int | None = None) -> dict[str, object]:
    """Return a limit as `rateLimits` lists it, with what is used of it if that is told."""
    period = period_of(rule.period_ns)
    row: dict[str, object] = {
        "rateLimitType": rule.kind,
        "interval": period.interval,
        "intervalNum": period.number,
        "limit": rule.limit,
    }
    return row if used is None else {**row, "count": used}


def rows_json(rows: Iterable[dict[str, object]]) -> bytes:
    """Return a list of limits as JSON."""
    return msgspec.json.encode(list(rows))
