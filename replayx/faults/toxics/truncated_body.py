"""truncated_body: an answer announces more than it has, and the connection ends."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.faults.attributes import Ratio, Size
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic


class TruncatedBody(Toxic, frozen=True, kw_only=True):
    """An answer's body ends early: the connection is closed behind part of what was announced.

    at: how many bytes come; left out, `share` of the body. Over the WebSocket API the message is
    whole as a frame, and its text ends early.
    """

    type: ClassVar[str] = "truncated_body"
    source: ClassVar[str] = "RFC 9112, section 8: handling incomplete messages"

    at: Size | None = None
    share: Ratio = Ratio(0.5)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what cuts the answers of a link."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _TruncatedBody(self) if is_there else None


class _TruncatedBody:
    def __init__(self, toxic: TruncatedBody) -> None:
        self._at = None if toxic.at is None else int(toxic.at)
        self._share = float(toxic.share)

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Cut the answer."""
        del draws
        if self._at is not None:
            trip.manner = msgspec.structs.replace(trip.manner, cut_at=self._at)
        else:
            trip.manner = msgspec.structs.replace(trip.manner, cut_share=self._share)
        return True
