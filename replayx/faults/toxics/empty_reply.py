"""empty_reply: the connection ends where an answer should be."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Delivery, RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic


class EmptyReply(Toxic, frozen=True, kw_only=True):
    """The connection is closed in place of an answer; the request was carried out."""

    type: ClassVar[str] = "empty_reply"
    source: ClassVar[str] = "curl: 52, the server returned nothing"

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what ends connections in place of answers."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _InPlaceOfAnswer(Delivery.EMPTY) if is_there else None


class _InPlaceOfAnswer:
    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """End the connection in place of an answer."""
        del draws
        trip.manner = msgspec.structs.replace(trip.manner, delivery=self._delivery)
        return True
