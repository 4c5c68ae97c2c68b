"""http_error: a request is answered with an error of HTTP, whatever it asks."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic
from replayx.venues.venue import HttpReply

_STATUS_MIN, _STATUS_MAX = 200, 599
_BODY_BYTES_MAX = 1 << 20


class HttpError(Toxic, frozen=True, kw_only=True):
    """A request is answered with a status and a body of your own, and is not carried out.

    status, body: what is answered. content_type: of the body; guessed if it is left out. The
    failures that a venue documents have names of their own.
    """

    type: ClassVar[str] = "http_error"
    source: ClassVar[str] = "RFC 9110, section 15"

    status: int = 500
    body: str = ""
    content_type: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a status that ends no request, or a body of megabytes."""
        if not _STATUS_MIN <= self.status <= _STATUS_MAX:
            raise ValueError(f"status {self.status}; expected {_STATUS_MIN} to {_STATUS_MAX}")
        if len(self.body) > _BODY_BYTES_MAX:
            raise ValueError(f"a body of {len(self.body)} characters; expected at most 1 MiB")

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what answers the requests of a link."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _HttpError(self) if is_there else None


class _HttpError:
    def __init__(self, toxic: HttpError) -> None:
        is_json = toxic.body.lstrip()[:1] in ("{", "[")
        kind = toxic.content_type or ("application/json" if is_json else "text/html")
        headers = (("Content-Type", kind),) if toxic.body else ()
        self._reply = HttpReply(toxic.status, toxic.body.encode(), headers)

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Answer with the error."""
        del draws
        trip.canned = self._reply
        return True
