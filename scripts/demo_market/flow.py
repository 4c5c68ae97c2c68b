"""Order flow: clustered in time, its takers persistent in direction, its prices tied to a value.

Arrivals are a branching (Hawkes) process; the sign of taker orders has memory; both are what
order flow is known for (Bouchaud, Bonart, Donier, Gould: Trades, Quotes and Prices, ch. 2, 9, 10).
"""

from random import Random

from demo_market.book import Side
from demo_market.instrument import Instrument
from demo_market.trading import AggTrade, Trading
from replayx.rng import named_stream

BRANCHING = 0.62  # children an event has on average
CHILD_DELAY_MS = 55.0
TAKER_SHARE = 0.11
CANCEL_SHARE = 0.38
SIGN_MEMORY = 0.72  # how often a taker goes the way of the one before
VALUE_STEP_MS = 100
VALUE_VOLATILITY = 0.00001  # of the value per step: about 1 % a day
WITHDRAWAL = 0.45  # how often makers pull quotes that the value has passed


def arrivals(draws: Random, per_s: int, start_ms: int, end_ms: int) -> list[int]:
    """Return the times of clustered events over a span, sorted."""
    parents_per_ms = per_s * (1 - BRANCHING) / 1000
    times: list[int] = []
    at = float(start_ms)
    while (at := at + draws.expovariate(parents_per_ms)) < end_ms:
        generation = [at]
        while generation:
            times.extend(int(one) for one in generation)
            generation = [
                one + draws.expovariate(1 / CHILD_DELAY_MS)
                for one in generation
                if draws.random() < BRANCHING
            ]
    return sorted(one for one in times if one < end_ms)


def value_path(seed: int, base: str, start_ms: int, end_ms: int) -> list[float]:
    """Return the asset's value relative to its start: one path, which all its markets follow."""
    draws = named_stream(seed, f"demo/value/{base}")
    path, value = [], 1.0
    for _ in range(start_ms, end_ms + VALUE_STEP_MS, VALUE_STEP_MS):
        path.append(value)
        value *= 1 + draws.gauss(0, VALUE_VOLATILITY)
    return path


class OrderFlow:
    """Decides what the next order is."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        name = f"demo/flow/{instrument.market}/{instrument.symbol}"
        self._draws = named_stream(seed, name)
        self._instrument = instrument
        self._is_buy = True

    def arrivals(self, start_ms: int, end_ms: int) -> list[int]:
        """Return when orders come."""
        return arrivals(self._draws, self._instrument.events_per_s, start_ms, end_ms)

    def fill(self, trading: Trading, at_ms: int) -> None:
        """Lay the book out at the start."""
        one, price = self._instrument, self._instrument.start_price
        for is_bid in (True, False):
            for _ in range(one.level_count):
                away = one.tick + self._distance(price)
                trading.place(
                    at_ms, price - away if is_bid else price + away, self._lots(2.0), is_bid=is_bid
                )

    def step(self, trading: Trading, at_ms: int, value: float) -> list[AggTrade]:
        """Let one order arrive; `value` is what the instrument is worth now."""
        draw = self._draws.random()
        if draw < TAKER_SHARE:
            return self._take(trading, at_ms, value)
        is_bid = self._draws.random() < 0.5
        side = trading.book.side(is_bid=is_bid)
        depth, target = len(side), self._instrument.level_count
        if _is_exposed(side, value) and self._draws.random() < WITHDRAWAL:
            self._withdraw(trading, at_ms, value, is_bid=is_bid)
            return []
        wants_cancel = draw < TAKER_SHARE + CANCEL_SHARE * min(2.0, (depth / target) ** 4)
        if wants_cancel and depth > target // 2:
            self._cancel(trading, at_ms, is_bid=is_bid)
        else:
            self._place(trading, at_ms, value, is_bid=is_bid)
        return []

    def _take(self, trading: Trading, at_ms: int, value: float) -> list[AggTrade]:
        pull = (value - trading.book.middle) / (trading.book.middle * 0.00012)
        if self._draws.random() > SIGN_MEMORY:
            self._is_buy = self._draws.random() < 0.5 + max(-0.45, min(0.45, pull))
        return trading.take(at_ms, self._lots(0.6), is_buy=self._is_buy)

    def _place(self, trading: Trading, at_ms: int, value: float, *, is_bid: bool) -> None:
        tick = self._instrument.tick
        own, other = trading.book.side(is_bid=is_bid), trading.book.side(is_bid=not is_bid)
        inward = 1 if is_bid else -1
        room = abs(other.best - own.best) // tick - 1
        draw = self._draws.random()
        if draw < 0.55 and room > 0 and not _is_exposed(own, value):
            reach = max(1, min(room, int(abs(value - own.best)) // tick))
            price = own.best + inward * tick * self._draws.randint((2 * reach + 2) // 3, reach)
        elif draw < 0.65 and not _is_exposed(own, value):
            price = own.best
        else:
            price = own.best - inward * self._distance(own.best)
        trading.place(at_ms, price, self._lots(1.0), is_bid=is_bid)

    def _withdraw(self, trading: Trading, at_ms: int, value: float, *, is_bid: bool) -> None:
        """Take away the best levels that the value has left behind."""
        side = trading.book.side(is_bid=is_bid)
        for _ in range(self._draws.randint(1, 4)):
            if _is_exposed(side, value) and len(side) > self._instrument.level_count // 2:
                trading.cancel(at_ms, side.best, side.at(side.best), is_bid=is_bid)

    def _cancel(self, trading: Trading, at_ms: int, *, is_bid: bool) -> None:
        side = trading.book.side(is_bid=is_bid)
        place = min(len(side) - 1, int(self._draws.expovariate(1 / (len(side) * 0.4))))
        price = side.price_at(place)
        whole = self._draws.random() < 0.75
        lots = side.at(price) if whole else max(1, side.at(price) // 2)
        trading.cancel(at_ms, price, lots, is_bid=is_bid)

    def _distance(self, price: int) -> int:
        """Return how far from the best price an order rests: a power law, in whole ticks."""
        tick = self._instrument.tick
        away = (self._draws.random() ** -0.7 - 1) * price * 0.00003
        return min(price // 50, int(away)) // tick * tick

    def _lots(self, scale: float) -> int:
        lots = int(self._instrument.mean_lots * scale * self._draws.lognormvariate(-1.1, 1.25))
        if self._draws.random() < 0.3:  # people like round numbers
            grain = 10 ** max(0, len(str(max(1, lots))) - 1)
            lots = lots // grain * grain
        return max(1, lots)


def _is_exposed(side: Side, value: float) -> bool:
    """Say whether the best price of a side is worse than the value for whoever quotes it."""
    return (side.best - value) * side.sign < 0
