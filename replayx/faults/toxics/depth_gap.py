"""depth_gap: differences of an order book are missing."""

from typing import ClassVar

from replayx.faults.toxics.market_gap import MarketGap
from replayx.market.events import FeedKind


class DepthGap(MarketGap, frozen=True, kw_only=True):
    """Differences of a book are missing: the next one does not join, and a client must start over.

    count: how many in a row. of_every: of how many each time, on each channel; 0: once.
    """

    type: ClassVar[str] = "depth_gap"
    source: ClassVar[str] = "web-socket-streams.md, How to manage a local order book correctly"
    kinds: ClassVar[frozenset[FeedKind]] = frozenset((FeedKind.BOOK_DELTA,))
