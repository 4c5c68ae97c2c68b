"""What traded before the tape: candles that end exactly where the market starts."""

from random import Random

from demo_market.candles import INTERVALS_MS, MINUTE_MS, Candle, CandleSeries, gathered
from demo_market.instrument import Instrument
from replayx.rng import named_stream

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# How far back each interval reaches beyond the finer one: minutes cover 24 h tickers and a
# thousand rows; a bot's usual 500 rows exist for 5m and 1h; the market is 200 days old.
MINUTES_BACK_MS = 34 * HOUR_MS
FIVE_MINUTES_BACK_MS = 44 * HOUR_MS
HOURS_BACK_MS = 22 * DAY_MS
DAYS_BACK_MS = 200 * DAY_MS
MINUTE_VOLATILITY = 0.00042  # of a one-minute return
TRADES_PER_MINUTE = 260


def reach(interval: str, until_ms: int) -> int:
    """Return where an interval's own history begins, aligned so that longer bars are whole."""
    back_ms, grid_ms = {
        "1m": (MINUTES_BACK_MS, HOUR_MS),
        "5m": (FIVE_MINUTES_BACK_MS, HOUR_MS),
        "1h": (HOURS_BACK_MS, DAY_MS),
        "1d": (DAYS_BACK_MS, DAY_MS),
    }[interval]
    return (until_ms - back_ms) // grid_ms * grid_ms


def history(instrument: Instrument, seed: int, until_ms: int) -> dict[str, CandleSeries]:
    """Return the candles of every interval up to `until_ms`, the start of a minute."""
    draws = named_stream(seed, f"demo/history/{instrument.market}/{instrument.symbol}")
    end_ms, price, next_id = until_ms, instrument.start_price, instrument.first_trade_id
    bars: list[Candle] = []
    series = {}
    for interval, interval_ms in INTERVALS_MS.items():
        bars = gathered(bars, interval_ms)
        start_ms = reach(interval, until_ms)
        older = _walk(instrument, draws, (start_ms, end_ms, interval_ms), price, next_id)
        bars = older + bars
        end_ms, price, next_id = start_ms, bars[0].open, bars[0].first_id
        series[interval] = CandleSeries(interval, list(bars))
    return series


def _walk(
    instrument: Instrument,
    draws: Random,
    span: tuple[int, int, int],
    price: int,
    next_id: int,
) -> list[Candle]:
    """Return bars over `span`, drawn backwards from the price and the trade id they lead to."""
    start_ms, end_ms, interval_ms = span
    bars = []
    for open_ms in range(end_ms - interval_ms, start_ms - 1, -interval_ms):
        bar = _bar(instrument, draws, (open_ms, interval_ms), price, next_id)
        bars.append(bar)
        price, next_id = bar.open, bar.first_id
    return bars[::-1]


def _bar(
    instrument: Instrument,
    draws: Random,
    span: tuple[int, int],
    close: int,
    next_id: int,
) -> Candle:
    open_ms, interval_ms = span
    tick, minutes = instrument.tick, interval_ms // MINUTE_MS
    swing = close * MINUTE_VOLATILITY * minutes**0.5
    start = _on_tick(close - draws.gauss(0, swing), tick)
    high = max(start, close) + _on_tick(abs(draws.gauss(0, swing / 2)), tick)
    low = min(start, close) - _on_tick(abs(draws.gauss(0, swing / 2)), tick)
    count = max(1, int(TRADES_PER_MINUTE * minutes * draws.lognormvariate(-0.1, 0.45)))
    lots = max(count, int(count * instrument.mean_lots * 0.3 * draws.lognormvariate(-0.05, 0.3)))
    taker = int(lots * min(0.95, max(0.05, draws.gauss(0.5, 0.08))))
    mean = (start + close + high + low) // 4
    return Candle(
        open_ms,
        open_ms + interval_ms - 1,
        next_id - count,
        next_id - 1,
        start,
        high,
        low,
        close,
        lots,
        count,
        lots * mean,
        taker,
        taker * mean,
    )


def _on_tick(price: float, tick: int) -> int:
    return round(price / tick) * tick
