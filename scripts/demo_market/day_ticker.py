"""Rolling statistics: what a ticker says about a window, told from the one-minute bars."""

from typing import NamedTuple

from demo_market.candles import Candle, CandleSeries
from demo_market.history import DAY_MS


class WindowStatistics(NamedTuple):
    """The trades of a window. Prices are integers, `mean` is worth over lots."""

    open_ms: int
    close_ms: int
    first_id: int
    last_id: int
    count: int
    previous_close: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    worth: int

    @property
    def change(self) -> int:
        """The price change over the window."""
        return self.close - self.open

    @property
    def percent(self) -> str:
        """The change in percent, three decimals."""
        return f"{100 * self.change / self.open:.3f}"

    @property
    def mean(self) -> int:
        """The volume-weighted average price, rounded down."""
        return self.worth // self.lots


def window(series: CandleSeries, at_ms: int, *, span_ms: int = DAY_MS) -> WindowStatistics:
    """Return the statistics of the window that ends at `at_ms`: its whole minutes."""
    start = _first_inside(series, at_ms - span_ms)
    bars = series.bars[start:]
    traded = [bar for bar in bars if bar.count]
    return WindowStatistics(
        at_ms - span_ms,
        at_ms,
        traded[0].first_id,
        traded[-1].last_id,
        sum(bar.count for bar in traded),
        series.bars[start - 1].close,
        traded[0].open,
        max(bar.high for bar in traded),
        min(bar.low for bar in traded),
        traded[-1].close,
        sum(bar.lots for bar in traded),
        sum(bar.worth for bar in traded),
    )


def average_price(series: CandleSeries, *, minutes: int = 5) -> int:
    """Return the volume-weighted price of the last minutes, the forming one included."""
    bars: list[Candle] = [bar for bar in series.bars[-minutes:] if bar.count]
    return sum(bar.worth for bar in bars) // max(1, sum(bar.lots for bar in bars))


def _first_inside(series: CandleSeries, from_ms: int) -> int:
    first = series.bars[0].open_ms
    return max(1, -((first - from_ms) // series.interval_ms))
