"""Gaps in what a stream counts: some of its messages are missing, in a row.

What a stream counts is for the venue to say, so that a rule for all of a client's streams takes
only those of books, or of trades.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, ClassVar

import msgspec

from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import left_out, standing
from replayx.faults.toxic import Draws, Toxic
from replayx.limits import FAULT_NUMBER_MAX
from replayx.market.events import FeedKind
from replayx.venues.venue import Venue

Count = Annotated[int, msgspec.Meta(ge=1, le=FAULT_NUMBER_MAX)]


class MarketGap(Toxic, frozen=True, kw_only=True):
    """Messages of one kind are missing, on each channel apart.

    count: how many in a row. of_every: of how many each time; 0: once.
    """

    kinds: ClassVar[frozenset[FeedKind]] = frozenset()

    count: Count = 1
    of_every: Annotated[int, msgspec.Meta(ge=0, le=FAULT_NUMBER_MAX)] = 0

    def __post_init__(self) -> None:
        if 0 < self.of_every <= self.count:
            raise ValueError(
                f"{self.count} messages missing of every {self.of_every};"
                " expected fewer than there are"
            )

    def on_link(self, link: Link) -> "_Gaps | None":
        """Return what runs on the messages of a link."""
        if link.carrier is not Carrier.WS or link.direction is not Direction.DOWNSTREAM:
            return None
        return _Gaps(self.kinds, self.count, self.of_every)


class _Gaps:
    """Leaves out messages of one link. `_seen`: how many of each channel were selected."""

    def __init__(self, kinds: Collection[FeedKind], count: int, of_every: int) -> None:
        self._kinds = kinds
        self._count = count
        self._of_every = of_every
        self._seen: dict[str, int] = {}
        self._counted: dict[str, bool] = {}

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Leave out the first messages of each channel, or some of every so many."""
        del draws
        if flow.venue is None:
            return ()
        gone = [k for k in fired if self._is_missing(flow.venue, flow.channel[k])]
        gone = list(standing(flow, gone))
        if gone:
            flow.parts = left_out(flow.parts, gone)
        return gone

    def _is_missing(self, venue: Venue, channel: str) -> bool:
        is_counted = self._counted.get(channel)
        if is_counted is None:
            feed = venue.market_feed(channel)
            is_counted = self._counted[channel] = feed is not None and feed.kind in self._kinds
        if not is_counted:
            return False
        seen = self._seen[channel] = self._seen.get(channel, 0) + 1
        if not self._of_every:
            return seen <= self._count
        # The last of every so many: a client is in step before the first is missing.
        return (seen - 1) % self._of_every >= self._of_every - self._count
