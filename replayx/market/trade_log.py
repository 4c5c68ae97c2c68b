"""Where a symbol's trades are: a row for each segment that tells some, found by id or by time.

The trades themselves stay in their chunks. Rows overlap a little where two connections carried one
stream, so whoever reads a span looks on while the next row begins in it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter, lt
from typing import TypeVar

import msgspec

from replayx.market.agg_trades import TradeGrouping
from replayx.market.events import AggTrade, Trade
from replayx.market.trade_sums import AnyTrade

_Trade = TypeVar("_Trade", Trade, AggTrade, AnyTrade)

_ID, _TIME = attrgetter("id"), attrgetter("time_ms")
NOBODY = AggTrade("", -1, "", "", -1, -1, 0, False)


class TradeLog:
    """Rows in the order of segments. Times and ids may go back by what connections lag."""

    def __init__(self) -> None:
        self.segments = array("I")
        self.first_ids, self.last_ids = array("q"), array("q")
        self.first_ms, self.last_ms = array("q"), array("q")

    def __len__(self) -> int:
        return len(self.segments)

    def add(self, segment: int, trades: Sequence[AnyTrade]) -> None:
        """Add what a segment tells, in the order of ids; there is at least one trade."""
        times = list(map(_TIME, trades))
        self.segments.append(segment)
        self.first_ids.append(trades[0].id)
        self.first_ms.append(min(times))
        # Never less than in the rows before, so that rows are found by bisection.
        self.last_ids.append(max([trades[-1].id, *self.last_ids[-1:]]))
        self.last_ms.append(max([*times, *self.last_ms[-1:]]))

    def rows_through(self, segment: int) -> int:
        """Return how many rows lie in segments up to this one."""
        return bisect_right(self.segments, segment)

    def row_of_id(self, first_id: int) -> int:
        """Return the first row that may tell trades from this id on."""
        return bisect_left(self.last_ids, first_id)

    def row_of_time(self, first_ms: int) -> int:
        """Return the first row that may tell trades from this time on."""
        return bisect_left(self.last_ms, first_ms)

    def rows_before_time(self, last_ms: int) -> int:
        """Return how many rows may tell trades up to this time."""
        return bisect_right(self.first_ms, last_ms)

    def columns(self) -> tuple["array[int]", ...]:
        """Return all columns."""
        return (self.segments, self.first_ids, self.last_ids, self.first_ms, self.last_ms)

    def packed(self) -> list[bytes]:
        """Return the columns as bytes, as `unpack` takes them."""
        return [column.tobytes() for column in self.columns()]

    def unpack(self, packed: Sequence[bytes], segment_count: int) -> None:
        """Take over what was packed. Raises ValueError if it is not of one make."""
        for column, raw in zip(self.columns(), packed, strict=True):
            column.frombytes(raw)
        if len(set(map(len, self.columns()))) != 1:
            raise ValueError("rows of trades of unequal length")
        if any(segment >= segment_count for segment in self.segments):
            raise ValueError("trades in a segment that is not there")


class GroupedLog(TradeLog):
    """A log of trades that also knows which aggregated trade was open before each row."""

    def __init__(self, open_group: AggTrade | None = None) -> None:
        super().__init__()
        self.opens: list[AggTrade] = []
        self.last: AggTrade | None = open_group  # what is open behind all rows

    def group(self, segment: int, trades: Sequence[Trade]) -> None:
        """Add what a segment tells, as `add` does, and group it."""
        self.add(segment, trades)
        self.opens.append(self.last or NOBODY)
        grouping = TradeGrouping(self.last)
        grouping.follow(trades)
        self.last = grouping.open

    def open_before(self, row: int) -> AggTrade | None:
        """Return the group that is open before a row, or behind all of them."""
        group = self.opens[row] if row < len(self.opens) else self.last
        return None if group is NOBODY or group == NOBODY else group

    def row_of_group(self, group_id: int) -> int:
        """Return the row in which the group of this id, or one before it, begins or goes on."""
        return max(0, bisect_right(self.opens, group_id, key=_group_id) - 1)

    def groups_between(self, first: int, end: int) -> int:
        """Return how many groups begin in the rows from `first` to before `end`, or one less."""
        last, before = self.open_before(end), self.open_before(first)
        first_id = self.first_ids[0] - 1 if before is None else before.id
        return 0 if last is None else last.id - first_id


def in_order(trades: Iterable[_Trade]) -> list[_Trade]:
    """Return trades in the order of their ids, each once."""
    listed = list(trades)
    ids = list(map(_ID, listed))
    if all(map(lt, ids, ids[1:])):
        return listed
    by_id = {trade.id: trade for trade in reversed(listed)}
    return [by_id[one] for one in sorted(by_id)]


def grouped_back(trades: Sequence[Trade], next_id: int) -> list[AggTrade]:
    """Group trades from before a tape, with ids that count down from before `next_id`."""
    grouping = TradeGrouping()
    groups = grouping.add(trades)
    if grouping.open is not None:
        groups.append(grouping.open)
    first = next_id - len(groups)
    return [msgspec.structs.replace(one, id=first + k) for k, one in enumerate(groups)]


def _group_id(group: AggTrade) -> int:
    return group.id
