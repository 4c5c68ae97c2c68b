"""What recorded answers tell of the past: trades from before a stream's, and candles."""

from collections import deque
from collections.abc import Iterable, Sequence

from replayx.clock import NS_PER_MS
from replayx.market.chunks import Family
from replayx.market.events import (
    AggTrade,
    Candle,
    FeedKind,
    MarketEvent,
    MarketFeed,
    Trade,
    of_type,
)
from replayx.market.facts import Facts
from replayx.market.late_trades import BEFORE_TAPE
from replayx.market.market_index import MarketIndex
from replayx.market.told_candles import ToldCandles
from replayx.market.trade_log import in_order
from replayx.market.trade_sums import AnyTrade


class PastPass:
    """Adds to an index what answers tell. `families` is what streams tell."""

    def __init__(self, index: MarketIndex, families: Sequence[Family], facts: Facts) -> None:
        self._index = index
        self._families = families
        self._facts = facts
        self._past: dict[Family, list[tuple[int, list[AnyTrade]]]] = {}
        self._candles: deque[tuple[int, MarketFeed, list[Candle]]] = deque()

    def read(self) -> None:
        """Read the answers that tell of trades and candles. Raises CassetteError."""
        found: list[tuple[int, MarketFeed, list[Candle]]] = []
        for feed in self._facts.feeds():
            if feed.kind in (FeedKind.TRADE, FeedKind.AGG_TRADE):
                self._take_past_trades(feed)
            elif feed.kind is FeedKind.CANDLE and not feed.zone_ms:
                for at_ns, events in self._facts.history(feed):
                    found.append((at_ns, feed, of_type(events, Candle)))
        self._candles.extend(sorted(found, key=_when))

    def _take_past_trades(self, feed: MarketFeed) -> None:
        answers = [(at_ns, _trades_in(told)) for at_ns, told in self._facts.history(feed)]
        self._past[feed.kind, feed.symbol] = answers
        self._index.past[feed.kind, feed.symbol] = in_order(
            [one for _, told in answers for one in told]
        )

    def anchor(self, symbol: str, first_id: int) -> AggTrade | None:
        """Return the aggregated trade told by an answer that the stream's first trade follows."""
        past = of_type(self._index.past.get((FeedKind.AGG_TRADE, symbol), ()), AggTrade)
        joining = [one for one in past if one.first_id <= first_id <= one.last_id + 1]
        return joining[-1] if joining else None

    def finish(self) -> None:
        """Add what is left, and the trades: of the kind that streams told, or that is there alone.

        From before a stream's first trade they are known at every instant.
        """
        self.take_candles(max(0, len(self._index.segments) - 1), None)
        for (kind, symbol), answers in self._past.items():
            if kind is not self._kind_of_candles(symbol):
                continue
            streamed = (kind, symbol) in self._families
            rows = self._index.candles_of(symbol)
            for at_ns, told in answers:
                run = BEFORE_TAPE if streamed else self._index.segments.at(at_ns)
                rows.add_history(in_order(told), run)

    def _kind_of_candles(self, symbol: str) -> FeedKind:
        """Return what candles are made of: one kind, single trades where there are any."""
        for told in (self._families, self._past):
            for kind in (FeedKind.TRADE, FeedKind.AGG_TRADE):
                if (kind, symbol) in told:
                    return kind
        return FeedKind.TRADE

    def take_candles(self, segment: int, next_ns: int | None) -> None:
        """Add what candles answers told before the next segment begins."""
        while self._candles and (next_ns is None or self._candles[0][0] < next_ns):
            at_ns, feed, candles = self._candles.popleft()
            told = ToldCandles(feed.interval, candles, at_ns // NS_PER_MS, is_answer=True)
            self._index.candles_of(feed.symbol).add_candles(segment, told)


def _trades_in(events: Iterable[MarketEvent]) -> list[AnyTrade]:
    return [event for event in events if isinstance(event, Trade | AggTrade)]


def _when(row: tuple[int, MarketFeed, list[Candle]]) -> int:
    return row[0]
