"""no_answer: a request that nobody ever answers, on a connection that stays open."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Delivery, RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic
from replayx.venues.venue import HttpReply

_NOTHING = HttpReply(200, b"", ())


class NoAnswer(Toxic, frozen=True, kw_only=True):
    """A request is never answered; the connection stays open, and silent.

    Downstream the answer is lost, and the request was carried out; upstream the request is.
    """

    type: ClassVar[str] = "no_answer"
    source: ClassVar[str] = "Toxiproxy: timeout (of 0)"

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what keeps the answers of a link."""
        if link.carrier is Carrier.WS:
            return None
        return _NoAnswer(is_carried_out=link.direction is Direction.DOWNSTREAM)


class _NoAnswer:
    def __init__(self, *, is_carried_out: bool) -> None:
        self._is_carried_out = is_carried_out

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Keep the answer."""
        del draws
        if not self._is_carried_out:
            trip.canned = _NOTHING
        trip.manner = msgspec.structs.replace(trip.manner, delivery=Delivery.NEVER)
        return True
