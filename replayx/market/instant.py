"""An instant of the tape, and what the trades known at it add up to."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from replayx.market.told_candles import ToldCandles
from replayx.market.trade_rows import TradeRows
from replayx.market.trade_sums import AnyTrade, TradeSum, interleaved, last_id_of, merged


class Instant(NamedTuple):
    """Where on the tape one asks: all runs before `before_run`, and what came since in this one.

    `now_ms` is the client's time: the venue's plus `shift_ms`. `tail` are the trades that streams
    told in run `before_run` up to the instant, `tail_candles` the candles.
    """

    now_ms: int
    before_run: int
    shift_ms: int = 0
    tail: Sequence[AnyTrade] = ()
    tail_candles: Sequence[ToldCandles] = ()


class TradesAt:
    """The trades known at an instant. Times are the venue's, as recorded: not shifted."""

    def __init__(self, rows: TradeRows, at: Instant) -> None:
        self._rows = rows
        self._run = at.before_run
        count = rows.count_before(at.before_run)
        last = rows.rows[count - 1] if count else None
        tail = [one for one in at.tail if last is None or last_id_of(one) > last.last_id]
        self._tail = rows.columns(tail)
        ends = [*self._tail.times[-1:], *([last.last_ms] if last else [])]
        self.last_ms = max(ends, default=None)

    def covers(self, first_ms: int, last_ms: int) -> bool:
        """Say whether no trade of a span is missing."""
        if self.last_ms is None:
            return self._rows.holes.covers(first_ms, last_ms)
        return self._rows.holes.covers(first_ms, last_ms, newest_ms=self.last_ms)

    def next_whole(self, time_ms: int) -> int:
        """Return the first second behind `time_ms` from which on no trade is missing."""
        return self._rows.holes.next_whole(time_ms)

    def between(self, first_ms: int, last_ms: int) -> TradeSum | None:
        """Return the sum of the trades in a span, both ends inclusive; None: there is none."""
        sums, late = self._rows.sums_between(first_ms, last_ms, before_run=self._run)
        tail = self._tail_between(first_ms, last_ms)
        is_behind = not tail or not sums or tail[0].first_ms >= sums[-1].last_ms
        sums = sums + tail
        if late or not is_behind:
            return interleaved(sums + late)
        return merged(sums) if sums else None

    def above(self, last_id: int, first_ms: int, last_ms: int) -> TradeSum | None:
        """Return the sum of the stream's trades in a span whose ids are above `last_id`."""
        sums = self._rows.sums_above(last_id, first_ms, last_ms, before_run=self._run)
        sums = sums + self._tail_between(first_ms, last_ms, last_id)
        return merged(sums) if sums else None

    def last_before(self, time_ms: int) -> TradeSum | None:
        """Return a sum that ends with the last trade before `time_ms`."""
        before = self._rows.last_before(time_ms, before_run=self._run)
        end = bisect_left(self._tail.times, time_ms)
        if end and (before is None or before.last_ms <= self._tail.times[end - 1]):
            return self._tail.sum_of(end - 1, end, self._run)
        return before

    def _tail_between(self, first_ms: int, last_ms: int, above_id: int = -1) -> list[TradeSum]:
        first = bisect_left(self._tail.times, first_ms)
        end = bisect_right(self._tail.times, last_ms, lo=first)
        while first < end and self._tail.first_ids[first] <= above_id:
            first += 1
        return [self._tail.sum_of(first, end, self._run)] if first < end else []
