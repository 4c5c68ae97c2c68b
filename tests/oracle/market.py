"""The market at an instant: everything received until then, and answers computed by definition."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import groupby
from typing import NamedTuple

from tests.oracle.book import AHEAD_NS, Book, Level
from tests.oracle.intervals import bounds
from tests.oracle.told import Told, Trade

_DIGITS = 60  # sums of products stay exact


class AggTrade(NamedTuple):
    """Consecutive trades of one price, maker side and trade time."""

    id: int
    members: list[Trade]

    @property
    def quantity(self) -> Decimal:
        """All they traded."""
        return sums(self.members)[0]


class Candle(NamedTuple):
    """Trading from `start_ms` to `end_ms`, both inclusive."""

    start_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: Decimal
    end_ms: int
    cost: Decimal
    count: int
    taker_volume: Decimal
    taker_cost: Decimal


def sums(trades: Iterable[Trade]) -> tuple[Decimal, Decimal]:
    """Return volume and quote volume, exactly."""
    volume = cost = Decimal(0)
    with localcontext(prec=_DIGITS):
        for trade in trades:
            volume += Decimal(trade.quantity)
            cost += trade.cost
    return volume, cost


class Symbol:
    """One symbol at an instant, with every trade until then. Valid until the oracle goes on."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._position_ns = 0
        self._trade_count = self._delta_count = self._quote_count = self._snapshot_count = 0
        self._groups: list[AggTrade] | None = None
        self.book = Book()
        self.trades: Sequence[Trade] = ()

    def go_to(self, position_ns: int) -> None:
        """Take in everything received until `position_ns`. It may not go back."""
        assert position_ns >= self._position_ns
        self._position_ns = position_ns
        self._trade_count = _count(self._told.trades, self._trade_count, position_ns)
        self.trades = self._told.trades[: self._trade_count]
        self._quote_count = _count(self._told.quotes, self._quote_count, position_ns)
        first = self._delta_count
        self._delta_count = _count(self._told.deltas, first, position_ns)
        deltas = self._told.deltas[first : self._delta_count]
        ahead_ns = 0 if self.book.is_whole else AHEAD_NS
        known = _count(self._told.snapshots, self._snapshot_count, position_ns + ahead_ns)
        if known > self._snapshot_count and not self.book.is_whole:
            self.book.load(self._told.snapshots[self._snapshot_count])
            # It lies within a difference; only behind that every client can join.
            for delta in self._told.deltas:
                if delta.first <= self.book.last < delta.last:
                    self.book.apply(delta)
                    break
            deltas = self._told.deltas[: self._delta_count]
        self._snapshot_count = known
        for delta in deltas:
            self.book.apply(delta)

    def top(self) -> tuple[Level, Level]:
        """Return the best quotes: the newer of the told ones and the book's."""
        if self._quote_count:
            quote = self._told.quotes[self._quote_count - 1]
            if quote.last >= self.book.last:
                return quote.bid, quote.ask
        return self.book.top()

    def agg_trades(self) -> list[AggTrade]:
        """Return the groups of which every trade has come; ids count up from the first trade's.

        The last one may still be unknown if nothing came behind it: that it is whole shows by what
        follows.
        """
        if self._groups is None:
            alike = groupby(
                self._told.trades, lambda one: (one.price, one.buyer_is_maker, one.time_ms)
            )
            first = self._told.trades[0].id
            self._groups = [AggTrade(first + k, list(group)) for k, (_, group) in enumerate(alike)]
        known = bisect_right(self._groups, self._position_ns, key=lambda one: one.members[-1].at_ns)
        return self._groups[:known]

    def candles(
        self,
        interval: str,
        now_ms: int,
        limit: int,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        zone_ms: int = 0,
    ) -> list[Candle]:
        """Return candles that begin within both bounds: the first from `start_ms`, or the last.

        There is one for every interval from the first trade's to the one open at `now_ms`.
        """
        if not self.trades:
            return []
        times = [trade.time_ms for trade in self.trades]
        first = bounds(interval, min(times), zone_ms)[0]
        if start_ms is not None:
            first = max(first, _next_start(interval, start_ms, zone_ms))
        last = bounds(interval, max(now_ms, *times), zone_ms)[0]
        last = last if end_ms is None else min(last, bounds(interval, end_ms, zone_ms)[0])
        if start_ms is None:
            starts = [last]
            while len(starts) < limit and starts[-1] > first:
                starts.append(bounds(interval, starts[-1] - 1, zone_ms)[0])
            starts.reverse()
        else:
            starts = [first]
            while len(starts) < limit and starts[-1] < last:
                starts.append(bounds(interval, starts[-1], zone_ms)[1] + 1)
        return self._candles([one for one in starts if first <= one <= last], interval, zone_ms)

    def _candles(self, starts: list[int], interval: str, zone_ms: int) -> list[Candle]:
        if not starts:
            return []
        end_ms = bounds(interval, starts[-1], zone_ms)[1]
        by_start: dict[int, list[Trade]] = {one: [] for one in starts}
        close = ""
        for trade in self.trades:
            if trade.time_ms < starts[0]:
                close = trade.price
            elif trade.time_ms <= end_ms:
                by_start[starts[bisect_right(starts, trade.time_ms) - 1]].append(trade)
        found: list[Candle] = []
        for start_ms, trades in by_start.items():
            end_ms = bounds(interval, start_ms, zone_ms)[1]
            found.append(_candle(start_ms, end_ms, trades, close))
            close = found[-1].close
        return found

    def window(self, start_ms: int) -> list[Trade]:
        """Return the trades from a time on."""
        return [trade for trade in self.trades if trade.time_ms >= start_ms]


class Oracle:
    """Every symbol of a tape, taken from instant to instant."""

    def __init__(self, told: dict[str, Told]) -> None:
        self._symbols = {name: Symbol(one) for name, one in told.items()}

    def instants(self, positions_ns: Iterable[int]) -> Iterator[tuple[int, dict[str, Symbol]]]:
        """Yield each instant, in order, with the symbols as they were then."""
        for position_ns in sorted(positions_ns):
            for symbol in self._symbols.values():
                symbol.go_to(position_ns)
            yield position_ns, self._symbols


def _count(rows: Sequence, first: int, position_ns: int) -> int:
    while first < len(rows) and rows[first].at_ns <= position_ns:
        first += 1
    return first


def _next_start(interval: str, time_ms: int, zone_ms: int) -> int:
    start_ms, end_ms = bounds(interval, time_ms, zone_ms)
    return start_ms if start_ms == time_ms else end_ms + 1


def _candle(start_ms: int, end_ms: int, trades: list[Trade], close: str) -> Candle:
    if not trades:
        zero = Decimal(0)
        return Candle(start_ms, close, close, close, close, zero, end_ms, zero, 0, zero, zero)
    prices = sorted((trade.price for trade in trades), key=Decimal)
    volume, cost = sums(trades)
    taker_volume, taker_cost = sums(trade for trade in trades if not trade.buyer_is_maker)
    return Candle(
        start_ms,
        trades[0].price,
        prices[-1],
        prices[0],
        trades[-1].price,
        volume,
        end_ms,
        cost,
        len(trades),
        taker_volume,
        taker_cost,
    )
