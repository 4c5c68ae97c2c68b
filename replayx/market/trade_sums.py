"""Trades, and what they sum up to between two instants: exact, and quick over long spans."""

from collections.abc import Sequence
from itertools import compress
from operator import attrgetter, le, mul, not_
from typing import NamedTuple

from replayx.market.events import AggTrade, Trade
from replayx.market.scaled import most_digits, scaled_column

AnyTrade = Trade | AggTrade

# A trade's amount (price times size) is told in at most 8 digits, cut: Binance tells
# 0.07011600 * 0.30930000 = 0.0216868788 as quoteQty 0.02168687, and candles add those up.
AMOUNT_DIGITS_MAX = 8
UNKNOWN = -1


def first_id_of(trade: AnyTrade) -> int:
    """Return the id of the first trade in it."""
    return trade.first_id if isinstance(trade, AggTrade) else trade.id


def last_id_of(trade: AnyTrade) -> int:
    """Return the id of the last trade in it."""
    return trade.last_id if isinstance(trade, AggTrade) else trade.id


class TradeSum(NamedTuple):
    """What trades add up to. Prices, sizes and amounts are whole numbers of their last digit.

    `trade_count` 0: nothing was traded, all prices are the one before; ids are UNKNOWN then.
    """

    first_ms: int
    last_ms: int
    run: int
    first_id: int
    last_id: int
    trade_count: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    amount: int
    taker_volume: int  # bought by takers
    taker_amount: int
    last_size: int = UNKNOWN


def merged(sums: Sequence[TradeSum]) -> TradeSum:
    """Return the sum of sums that follow each other in time; there is at least one.

    Sums of nothing count only among themselves: a candle opens with its first trade.
    """
    if len(sums) == 1:
        return sums[0]
    traded = [one for one in sums if one.trade_count] or sums
    columns = list(zip(*traded, strict=True))
    return TradeSum(
        columns[0][0],
        columns[1][-1],
        columns[2][-1],
        # An id that is not known makes the first of several unknown, not the least.
        min(columns[3])
        if columns[3][0] != UNKNOWN and UNKNOWN not in columns[3]
        else columns[3][0],
        max(columns[4]) if columns[4][-1] != UNKNOWN else UNKNOWN,
        sum(columns[5]),
        columns[6][0],
        max(columns[7]),
        min(columns[8]),
        columns[9][-1],
        sum(columns[10]),
        sum(columns[11]),
        sum(columns[12]),
        sum(columns[13]),
        columns[14][-1],
    )


def interleaved(sums: Sequence[TradeSum]) -> TradeSum:
    """Return the sum of sums whose spans may lie within each other; there is at least one."""
    ordered = sorted(sums, key=lambda one: (one.first_ms, one.first_id))
    newest = max(ordered, key=lambda one: (one.last_ms, one.last_id))
    return merged(ordered)._replace(
        last_ms=newest.last_ms,
        last_id=max(one.last_id for one in ordered),
        close=newest.close,
        last_size=newest.last_size,
    )


class Digits(NamedTuple):
    """How many digits prices, sizes and amounts have behind the point."""

    price: int = 0
    size: int = 0
    amount: int = 0

    @classmethod
    def of_trades(cls, trades: Sequence[AnyTrade]) -> "Digits":
        """Return the digits that hold these trades."""
        price = most_digits(list(map(_PRICE, trades)))
        size = most_digits(list(map(_SIZE, trades)))
        return cls(price, size, min(price + size, AMOUNT_DIGITS_MAX))

    def widened(self, other: "Digits") -> "Digits":
        """Return digits that hold what either holds."""
        return Digits(*map(max, self, other))


def rescaled(one: TradeSum, old: Digits, new: Digits) -> TradeSum:
    """Return a sum in wider digits."""
    price, size, amount = (10 ** (wide - now) for now, wide in zip(old, new, strict=True))
    return one._replace(
        open=one.open * price,
        high=one.high * price,
        low=one.low * price,
        close=one.close * price,
        volume=one.volume * size,
        amount=one.amount * amount,
        taker_volume=one.taker_volume * size,
        taker_amount=one.taker_amount * amount,
        last_size=one.last_size if one.last_size == UNKNOWN else one.last_size * size,
    )


_PRICE = attrgetter("price")
_SIZE = attrgetter("quantity")
_TIME = attrgetter("time_ms")
_BUYER_IS_MAKER = attrgetter("buyer_is_maker")
_ID = attrgetter("id")
_FIRST_ID = attrgetter("first_id")
_LAST_ID = attrgetter("last_id")


def is_ascending(numbers: list[int]) -> bool:
    """Say whether no number is less than the one before it."""
    return all(map(le, numbers, numbers[1:]))


def id_columns(trades: Sequence[AnyTrade]) -> tuple[list[int], list[int]]:
    """Return the first and the last ids of trades: of single ones, one and the same list."""
    if trades and isinstance(trades[0], AggTrade):
        return list(map(_FIRST_ID, trades)), list(map(_LAST_ID, trades))
    ids = list(map(_ID, trades))
    return ids, ids


class TradeColumns:
    """Trades as columns, in the order of time (and of ids, as they are given)."""

    def __init__(self, trades: Sequence[AnyTrade], digits: Digits) -> None:
        times = list(map(_TIME, trades))
        self.was_sorted = is_ascending(times)
        if not self.was_sorted:
            trades = sorted(trades, key=_TIME)  # stable: ids keep their order
            times = list(map(_TIME, trades))
        self.times = times
        self.first_ids, self.last_ids = id_columns(trades)
        self.prices = scaled_column(list(map(_PRICE, trades)), digits.price)
        self.sizes = scaled_column(list(map(_SIZE, trades)), digits.size)
        amounts = list(map(mul, self.prices, self.sizes))
        spare = digits.price + digits.size - digits.amount
        if spare > 0:
            cut = 10**spare
            amounts = [amount // cut for amount in amounts]
        elif spare < 0:
            amounts = [amount * 10**-spare for amount in amounts]
        self._amounts = amounts
        self._buyer_is_taker = list(map(not_, map(_BUYER_IS_MAKER, trades)))

    def sum_of(self, first: int, end: int, run: int) -> TradeSum:
        """Return the sum of the trades from `first` to before `end`, at least one."""
        last = end - 1
        if last == first:
            return self._one(first, run)
        prices, sizes = self.prices[first:end], self.sizes[first:end]
        amounts, taker = self._amounts[first:end], self._buyer_is_taker[first:end]
        aggregated = self.first_ids is not self.last_ids
        return TradeSum(
            self.times[first],
            self.times[last],
            run,
            self.first_ids[first] if self.was_sorted else min(self.first_ids[first:end]),
            self.last_ids[last] if self.was_sorted else max(self.last_ids[first:end]),
            self._count(first, end) if aggregated else end - first,
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(sizes),
            sum(amounts),
            sum(compress(sizes, taker)),
            sum(compress(amounts, taker)),
            sizes[-1],
        )

    def _count(self, first: int, end: int) -> int:
        return sum(self.last_ids[first:end]) - sum(self.first_ids[first:end]) + end - first

    def _one(self, k: int, run: int) -> TradeSum:
        price, size, amount = self.prices[k], self.sizes[k], self._amounts[k]
        taken = self._buyer_is_taker[k]
        return TradeSum(
            self.times[k],
            self.times[k],
            run,
            self.first_ids[k],
            self.last_ids[k],
            self.last_ids[k] - self.first_ids[k] + 1,
            price,
            price,
            price,
            price,
            size,
            amount,
            size if taken else 0,
            amount if taken else 0,
            size,
        )
