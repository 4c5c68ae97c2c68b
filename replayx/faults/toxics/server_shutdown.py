"""server_shutdown: the venue says that a connection will end, and ends it."""

from typing import ClassVar

from replayx.clock import NS_PER_S
from replayx.faults.attributes import Duration
from replayx.faults.outage import Outage

_CODES = range(1000, 5000)  # RFC 6455 section 7.4.2
_REASON_BYTES_MAX = 123  # RFC 6455 section 5.5: a control frame has 125, two of them the code


class ServerShutdown(Outage, frozen=True, kw_only=True):
    """The venue announces on every open connection that it goes away, and goes after `lead`.

    The announcement comes without a subscription; a venue that has none only closes. code, reason:
    of the close.
    """

    type: ClassVar[str] = "server_shutdown"
    source: ClassVar[str] = "web-socket-streams.md and web-socket-api.md, serverShutdown"

    lead: Duration = Duration(10 * NS_PER_S)
    code: int = 1001
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a close that no frame can tell."""
        if self.code not in _CODES:
            raise ValueError(f"code {self.code}; expected 1000 to 4999")
        if len(self.reason.encode()) > _REASON_BYTES_MAX:
            raise ValueError(f"a reason of {len(self.reason)} characters; expected 123 bytes")
