"""The contract's mark and index prices, funding and open interest."""

from typing import NamedTuple

from demo_market.history import HOUR_MS
from demo_market.instrument import MARK_PLACES, decimal
from demo_market.trading import Trading

FUNDING_MS = 8 * HOUR_MS
AVERAGE_WEIGHT = 1 / 30  # the mark's moving average, one step a second
INTEREST_RATE = "0.00010000"


class Mark(NamedTuple):
    """One instant's prices, as text."""

    mark: str
    index: str
    settle: str
    average: str
    funding_rate: str
    next_funding_ms: int


class Pricing:
    """Follows the market second by second."""

    def __init__(self, trading: Trading) -> None:
        self._trading = trading
        self._scale = 10**trading.instrument.price_places
        self._average = trading.book.middle
        self._basis = 0.0
        self._interest_lots = trading.instrument.mean_lots * 190_000

    def advance(self, value: float) -> None:
        """Move one second on; `value` is the underlying's, in price units."""
        middle = self._trading.book.middle
        self._basis += AVERAGE_WEIGHT * (middle - value - self._basis)
        self._average += AVERAGE_WEIGHT * (middle - self._average)
        self._interest_lots += (self._trading.update_id % 2001 - 1000) // 10

    def mark(self, event_ms: int, value: float) -> Mark:
        """Return the prices at an instant."""
        premium = self._basis / value
        rate = 0.0001 + max(-0.0005, min(0.0005, premium - 0.0001)) / 8
        return Mark(
            mark=self._text(value + self._basis),
            index=self._text(value),
            settle=self._text(value + self._basis / 2),
            average=self._text(self._average),
            funding_rate=f"{rate:.8f}",
            next_funding_ms=(event_ms // FUNDING_MS + 1) * FUNDING_MS,
        )

    @property
    def open_interest(self) -> str:
        """Open contracts, in the base asset."""
        return self._trading.instrument.lots(self._interest_lots)

    def _text(self, units: float) -> str:
        return decimal(round(units / self._scale * 10**MARK_PLACES), MARK_PLACES, MARK_PLACES)
