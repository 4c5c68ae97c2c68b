"""Trades and aggregated trades at an instant: found in the log's rows, read from their chunks."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from replayx.clock import NS_PER_MS
from replayx.market.agg_trades import TradeGrouping
from replayx.market.chunks import Chunks
from replayx.market.events import AggTrade, FeedKind, Trade, of_type
from replayx.market.market_index import MarketIndex
from replayx.market.segments import Cut
from replayx.market.trade_log import GroupedLog, TradeLog, grouped_back, in_order
from replayx.market.trade_sums import AnyTrade


class Wanted(NamedTuple):
    """Which trades: the first `limit` from `from_id` or `first_ms` on, else the last ones."""

    limit: int
    from_id: int | None = None
    first_ms: int | None = None
    last_ms: int | None = None

    @property
    def is_forward(self) -> bool:
        """Whether the first ones are wanted."""
        return self.from_id is not None or self.first_ms is not None

    def fits(self, trade: AnyTrade) -> bool:
        """Say whether a trade lies within all bounds."""
        return (
            (self.from_id is None or trade.id >= self.from_id)
            and (self.first_ms is None or trade.time_ms >= self.first_ms)
            and (self.last_ms is None or trade.time_ms <= self.last_ms)
        )

    def of(self, trades: Sequence[AnyTrade]) -> list[AnyTrade]:
        """Choose among trades in the order of ids."""
        found = [trade for trade in trades if self.fits(trade)]
        return found[: self.limit] if self.is_forward else found[max(0, len(found) - self.limit) :]


class TradeReader:
    """Reads trades of one market up to a cut."""

    def __init__(self, index: MarketIndex, chunks: Chunks) -> None:
        self._index = index
        self._chunks = chunks

    def trades(self, symbol: str, cut: Cut, wanted: Wanted) -> list[Trade]:
        """Return trades in the order of their ids. Raises CassetteError."""
        feed = (FeedKind.TRADE, symbol)
        log = self._index.trades.get(symbol)
        found = (
            wanted.of(self._past(*feed, None, cut))
            if log is None
            else self._read(feed, log, cut, wanted)
        )
        return of_type(found, Trade)

    def agg_trades(self, symbol: str, cut: Cut, wanted: Wanted) -> list[AggTrade]:
        """Return aggregated trades in order: recorded ones, where there are; else grouped.

        Raises CassetteError.
        """
        feed = (FeedKind.AGG_TRADE, symbol)
        log, single = self._index.agg_trades.get(symbol), self._index.trades.get(symbol)
        if log is not None:
            return of_type(self._read(feed, log, cut, wanted), AggTrade)
        if single is not None:
            return self._grouped(symbol, single, cut, wanted)
        return of_type(wanted.of(self._past(*feed, None, cut)), AggTrade)

    # ---- as recorded

    def _past(
        self, kind: FeedKind, symbol: str, log: TradeLog | None, cut: Cut
    ) -> Sequence[AnyTrade]:
        """Return what answers tell from before the stream's first trade, up to now."""
        past = self._index.past.get((kind, symbol), ())
        first_id = log.first_ids[0] if log else None
        return [
            trade
            for trade in past
            if trade.time_ms * NS_PER_MS <= cut.at_ns and (first_id is None or trade.id < first_id)
        ]

    def _read(
        self, feed: tuple[FeedKind, str], log: TradeLog, cut: Cut, wanted: Wanted
    ) -> list[AnyTrade]:
        past = self._past(*feed, log, cut)
        rows = log.rows_through(cut.segment)
        order = self._forwards if wanted.is_forward else self._backwards
        found: dict[int, AnyTrade] = {}  # by id: neighbours may both tell a trade
        count = sum(map(wanted.fits, past)) if wanted.is_forward else 0
        for row in order(log, rows, wanted):
            if count >= wanted.limit and not _overlaps(log, row, found):
                break
            trades = self._row(feed, log.segments[row], cut)
            count += sum(one.id not in found for one in trades if wanted.fits(one))
            found.update((one.id, one) for one in trades)
        return wanted.of([*past, *(found[one] for one in sorted(found))])

    @staticmethod
    def _forwards(log: TradeLog, rows: int, wanted: Wanted) -> Iterator[int]:
        first = 0
        if wanted.from_id is not None:
            first = log.row_of_id(wanted.from_id)
        if wanted.first_ms is not None:
            first = max(first, log.row_of_time(wanted.first_ms))
        if wanted.last_ms is not None:
            rows = min(rows, log.rows_before_time(wanted.last_ms))
        yield from range(first, rows)

    @staticmethod
    def _backwards(log: TradeLog, rows: int, wanted: Wanted) -> Iterator[int]:
        if wanted.last_ms is not None:
            rows = min(rows, log.rows_before_time(wanted.last_ms))
        yield from reversed(range(rows))

    def _row(self, feed: tuple[FeedKind, str], segment: int, cut: Cut) -> list[AnyTrade]:
        """Return the trades of a segment up to the cut, in order, each once."""
        pieces = cut.pieces if segment == cut.segment else self._index.segments.pieces(segment)
        events = self._chunks.events(pieces, feed)
        if feed[0] is FeedKind.TRADE:
            return in_order(of_type(events, Trade))
        return in_order(of_type(events, AggTrade))

    # ---- grouped

    def _grouped(self, symbol: str, log: GroupedLog, cut: Cut, wanted: Wanted) -> list[AggTrade]:
        rows = log.rows_through(cut.segment)
        before = self._grouped_past(symbol, log, cut)
        first, end = self._span(log, rows, wanted)
        groups = self._groups(log, cut, range(first, end), wanted, symbol) if first < end else []
        return of_type(wanted.of([*before, *groups]), AggTrade)

    def _grouped_past(self, symbol: str, log: GroupedLog, cut: Cut) -> list[AggTrade]:
        """Return what is known from before the first group: told by answers, or grouped."""
        past = of_type(self._past(FeedKind.AGG_TRADE, symbol, None, cut), AggTrade)
        first = log.open_before(0)
        if past:
            first_id = log.first_ids[0]
            return [one for one in past if (one.id < first.id if first else one.last_id < first_id)]
        trades = of_type(self._past(FeedKind.TRADE, symbol, log, cut), Trade)
        return grouped_back(trades, log.first_ids[0])

    @staticmethod
    def _span(log: GroupedLog, rows: int, wanted: Wanted) -> tuple[int, int]:
        """Return the rows in which the wanted groups are; the open one before them goes on."""
        end = rows if wanted.last_ms is None else min(rows, log.rows_before_time(wanted.last_ms))
        if wanted.is_forward:
            first = 0 if wanted.from_id is None else log.row_of_group(wanted.from_id)
            if wanted.first_ms is not None:
                first = max(first, log.row_of_time(wanted.first_ms))
            # One group a row at least: more than enough rows for all that are wanted.
            return first, end
        first = max(0, end - 1)
        while first > 0 and log.groups_between(first, end - 1) <= wanted.limit:
            first -= 1
        return first, end

    def _groups(
        self, log: GroupedLog, cut: Cut, span: range, wanted: Wanted, symbol: str
    ) -> list[AggTrade]:
        """Return the groups in rows that are complete and known at the cut.

        A group is complete where the next trade of its chunk begins another, and where the next
        chunk begins without going on with it: when a derived stream tells it, too.
        """
        feed = (FeedKind.TRADE, symbol)
        grouping = TradeGrouping(log.open_before(span[0]))
        groups: list[AggTrade] = []
        known_id = log.last_ids[span[0] - 1] if span[0] else -1
        count, row = 0, span[0]
        for row in span:
            segment = log.segments[row]
            whole = self._index.segments.pieces(segment)
            trades = in_order(of_type(self._chunks.events(whole, feed), Trade))
            ended = grouping.add(trades)
            groups += ended
            count += sum(map(wanted.fits, ended)) if wanted.is_forward else 0
            known = trades if segment < cut.segment else self._row(feed, segment, cut)
            known_id = max(known_id, max((one.id for one in known), default=-1))
            if count >= wanted.limit:
                break
        went_on = cut.segment > log.segments[row]
        is_last = log.segments[row] + 1 == len(self._index.segments)
        if grouping.open is not None and (went_on or is_last):
            groups.append(grouping.open)
        return [group for group in groups if group.last_id <= known_id]


def _overlaps(log: TradeLog, row: int, found: Collection[int]) -> bool:
    """Say whether a row may tell trades among those that were found in its neighbours."""
    if not found:
        return True
    return log.first_ids[row] <= max(found) and log.last_ids[row] >= min(found)
