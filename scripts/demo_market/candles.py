"""Candles: kept trade by trade, so that a candle always equals its trades."""

from typing import NamedTuple

MINUTE_MS = 60_000
INTERVALS_MS = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "1d": 24 * 60 * MINUTE_MS,
}


class Trade(NamedTuple):
    """One match between a taker and a maker."""

    id: int
    price: int
    lots: int
    at_ms: int
    buyer_is_maker: bool

    @property
    def worth(self) -> int:
        """Price times quantity, an integer of the instrument's smallest units."""
        return self.price * self.lots


class Candle(NamedTuple):
    """One bar; first_id and last_id are -1 and count 0 where nothing traded."""

    open_ms: int
    close_ms: int
    first_id: int
    last_id: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    count: int
    worth: int
    taker_lots: int
    taker_worth: int

    def with_trade(self, trade: Trade) -> "Candle":
        """Return this bar with one more trade."""
        is_first = self.count == 0
        taken = 0 if trade.buyer_is_maker else 1
        return self._replace(
            first_id=trade.id if is_first else self.first_id,
            last_id=trade.id,
            open=trade.price if is_first else self.open,
            high=trade.price if is_first else max(self.high, trade.price),
            low=trade.price if is_first else min(self.low, trade.price),
            close=trade.price,
            lots=self.lots + trade.lots,
            count=self.count + 1,
            worth=self.worth + trade.worth,
            taker_lots=self.taker_lots + taken * trade.lots,
            taker_worth=self.taker_worth + taken * trade.worth,
        )


def flat(open_ms: int, interval_ms: int, price: int) -> Candle:
    """Return a bar in which nothing has traded yet."""
    return Candle(
        open_ms, open_ms + interval_ms - 1, -1, -1, price, price, price, price, 0, 0, 0, 0, 0
    )


def joined(bars: list[Candle], interval_ms: int) -> Candle:
    """Return the bar of a longer interval that `bars` make up."""
    traded = [bar for bar in bars if bar.count] or bars[:1]
    open_ms = bars[0].open_ms - bars[0].open_ms % interval_ms
    return Candle(
        open_ms,
        open_ms + interval_ms - 1,
        traded[0].first_id,
        traded[-1].last_id,
        traded[0].open,
        max(bar.high for bar in traded),
        min(bar.low for bar in traded),
        traded[-1].close,
        sum(bar.lots for bar in bars),
        sum(bar.count for bar in bars),
        sum(bar.worth for bar in bars),
        sum(bar.taker_lots for bar in bars),
        sum(bar.taker_worth for bar in bars),
    )


def gathered(bars: list[Candle], interval_ms: int) -> list[Candle]:
    """Return `bars` as bars of a longer interval."""
    groups: dict[int, list[Candle]] = {}
    for bar in bars:
        groups.setdefault(bar.open_ms // interval_ms, []).append(bar)
    return [joined(group, interval_ms) for group in groups.values()]


class CandleSeries:
    """The bars of one interval: closed ones, and the forming one last."""

    def __init__(self, interval: str, bars: list[Candle]) -> None:
        self.interval = interval
        self.interval_ms = INTERVALS_MS[interval]
        self.bars = bars

    @property
    def forming(self) -> Candle:
        """The bar that has not closed yet."""
        return self.bars[-1]

    def roll(self, at_ms: int) -> None:
        """Open the bar that holds `at_ms`, and the empty ones before it."""
        while self.forming.close_ms < at_ms:
            last = self.forming
            self.bars.append(flat(last.open_ms + self.interval_ms, self.interval_ms, last.close))

    def add(self, trade: Trade) -> None:
        """Add a trade, in order."""
        self.roll(trade.at_ms)
        self.bars[-1] = self.bars[-1].with_trade(trade)
