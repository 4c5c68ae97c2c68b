"""slicer: messages arrive in pieces, a while apart."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec

from replayx.clock import NS_PER_MS
from replayx.faults.attributes import Duration, Size
from replayx.faults.flow import NEVER_NS, Flow, Part
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import changed
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Stage, Toxic
from replayx.limits import SLICES_MAX

# Steps of the golden ratio fill an interval evenly, however many are taken: sizes of any number
# of pieces from one draw.
_GOLDEN = 0.6180339887498949


class Slicer(Toxic, frozen=True, kw_only=True):
    """Messages arrive in pieces of `average_size` ± `size_variation` bytes, `delay` apart."""

    type: ClassVar[str] = "slicer"
    source: ClassVar[str] = "Toxiproxy: slicer"
    stage: ClassVar[Stage] = Stage.BYTES
    draws: ClassVar[int] = 1
    cuts: ClassVar[bool] = True

    average_size: Size = Size(64)
    size_variation: Size = Size(0)
    delay: Duration = Duration(NS_PER_MS)

    def __post_init__(self) -> None:
        """Raises ValueError for sizes below a byte."""
        if self.size_variation >= self.average_size:
            raise ValueError(
                f"average_size {self.average_size} ± {self.size_variation}; expected more than 0"
            )

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what cuts the messages of a link."""
        return None if link.carrier is Carrier.REST else SlicedLink(self)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what cuts the answers of a link, each for itself."""
        is_there = link.carrier is Carrier.REST and link.direction is Direction.DOWNSTREAM
        return SlicedAnswers(self) if is_there else None


class SlicedAnswers:
    """Lets the bodies of answers arrive in pieces, of one size a body."""

    def __init__(self, slicer: Slicer) -> None:
        self._average = int(slicer.average_size)
        self._variation = int(slicer.size_variation)
        self._delay_ns = int(slicer.delay)

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Cut an answer."""
        size = self._average + round((2 * draws[0] - 1) * self._variation)
        trip.manner = msgspec.structs.replace(
            trip.manner, slice_bytes=size, slice_delay_ns=self._delay_ns
        )
        return True


class SlicedLink:
    """Knows when the piece before has passed: the next one waits for it, and the delay."""

    def __init__(self, slicer: Slicer) -> None:
        self._average = int(slicer.average_size)
        self._variation = int(slicer.size_variation)
        self._delay_ns = int(slicer.delay)
        self._free_ns = 0

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Cut what fired."""
        column = draws.column(0)

        def slice_up(part: Part, k: int) -> Iterable[Part]:
            for piece in self._pieces(bytes(flow.bytes_of(part)), column[k]):
                yield part._replace(due_ns=self._passed_ns(part.due_ns), data=piece)

        flow.parts = changed(flow.parts, fired, slice_up)
        # Also what is one piece: whether it waits for the piece before is a matter of the pace.
        return fired

    def _pieces(self, data: bytes, draw: float) -> Iterator[bytes]:
        # However small they are asked for: no message becomes more than so many.
        least = -(-len(data) // SLICES_MAX)
        first = 0
        while first < len(data):
            size = self._average + round((2 * draw - 1) * self._variation)
            draw = (draw + _GOLDEN) % 1
            yield data[first : first + max(size, least)]
            first += max(size, least)

    def _passed_ns(self, due_ns: int) -> int:
        if due_ns >= NEVER_NS:
            return due_ns
        due_ns = max(due_ns, self._free_ns)
        self._free_ns = due_ns + self._delay_ns
        return due_ns
