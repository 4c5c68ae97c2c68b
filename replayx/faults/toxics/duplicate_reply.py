"""duplicate_reply: an answer comes more than once."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic

_COPIES_MAX = 100


class DuplicateReply(Toxic, frozen=True, kw_only=True):
    """An answer comes `copies` times. Over HTTP the others come unasked on the same connection."""

    type: ClassVar[str] = "duplicate_reply"
    source: ClassVar[str] = "RFC 9112, section 9.2: responses that nothing asked for"

    copies: int = 2

    def __post_init__(self) -> None:
        """Raises ValueError for fewer than two copies, or very many."""
        if not 2 <= self.copies <= _COPIES_MAX:
            raise ValueError(f"copies {self.copies}; expected 2 to {_COPIES_MAX}")

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what doubles the answers of a link."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _DuplicateReply(self.copies) if is_there else None


class _DuplicateReply:
    def __init__(self, copies: int) -> None:
        self._copies = copies

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Send the answer more than once."""
        del draws
        trip.manner = msgspec.structs.replace(trip.manner, copies=self._copies)
        return True
