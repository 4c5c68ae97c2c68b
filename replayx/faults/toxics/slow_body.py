"""slow_body: an answer's head comes at once, its body in a trickle."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import Duration, Rate, Size
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import RequestToxic, Toxic


class SlowBody(Toxic, frozen=True, kw_only=True):
    """An answer's body comes slowly: `rate`, or in pieces of `slice` bytes `delay` apart.

    rate: bytes a second; 0: as pieces alone have it. Over the WebSocket API there are no bodies:
    `bandwidth` and `slicer` do the same to messages.
    """

    type: ClassVar[str] = "slow_body"
    source: ClassVar[str] = "Toxiproxy: bandwidth, slicer"

    rate: Rate = Rate(0)
    slice: Size = Size(64)
    delay: Duration = Duration(10 * NS_PER_MS)

    def __post_init__(self) -> None:
        """Raises ValueError for pieces without a byte."""
        if not self.slice:
            raise ValueError("slice 0; expected a number of bytes")

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what slows down the answers of a link."""
        is_there = link.carrier is Carrier.REST and link.direction is Direction.DOWNSTREAM
        return _SlowBody(self) if is_there else None


class _SlowBody:
    def __init__(self, toxic: SlowBody) -> None:
        self._toxic = toxic

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Slow down the answer."""
        del draws
        toxic = self._toxic
        delay_ns = 0 if toxic.rate else int(toxic.delay)
        trip.manner = msgspec.structs.replace(
            trip.manner,
            bytes_per_s=int(toxic.rate),
            slice_bytes=int(toxic.slice),
            slice_delay_ns=delay_ns,
        )
        return True
