"""out_of_order: answers over the WebSocket API leave in another order than they were asked in."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.clock import NS_PER_S
from replayx.faults.attributes import Duration
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic

_BEHIND_MAX = 1000


class OutOfOrder(Toxic, frozen=True, kw_only=True):
    """An answer leaves behind the next `behind` answers of its connection.

    within: but no later than so long after it was there.
    """

    type: ClassVar[str] = "out_of_order"
    source: ClassVar[str] = "web-socket-api.md: responses may come in another order"

    behind: int = 1
    within: Duration = Duration(NS_PER_S)

    def __post_init__(self) -> None:
        """Raises ValueError for an answer that is behind nothing."""
        if not 1 <= self.behind <= _BEHIND_MAX:
            raise ValueError(f"behind {self.behind}; expected 1 to {_BEHIND_MAX}")

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what lets answers be overtaken."""
        is_there = link.carrier is Carrier.WSAPI and link.direction is Direction.DOWNSTREAM
        return _OutOfOrder(self) if is_there else None


class _OutOfOrder:
    def __init__(self, toxic: OutOfOrder) -> None:
        self._toxic = toxic

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Let the answer be overtaken."""
        del draws
        trip.overtaken_by = self._toxic.behind
        trip.departure_delay_ns += int(self._toxic.within)
        return True
