"""old_snapshot: an answer tells the order book of some time ago."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.attributes import Duration
from replayx.faults.link import Carrier, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import Toxic
from replayx.market.events import FeedKind


class OldSnapshot(Toxic, frozen=True, kw_only=True):
    """Depth answers are so old that the differences a client has buffered do not join them.

    age: how long ago the book was so.
    """

    type: ClassVar[str] = "old_snapshot"
    source: ClassVar[str] = "web-socket-streams.md, How to manage a local order book correctly"

    age: Duration = Duration(5_000_000_000)

    def on_requests(self, link: Link) -> "_OldSnapshot | None":
        """Return what runs on the requests of a link."""
        return None if link.carrier is Carrier.WS else _OldSnapshot(self.age)


class _OldSnapshot:
    def __init__(self, age_ns: int) -> None:
        self._age_ns = age_ns

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Have the answer be of an earlier position."""
        del draws
        if trip.tells is not FeedKind.BOOK_SNAPSHOT:
            return False
        trip.as_of_ns = max(0, trip.at_ns - self._age_ns)
        return True
