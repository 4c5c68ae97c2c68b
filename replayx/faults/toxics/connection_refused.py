"""connection_refused: requests and handshakes end in a reset, before anything is read of them."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Attempt, Delivery, RoundTrip
from replayx.faults.toxic import ConnectToxic, RequestToxic, Toxic
from replayx.venues.venue import HttpReply

_NOTHING = HttpReply(200, b"", ())


class ConnectionRefused(Toxic, frozen=True, kw_only=True):
    """Requests and handshakes are answered with a reset, and nothing is carried out.

    The toxic `down` refuses connections before anything can be sent on them.
    """

    type: ClassVar[str] = "connection_refused"
    source: ClassVar[str] = "RFC 9293, section 3.5.2: reset generation"

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what resets requests."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _RefusedRequest() if is_there else None

    def on_handshakes(self, link: Link) -> ConnectToxic | None:
        """Return what resets handshakes."""
        is_there = link.carrier is not Carrier.REST and link.direction is Direction.DOWNSTREAM
        return _RefusedHandshake() if is_there else None


class _RefusedRequest:
    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Reset the connection, in place of carrying out the request."""
        del draws
        trip.canned = _NOTHING
        trip.manner = msgspec.structs.replace(trip.manner, delivery=Delivery.RESET)
        return True


class _RefusedHandshake:
    def apply(self, attempt: Attempt, draws: Sequence[float]) -> bool:
        """Reset the connection."""
        del draws
        attempt.delivery = Delivery.RESET
        return True
