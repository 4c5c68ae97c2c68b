"""Candles of any interval and time zone at any instant, from trades and from recorded candles."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from replayx.market.candle_state import CandleState
from replayx.market.events import Candle
from replayx.market.instant import Instant
from replayx.market.interval import Interval
from replayx.market.late_trades import BEFORE_TAPE
from replayx.market.told_candles import (
    IntervalCandles,
    IntervalState,
    ToldCandles,
    digits_of_candles,
)
from replayx.market.trade_rows import RowsState, TradeRows
from replayx.market.trade_sums import AnyTrade, Digits, TradeSum


class CandlesState(NamedTuple):
    """Everything that `CandleRows` knows."""

    rows: RowsState
    told: list[IntervalState]


class CandleRows:
    """Everything a tape tells of one symbol's trading, as sums; answers for any instant.

    Fill it once, in the order of runs (chunks), then ask. Only one kind of trades should be
    added, single ones where they were recorded; what is known already is left out by its id.
    `run_trades(run)` has to give back the trades that were added with a run: it is asked where a
    candle or window begins within a second.
    """

    def __init__(self, symbol: str, run_trades: Callable[[int], Sequence[AnyTrade]]) -> None:
        self.symbol = symbol
        self.rows = TradeRows(run_trades)
        self._told: dict[str, IntervalCandles] = {}

    # ---- filling

    def add_trades(self, run: int, trades: Sequence[AnyTrade]) -> None:
        """Add the trades that a stream told in a run, in the order they were told.

        Raises ValueError if a text is no decimal.
        """
        self.rows.add(run, trades)

    def add_history(self, trades: Sequence[AnyTrade], run: int = BEFORE_TAPE) -> None:
        """Add trades that answers told and that happened before the stream's first; where there
        is no such stream, the run in which they became known has to be given.
        """
        self.rows.add_history(trades, run)

    def add_candles(self, run: int, told: ToldCandles) -> None:
        """Add candles that a stream or an answer told in a run.

        Raises ValueError if the interval is none, or a text no decimal.
        """
        if told.interval not in self._told:
            self._told[told.interval] = IntervalCandles(Interval.parse(told.interval))
        self.rows.widen(digits_of_candles(told.candles))
        self._told[told.interval].add(run, told)

    @property
    def digits(self) -> Digits:
        """How many digits prices, sizes and amounts have behind the point, as seen on the tape."""
        return self.rows.digits

    def state(self) -> CandlesState:
        """Return all that is known, as `restore` takes it."""
        return CandlesState(self.rows.state(), [told.state() for told in self._told.values()])

    def restore(self, state: CandlesState) -> None:
        """Become what another was; to be done before anything is added."""
        self.rows.restore(state.rows)
        for told in state.told:
            self._told[told.interval] = IntervalCandles(Interval.parse(told.interval))
            self._told[told.interval].restore(told)

    # ---- asking

    def candles(
        self,
        interval: str,
        limit: int,
        at: Instant,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        zone_ms: int = 0,
    ) -> list[Candle]:
        """Return candles as `MarketView.candles` does. Raises ValueError: no such interval."""
        state = self._state(at)
        grid = Interval.parse(interval)
        newest_ms = state.now_ms if end_ms is None else min(end_ms, state.now_ms)
        oldest_ms = -(1 << 62) if start_ms is None else start_ms
        found: list[Candle] = []
        spans = self._spans(grid, at.shift_ms, state)
        starts = _starts if start_ms is not None else _starts_backwards
        for start in starts(spans, grid, zone_ms, (oldest_ms, newest_ms)):
            if len(found) >= limit:
                break
            candle = state.candle(grid, start, zone_ms)
            if candle is not None:
                found.append(candle)
        return found if start_ms is not None else found[::-1]

    def total(self, start_ms: int, at: Instant) -> TradeSum | None:
        """Return the sum of trading from `start_ms` (client's time) to now, as far as it is
        known; None: nothing is. Its times are the venue's.
        """
        state = self._state(at)
        return state.total(start_ms - at.shift_ms, state.now_ms - at.shift_ms)

    def last_trade(self, at: Instant) -> TradeSum | None:
        """Return a sum that ends with the last trade before or at the instant, if one is known.
        Its times are the venue's.
        """
        return self._state(at).last_before(1 << 62)

    def last_close(self, time_ms: int, at: Instant) -> int | None:
        """Return the last price before a client's time, in price digits; None: it is not known."""
        last = self._state(at).last_before(time_ms - at.shift_ms)
        return None if last is None else last.close

    def _state(self, at: Instant) -> CandleState:
        return CandleState(self.symbol, self.rows, self._told, at)

    def _spans(self, grid: Interval, shift_ms: int, state: CandleState) -> list[tuple[int, int]]:
        """Return the spans of client time in which something is known, sorted, not overlapping.

        The last one of trades goes on to now: that nothing is traded is known, too.
        """
        now_ms = state.now_ms
        streamed, single = self.rows.spans()
        spans = [(first + shift_ms, last + shift_ms) for first, last in streamed + single]
        spans = [span for span in spans if span[0] <= now_ms]
        begun = [first for first, _ in streamed if first <= state.last_trade_ms]
        if begun:
            spans.append((begun[-1] + shift_ms, now_ms))
        for told in self._told.values():
            if told.interval.shortest_ms <= grid.shortest_ms:
                reach = told.interval.longest_ms  # a candle moves by less than its length
                spans += [(a + shift_ms - reach, b + shift_ms + reach) for a, b in told.spans()]
        return _united(spans)


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    united: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if united and first <= united[-1][1] + 1:
            united[-1] = (united[-1][0], max(united[-1][1], last))
        else:
            united.append((first, last))
    return united


def _starts(
    spans: list[tuple[int, int]], grid: Interval, zone_ms: int, bounds: tuple[int, int]
) -> Iterator[int]:
    """Yield the starts of the candles that may have something in them, in order."""
    oldest_ms, newest_ms = bounds
    behind_ms = oldest_ms
    for first, last in spans:
        if last < behind_ms or first > newest_ms + grid.longest_ms:
            continue
        start_ms = grid.start_of(max(first, behind_ms), zone_ms)
        while start_ms <= min(last, newest_ms):
            next_ms = grid.next_start(start_ms, zone_ms)
            if start_ms >= behind_ms:
                yield start_ms
                behind_ms = next_ms
            start_ms = next_ms


def _starts_backwards(
    spans: list[tuple[int, int]], grid: Interval, zone_ms: int, bounds: tuple[int, int]
) -> Iterator[int]:
    """Yield the starts of the candles that may have something in them, the last one first."""
    oldest_ms, newest_ms = bounds
    before_ms = newest_ms
    for first, last in reversed(spans):
        if first > before_ms + grid.longest_ms or last < oldest_ms:
            continue
        start_ms = grid.start_of(min(last, before_ms), zone_ms)
        first_ms = grid.start_of(first, zone_ms)
        while start_ms >= max(first_ms, oldest_ms):
            yield start_ms
            before_ms = start_ms - 1
            start_ms = grid.start_of(before_ms, zone_ms)
