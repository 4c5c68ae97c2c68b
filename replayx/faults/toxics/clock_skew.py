"""clock_skew: the venue's clock is wrong, and it believes in it."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import Duration
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic


class ClockSkew(Toxic, frozen=True, kw_only=True):
    """The venue's clock is `ahead` or `behind`, in its answers and in what it refuses.

    Its time, `serverTime` and Date are moved, and signed requests whose timestamp is too far from
    that are refused as the venue does. Without this toxic no timestamp is looked at.
    """

    type: ClassVar[str] = "clock_skew"
    source: ClassVar[str] = "rest-api.md, Timing security"

    ahead: Duration = Duration(0)
    behind: Duration = Duration(0)

    def __post_init__(self) -> None:
        """Raises ValueError for a clock that is both."""
        if self.ahead and self.behind:
            raise ValueError("ahead and behind; expected one of them")

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what moves the clock of a link's answers."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _ClockSkew(self.ahead - self.behind) if is_there else None


class _ClockSkew:
    def __init__(self, skew_ns: int) -> None:
        self._skew_ms = skew_ns // NS_PER_MS

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Move the clock."""
        del draws
        trip.skew_ms = (trip.skew_ms or 0) + self._skew_ms
        return True
