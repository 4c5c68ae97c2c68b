"""bandwidth: a link that carries so many bytes a second."""

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

import msgspec

from replayx.clock import NS_PER_S
from replayx.faults.attributes import Rate
from replayx.faults.flow import NEVER_NS, Flow, Part
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import changed
from replayx.faults.round_trip import RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Stage, Toxic


class Bandwidth(Toxic, frozen=True, kw_only=True):
    """A link carries `rate` bytes a second: a message arrives when its last byte has passed."""

    type: ClassVar[str] = "bandwidth"
    source: ClassVar[str] = "Toxiproxy: bandwidth"
    stage: ClassVar[Stage] = Stage.TRANSPORT

    rate: Rate = Rate(100_000)

    def __post_init__(self) -> None:
        """Raises ValueError for a rate at which nothing ever arrives."""
        if not self.rate:
            raise ValueError("rate 0; expected more, or the toxic stall")

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what slows down the messages of a link."""
        return None if link.carrier is Carrier.REST else NarrowLink(self.rate)

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what slows down the answers of a link, each for itself."""
        is_there = link.carrier is Carrier.REST and link.direction is Direction.DOWNSTREAM
        return NarrowAnswers(self.rate) if is_there else None


class NarrowAnswers:
    """Lets the bodies of answers pass at a rate."""

    def __init__(self, rate: Rate) -> None:
        self._rate = int(rate)

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Slow down an answer."""
        del draws
        trip.manner = msgspec.structs.replace(trip.manner, bytes_per_s=self._rate)
        return True


class NarrowLink:
    """Knows until when the link is busy, exactly: fractions of a ns would add up."""

    def __init__(self, rate: Rate) -> None:
        self._ns_a_byte = Fraction(NS_PER_S, rate)
        self._free_ns = Fraction(0)

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Let what fired pass, one after another."""
        del draws

        def pass_by(part: Part, k: int) -> tuple[Part, ...]:
            del k
            return (part._replace(due_ns=self._passed_ns(part.due_ns, len(flow.bytes_of(part)))),)

        flow.parts = changed(flow.parts, fired, pass_by)
        return fired

    def _passed_ns(self, due_ns: int, size: int) -> int:
        if due_ns >= NEVER_NS:
            return due_ns
        self._free_ns = max(self._free_ns, Fraction(due_ns)) + size * self._ns_a_byte
        return -(-self._free_ns.numerator // self._free_ns.denominator)
