"""handshake_failure: a WebSocket handshake is refused over HTTP, late, or not answered."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from replayx.faults.attributes import Duration
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Attempt, Delivery, Failing
from replayx.faults.toxic import ConnectToxic, Toxic
from replayx.venues.venue import HttpReply

_STATUS_MIN, _STATUS_MAX = 300, 599


class HandshakeFailure(Toxic, frozen=True, kw_only=True):
    """A WebSocket handshake is refused, reset, or never answered.

    how: `status` answers with `status` and `body`, or with the venue's `failure` by its name;
    `reset` ends the connection without a byte; `silence` never answers. delay: before that.
    """

    type: ClassVar[str] = "handshake_failure"
    source: ClassVar[str] = "RFC 6455, section 4.2.2"

    how: Literal["status", "reset", "silence"] = "status"
    status: int = 503
    body: str = ""
    failure: str = ""
    delay: Duration = Duration(0)

    def __post_init__(self) -> None:
        """Raises ValueError for a status that refuses nothing."""
        if not _STATUS_MIN <= self.status <= _STATUS_MAX:
            raise ValueError(f"status {self.status}; expected {_STATUS_MIN} to {_STATUS_MAX}")

    def on_handshakes(self, link: Link) -> ConnectToxic | None:
        """Return what refuses handshakes."""
        is_there = link.carrier is not Carrier.REST and link.direction is Direction.DOWNSTREAM
        return _HandshakeFailure(self) if is_there else None


class _HandshakeFailure:
    def __init__(self, toxic: HandshakeFailure) -> None:
        self._toxic = toxic

    def apply(self, attempt: Attempt, draws: Sequence[float]) -> bool:
        """Refuse a handshake."""
        del draws
        toxic = self._toxic
        attempt.delay_ns += int(toxic.delay)
        if toxic.how == "reset":
            attempt.delivery = Delivery.RESET
        elif toxic.how == "silence":
            attempt.delivery = Delivery.NEVER
        elif toxic.failure:
            attempt.failing = Failing(toxic.failure)
        else:
            headers = (("Content-Type", "text/html"),) if toxic.body else ()
            attempt.canned = HttpReply(toxic.status, toxic.body.encode(), headers)
        return True
