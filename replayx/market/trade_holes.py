"""Where trades are missing on a tape: ids tell."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from replayx.market.trade_sums import AnyTrade, first_id_of, id_columns, last_id_of

SECOND_MS = 1_000
BEFORE_ALL_MS = -(1 << 62)
_AFTER_ALL_MS = 1 << 62
_AFTER = attrgetter("after_ms")


class Hole(NamedTuple):
    """A span in which trades are missing: from the last one before it to the first behind it."""

    before_ms: int
    after_ms: int
    first_id: int
    last_id: int


class HolesState(NamedTuple):
    """Everything that `TradeHoles` knows."""

    first_id: int
    last_id: int
    last_ms: int
    holes: list[Hole]


class TradeHoles:
    """The holes between the trades that a stream told. The first is all before its first trade."""

    def __init__(self) -> None:
        self.first_id = self.last_id = -1
        self._last_ms = BEFORE_ALL_MS
        self._holes: list[Hole] = []

    def state(self) -> HolesState:
        """Return all that is known, as `restore` takes it."""
        return HolesState(self.first_id, self.last_id, self._last_ms, self._holes)

    def restore(self, state: HolesState) -> None:
        """Become what another was."""
        self.first_id, self.last_id, self._last_ms, self._holes = state

    def note(self, trades: Sequence[AnyTrade]) -> None:
        """Take trades in the order of their ids, all above `last_id`; there is at least one."""
        firsts, lasts = id_columns(trades)
        if not self._holes:
            self.first_id = firsts[0]
            self._holes.append(Hole(BEFORE_ALL_MS, trades[0].time_ms, 0, firsts[0] - 1))
        elif firsts[0] > self.last_id + 1:
            hole = Hole(self._last_ms, trades[0].time_ms, self.last_id + 1, firsts[0] - 1)
            self._holes.append(hole)
        if lasts[-1] - firsts[0] + 1 != sum(lasts) - sum(firsts) + len(firsts):
            for one, after in pairwise(trades):
                missing = (last_id_of(one) + 1, first_id_of(after) - 1)
                if missing[0] <= missing[1]:
                    self._holes.append(Hole(one.time_ms, after.time_ms, *missing))
        self.last_id, self._last_ms = lasts[-1], trades[-1].time_ms

    def begin(self, first_id: int, first_ms: int) -> None:
        """Let the first hole end earlier: trades from `first_id` on are known otherwise."""
        if self._holes:
            self._holes[0] = Hole(BEFORE_ALL_MS, first_ms, 0, first_id - 1)

    def covers(self, first_ms: int, last_ms: int, *, newest_ms: int = _AFTER_ALL_MS) -> bool:
        """Say whether no trade of a span is missing, as far as is known once there was a trade at
        `newest_ms`: what comes behind a hole is what tells of it.
        """
        at = bisect_left(self._holes, first_ms, key=_AFTER)
        if not self._holes:
            return False
        if at == len(self._holes) or self._holes[at].before_ms > last_ms:
            return True
        return self._holes[at].after_ms > newest_ms

    def next_whole(self, time_ms: int) -> int:
        """Return the first second behind `time_ms` from which on no trade is missing."""
        at = bisect_left(self._holes, time_ms, key=_AFTER)
        if at == len(self._holes):
            return _AFTER_ALL_MS
        return (self._holes[at].after_ms // SECOND_MS + 1) * SECOND_MS

    def spans(self) -> list[tuple[int, int]]:
        """Return the spans between the holes; the last one ends with the last trade."""
        begins = [hole.after_ms for hole in self._holes]
        ends = [hole.before_ms for hole in self._holes[1:]] + [self._last_ms]
        return list(zip(begins, ends, strict=False))

    def hold(self, trade: AnyTrade) -> bool:
        """Say whether a trade is one of those that are missing between others."""
        first, last = first_id_of(trade), last_id_of(trade)
        return any(one.first_id <= first and last <= one.last_id for one in self._holes[1:])
