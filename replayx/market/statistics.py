"""Statistics of the time before an instant: rolling windows, the day, the average price."""

from replayx.market.candles import CandleRows
from replayx.market.events import AveragePrice, Ticker
from replayx.market.instant import Instant
from replayx.market.interval import DAY_MS, MINUTE_MS
from replayx.market.scaled import unscaled
from replayx.market.trade_sums import UNKNOWN

# GET /api/v3/avgPrice answers {"mins":5,"price":"9.35751834",...}: eight digits, the rest cut.
AVERAGE_MINUTES = 5
AVERAGE_DIGITS = 8


def window(rows: CandleRows, start_ms: int, at: Instant) -> Ticker | None:
    """Return the statistics from `start_ms` (client's time) to now; None: nothing is known.

    Of a window that begins before anything is known they tell the part that is known.
    """
    total = rows.total(start_ms, at)
    if total is None:
        return None
    digits = rows.digits
    before = rows.last_close(start_ms, at)
    return Ticker(
        symbol=rows.symbol,
        start_ms=start_ms,
        end_ms=at.now_ms,
        open=unscaled(total.open, digits.price),
        high=unscaled(total.high, digits.price),
        low=unscaled(total.low, digits.price),
        last=unscaled(total.close, digits.price),
        volume=unscaled(total.volume, digits.size),
        quote_volume=unscaled(total.amount, digits.amount),
        first_id=total.first_id,
        last_id=total.last_id,
        trade_count=total.trade_count,
        last_quantity="" if total.last_size == UNKNOWN else unscaled(total.last_size, digits.size),
        previous_close="" if before is None else unscaled(before, digits.price),
    )


def day(rows: CandleRows, at: Instant) -> Ticker | None:
    """Return the statistics of the last 24 hours; None: nothing is known."""
    return window(rows, at.now_ms - DAY_MS, at)


def average_price(
    rows: CandleRows, at: Instant, *, minutes: int = AVERAGE_MINUTES
) -> AveragePrice | None:
    """Return the average price of the last minutes, weighted by size: the last price if nothing
    was traded in them; None: nothing is known.
    """
    last = rows.last_trade(at)
    total = rows.total(at.now_ms - minutes * MINUTE_MS, at)
    known = total or last
    if known is None:
        return None
    price, size, amount = rows.digits
    digits = max(AVERAGE_DIGITS, price)
    if total is not None and total.volume:
        mean = total.amount * 10 ** (digits + size) // (total.volume * 10**amount)
    else:
        mean = known.close * 10 ** (digits - price)
    # A candle's end is no trade's time, but nearest to it.
    last_ms = last.last_ms if last else min(known.last_ms, at.now_ms - at.shift_ms)
    return AveragePrice(rows.symbol, minutes, unscaled(mean, digits), last_ms + at.shift_ms)
