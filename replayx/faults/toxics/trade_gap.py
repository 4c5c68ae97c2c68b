"""trade_gap: the ids of trades jump."""

from typing import ClassVar

from replayx.faults.toxics.market_gap import Count, MarketGap
from replayx.market.events import FeedKind


class TradeGap(MarketGap, frozen=True, kw_only=True):
    """Trades are missing, so that their ids jump: what a client adds up is wrong until it asks.

    count: how many in a row. of_every: of how many each time, on each channel; 0: once.
    """

    type: ClassVar[str] = "trade_gap"
    source: ClassVar[str] = "web-socket-streams.md, Trade Streams: `t` and `a` count without gaps"
    kinds: ClassVar[frozenset[FeedKind]] = frozenset((FeedKind.TRADE, FeedKind.AGG_TRADE))

    count: Count = 10
