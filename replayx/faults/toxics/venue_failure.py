"""venue_failure: a request fails as the venue documents it, by the failure's name."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import Duration
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Failing, RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic


class VenueFailure(Toxic, frozen=True, kw_only=True):
    """A request fails as the venue says it: `too_many_requests`, `backend_timeout` ...

    failure: its name in the venue's catalogue (`replayx faults list`), which is also a type of its
    own in a plan. is_executed: the request is carried out all the same, as an order that exists
    though its answer says that nobody knows. retry_after: how long to wait, where the failure says
    so; 0: as the venue has it.
    """

    type: ClassVar[str] = "venue_failure"
    source: ClassVar[str] = "the venue's own documentation of its errors"

    failure: str
    is_executed: bool = False
    retry_after: Duration = Duration(0)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what fails the requests of a link."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _VenueFailure(self) if is_there else None


class _VenueFailure:
    def __init__(self, toxic: VenueFailure) -> None:
        wait_ms = -(-int(toxic.retry_after) // NS_PER_MS)
        self._failing = Failing(toxic.failure, toxic.is_executed, wait_ms)

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Let the request fail."""
        del draws
        trip.failing = self._failing
        return True
