"""Trades that do not come in the order of time: told by answers, or by a stream too late."""

from bisect import bisect_left, bisect_right
from operator import attrgetter

from replayx.market.trade_sums import TradeColumns, TradeSum

BEFORE_TAPE = -1  # the run of what is known at every instant
_TIME = attrgetter("first_ms")


class LateTrades:
    """Single trades in the order of time, each with the run in which it became known."""

    def __init__(self) -> None:
        self.sums: list[TradeSum] = []
        self.first_ids: dict[int, int] = {}  # by last id
        self._times: dict[int, int] = {}  # by last id

    def add(self, columns: TradeColumns, count: int, run: int) -> None:
        """Add the first `count` trades of columns."""
        fresh = [columns.sum_of(k, k + 1, run) for k in range(count)]
        self.first_ids.update((one.last_id, one.first_id) for one in fresh)
        self._times.update((one.last_id, one.first_ms) for one in fresh)
        # Sorting is linear where both parts are in order already.
        self.sums = sorted(self.sums + fresh, key=attrgetter("first_ms", "first_id"))

    def restore(self, sums: list[TradeSum]) -> None:
        """Become what the sums of another tell."""
        self.sums = sums
        self.first_ids = {one.last_id: one.first_id for one in sums}
        self._times = {one.last_id: one.first_ms for one in sums}

    def replace(self, sums: list[TradeSum]) -> None:
        """Put other sums in the place of those that are there, one for one."""
        self.sums = sums

    def between(self, first_ms: int, last_ms: int, before_run: int) -> list[TradeSum]:
        """Return the trades of a span that were known before a run."""
        low = bisect_left(self.sums, first_ms, key=_TIME)
        high = bisect_right(self.sums, last_ms, lo=low, key=_TIME)
        return [one for one in self.sums[low:high] if one.run < before_run]

    def last_before(self, time_ms: int, before_run: int) -> TradeSum | None:
        """Return the last trade before `time_ms` that was known before a run."""
        at = bisect_left(self.sums, time_ms, key=_TIME)
        while at and self.sums[at - 1].run >= before_run:
            at -= 1
        return self.sums[at - 1] if at else None

    def chained(self, first_id: int, begin_ms: int) -> tuple[int, int]:
        """Return id and time of the first trade from which ids lead to `first_id` without gap."""
        while first_id - 1 in self.first_ids:
            begin_ms = min(begin_ms, self._times[first_id - 1])
            first_id = self.first_ids[first_id - 1]
        return first_id, begin_ms
