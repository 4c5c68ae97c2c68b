"""The market at one instant, as answers are derived from it: a Protocol."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    MarkPrice,
    Ticker,
    Trade,
)


class Increments(NamedTuple):
    """The smallest steps seen in a symbol's prices and sizes, and how both are padded."""

    price: str
    quantity: str


class MarketView(Protocol):
    """What can be known of a market at one instant of the tape, and nothing that came later.

    All times, in and out, are the client's: where the tape is rebased they are shifted already,
    and candles begin on the shifted grid. None, or nothing, means that the tape does not tell.
    """

    now_ms: int

    def symbols(self) -> tuple[str, ...]:
        """Return the symbols of which the tape tells anything, in alphabetical order."""
        ...

    def book(self, symbol: str, levels: int) -> BookSnapshot | None:
        """Return at most `levels` best levels of each side, best first."""
        ...

    def top(self, symbol: str) -> BookTop | None:
        """Return the best quotes."""
        ...

    def trades(self, symbol: str, limit: int, *, from_id: int | None = None) -> Sequence[Trade]:
        """Return trades in the order of their ids: from `from_id` on, or the last ones."""
        ...

    def agg_trades(
        self,
        symbol: str,
        limit: int,
        *,
        from_id: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
    ) -> Sequence[AggTrade]:
        """Return aggregated trades in order: the first from `from_id` or `start_ms` on, or the
        last up to `end_ms` (or up to now).
        """
        ...

    def candles(
        self,
        symbol: str,
        interval: str,
        limit: int,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        zone_ms: int = 0,
    ) -> Sequence[Candle]:
        """Return candles in order whose start lies within both bounds: the first from `start_ms`
        on, or the last ones. The one that is still open is the last. ValueError: no such interval.
        """
        ...

    def window(self, symbol: str, start_ms: int) -> Ticker | None:
        """Return the statistics from `start_ms` to now, as far back as the tape reaches."""
        ...

    def day(self, symbol: str) -> Ticker | None:
        """Return the rolling 24 hours: as the venue told them, or computed."""
        ...

    def average_price(self, symbol: str) -> AveragePrice | None:
        """Return the venue's average price of the last minutes."""
        ...

    def mark_price(self, symbol: str) -> MarkPrice | None:
        """Return mark price and funding."""
        ...

    def increments(self, symbol: str) -> Increments | None:
        """Return the steps of prices and sizes seen on the whole tape."""
        ...
