"""Trades of a tape as rows of a second, summed over any span and up to any chunk."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter, lt
from typing import NamedTuple

from replayx.market.late_trades import BEFORE_TAPE, LateTrades
from replayx.market.row_parts import RowParts, Span
from replayx.market.sum_levels import SumLevels
from replayx.market.trade_holes import BEFORE_ALL_MS, SECOND_MS, HolesState, TradeHoles
from replayx.market.trade_sums import (
    AnyTrade,
    Digits,
    TradeColumns,
    TradeSum,
    first_id_of,
    id_columns,
    last_id_of,
    rescaled,
)


class RowsState(NamedTuple):
    """Everything that `TradeRows` knows."""

    digits: Digits
    runs: list[int]
    rows: list[TradeSum]
    late: list[TradeSum]
    holes: HolesState


class TradeRows:
    """The trades of one symbol, of which only sums are kept; `add` them run by run, in order.

    `run_trades(run)` has to give back the trades that were added with a run: where a span begins
    or ends within a second, the trades of that second decide.
    """

    def __init__(self, run_trades: Callable[[int], Sequence[AnyTrade]]) -> None:
        self.digits = Digits()
        self.holes = TradeHoles()
        self._levels = SumLevels()
        self._runs: list[int] = []
        self._late = LateTrades()
        self._parts = RowParts(run_trades)

    @property
    def rows(self) -> list[TradeSum]:
        """The rows, in order: of a run and a second each."""
        return self._levels.sums

    def state(self) -> RowsState:
        """Return all that is known, as `restore` takes it."""
        holes = self.holes.state()
        return RowsState(self.digits, self._runs, self.rows, self._late.sums, holes)

    def restore(self, state: RowsState) -> None:
        """Become what another was; to be done before anything is added."""
        self.digits, self._runs = state.digits, state.runs
        self._levels.extend(state.rows)
        self._late.restore(state.late)
        self.holes.restore(state.holes)

    def widen(self, digits: Digits) -> None:
        """Keep sums in at least these digits."""
        wider = self.digits.widened(digits)
        if wider == self.digits:
            return
        old, self.digits = self.digits, wider
        self._levels.replace([rescaled(one, old, wider) for one in self._levels.sums])
        self._late.replace([rescaled(one, old, wider) for one in self._late.sums])
        self._parts.clear()

    def add(self, run: int, trades: Sequence[AnyTrade]) -> None:
        """Add trades that a stream told during a run; what was told before is left out.

        Raises ValueError if a text is no decimal. Runs must not go back.
        """
        assert not self._runs or run >= self._runs[-1]
        trades = self._fresh(run, trades)
        if not trades:
            return
        self.holes.note(trades)
        columns = self.columns(trades)
        newest_ms = self.rows[-1].last_ms if self.rows else BEFORE_ALL_MS
        if columns.was_sorted and columns.times[0] >= newest_ms:
            self._append(columns, run)
        else:
            self._add_jumbled(run, trades, newest_ms)
        if self._late.sums:
            self._extend_back()

    def add_history(self, trades: Sequence[AnyTrade], run: int = BEFORE_TAPE) -> None:
        """Add trades that an answer tells and no stream: from before the tape, or (with the run
        in which the answer came) from a symbol without a stream of trades.
        """
        known = [one for one in trades if not self._is_known(one)]
        if not known:
            return
        columns = self.columns(known)
        self._late.add(columns, len(known), run)
        self._extend_back()

    def columns(self, trades: Sequence[AnyTrade]) -> TradeColumns:
        """Return trades as columns in the digits of these rows, which are widened for them."""
        try:
            return TradeColumns(trades, self.digits)
        except ValueError:  # more digits than before; or no number, which the next try tells
            self.widen(Digits.of_trades(trades))
            return TradeColumns(trades, self.digits)

    def spans(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the spans between holes, in order, and those of single trades beside them."""
        return self.holes.spans(), [(one.first_ms, one.last_ms) for one in self._late.sums]

    def first_times(self) -> list[int]:
        """Return when the first trade was, if there is any."""
        return [one.first_ms for one in (*self.rows[:1], *self._late.sums[:1])]

    def count_before(self, run: int) -> int:
        """Return how many rows the runs before `run` have."""
        return bisect_left(self._runs, run)

    def sums_between(
        self, first_ms: int, last_ms: int, *, before_run: int
    ) -> tuple[list[TradeSum], list[TradeSum]]:
        """Return sums that make up a span, as far as the runs before `before_run` tell; and the
        single trades that came late, in the order of time each.
        """
        count = self.count_before(before_run)
        low, high = -(-first_ms // SECOND_MS), (last_ms + 1) // SECOND_MS
        found: list[TradeSum] = []
        span = Span(first_ms, last_ms)
        if first_ms % SECOND_MS:
            found += self._part_of(first_ms // SECOND_MS, span, count)
        found += self._levels.between(low, high, count)
        if (last_ms + 1) % SECOND_MS and last_ms // SECOND_MS >= low:
            found += self._part_of(last_ms // SECOND_MS, span, count)
        return found, self._late.between(first_ms, last_ms, before_run)

    def sums_above(
        self, last_id: int, first_ms: int, last_ms: int, *, before_run: int
    ) -> list[TradeSum]:
        """Return sums that make up the trades of a span whose ids are above `last_id`."""
        count = self.count_before(before_run)
        at = bisect_right(self.rows, last_id, 0, count, key=attrgetter("last_id"))
        if at == count:
            return []
        second = self._levels.seconds[at]
        found = self._part_of(second, Span(first_ms, last_ms, last_id), count)
        behind_ms = max(first_ms, (second + 1) * SECOND_MS)
        if behind_ms > last_ms:
            return found
        return found + self.sums_between(behind_ms, last_ms, before_run=before_run)[0]

    def last_before(self, time_ms: int, *, before_run: int) -> TradeSum | None:
        """Return a sum that ends with the last trade before `time_ms`."""
        second = time_ms // SECOND_MS
        count = self.count_before(before_run)
        found: list[TradeSum] = []
        if time_ms % SECOND_MS:
            found = self._part_of(second, Span(second * SECOND_MS, time_ms - 1), count)
        if not found:
            at = min(bisect_left(self._levels.seconds, second), count)
            found = self.rows[max(at - 1, 0) : at]
        late = self._late.last_before(time_ms, before_run)
        both = [*found, *([late] if late else [])]
        return max(both, key=attrgetter("last_ms", "last_id"), default=None)

    # ---- adding

    def _add_jumbled(self, run: int, trades: Sequence[AnyTrade], newest_ms: int) -> None:
        """Add trades of which some are older than one before them: rows are in order of time."""
        late: list[AnyTrade] = []
        rest: list[AnyTrade] = []
        for one in trades:
            (late if one.time_ms < newest_ms else rest).append(one)
            newest_ms = max(newest_ms, one.time_ms)
        self._late.add(self.columns(late), len(late), run)
        self._append(self.columns(rest), run)

    def _append(self, columns: TradeColumns, run: int) -> None:
        """Append one row for each second."""
        times, first, count = columns.times, 0, len(columns.times)
        fresh: list[TradeSum] = []
        while first < count:
            end = bisect_left(times, (times[first] // SECOND_MS + 1) * SECOND_MS, first, count)
            fresh.append(columns.sum_of(first, end, run))
            first = end
        self._levels.extend(fresh)
        self._runs += [run] * len(fresh)

    def _fresh(self, run: int, trades: Sequence[AnyTrade]) -> Sequence[AnyTrade]:
        """Return the trades that are new, in the order of their ids."""
        if not trades:
            return trades
        firsts, lasts = id_columns(trades)
        if firsts[0] > self.holes.last_id and all(map(lt, lasts, lasts[1:])):
            return trades
        by_id = {last_id_of(one): one for one in reversed(trades)}
        filling = [one for one in by_id.values() if self.holes.hold(one)]
        self.add_history(sorted(filling, key=last_id_of), run)
        return [by_id[id_] for id_ in sorted(by_id) if first_id_of(by_id[id_]) > self.holes.last_id]

    def _is_known(self, trade: AnyTrade) -> bool:
        """Say whether a trade told apart from the stream's is among those we have."""
        last = last_id_of(trade)
        if last in self._late.first_ids:
            return True
        streamed = self.holes.first_id <= last and first_id_of(trade) <= self.holes.last_id
        return bool(self._runs) and streamed and not self.holes.hold(trade)

    def _extend_back(self) -> None:
        """Let the stream's trades begin with those before them that an answer told without gap."""
        if self.rows:
            self.holes.begin(*self._late.chained(self.holes.first_id, self.rows[0].first_ms))

    def _part_of(self, second: int, span: Span, count: int) -> list[TradeSum]:
        """Return the sums of a second's trades in a span, of the first `count` rows."""
        seconds = self._levels.seconds
        at = bisect_left(seconds, second, 0, count)
        found: list[TradeSum] = []
        while at < count and seconds[at] == second:
            row = self.rows[at]
            if span.holds(row):
                found.append(row)
            elif span.touches(row):
                part = self._parts.part(row, span, self.columns, apart=self._late.first_ids)
                found += [part] if part else []
            at += 1
        return found
