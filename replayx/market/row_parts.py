"""Parts of a row: the sums of only some of a second's trades, read again where they are needed."""

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from replayx.limits import SPLIT_SECONDS_MAX
from replayx.market.trade_holes import SECOND_MS
from replayx.market.trade_sums import AnyTrade, TradeColumns, TradeSum, first_id_of, last_id_of


class Span(NamedTuple):
    """From one millisecond to another, both inclusive, of trades whose ids are above one."""

    first_ms: int
    last_ms: int
    above_id: int = -1

    def holds(self, row: TradeSum) -> bool:
        """Say whether all of a row is in it."""
        inside = self.first_ms <= row.first_ms and row.last_ms <= self.last_ms
        return inside and row.first_id > self.above_id

    def touches(self, row: TradeSum) -> bool:
        """Say whether some of a row may be in it."""
        near = row.first_ms <= self.last_ms and self.first_ms <= row.last_ms
        return near and row.last_id > self.above_id


class RowParts:
    """Reads the trades of rows through `run_trades(run)`, and keeps the sums of their parts."""

    def __init__(self, run_trades: Callable[[int], Sequence[AnyTrade]]) -> None:
        self._run_trades = run_trades
        self._kept: dict[tuple[int, int, Span], TradeSum | None] = {}

    def clear(self) -> None:
        """Forget what is kept."""
        self._kept.clear()

    def part(
        self,
        row: TradeSum,
        span: Span,
        columns: Callable[[Sequence[AnyTrade]], TradeColumns],
        *,
        apart: Container[int],
    ) -> TradeSum | None:
        """Return the sum of a row's trades in a span; None: there is none. Those whose last ids
        are in `apart` are no part of the row.
        """
        key = (row.run, row.first_id, span)
        if key not in self._kept:
            if len(self._kept) >= SPLIT_SECONDS_MAX:
                self._kept.clear()
            inside = [one for one in self._run_trades(row.run) if _is_of(one, row, span)]
            by_id = {last_id_of(one): one for one in inside if last_id_of(one) not in apart}
            trades = [by_id[last_id] for last_id in sorted(by_id)]
            self._kept[key] = columns(trades).sum_of(0, len(trades), row.run) if trades else None
        return self._kept[key]


def _is_of(trade: AnyTrade, row: TradeSum, span: Span) -> bool:
    return (
        trade.time_ms // SECOND_MS == row.first_ms // SECOND_MS
        and span.first_ms <= trade.time_ms <= span.last_ms
        and max(row.first_id, span.above_id + 1) <= first_id_of(trade) <= row.last_id
    )
