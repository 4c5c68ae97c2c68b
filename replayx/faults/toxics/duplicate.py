"""duplicate: messages arrive more than once."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.attributes import Count, Duration
from replayx.faults.flow import Flow, Part
from replayx.faults.link import Carrier, Link
from replayx.faults.parts import changed, later, standing
from replayx.faults.toxic import Draws, LinkToxic, Toxic


class Duplicate(Toxic, frozen=True, kw_only=True):
    """Messages arrive again, `count` times, each `after` the one before; at once unless said."""

    type: ClassVar[str] = "duplicate"
    source: ClassVar[str] = "netem(8): duplicate; two connections that carry the same stream"

    count: Count = 1
    after: Duration = Duration(0)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what repeats messages of a link."""
        return None if link.carrier is Carrier.REST else RepeatingLink(self)


class RepeatingLink:
    """Sends copies."""

    def __init__(self, duplicate: Duplicate) -> None:
        self._count = duplicate.count
        self._after_ns = int(duplicate.after)

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Repeat what fired."""
        del draws

        def repeat(part: Part, k: int) -> list[Part]:
            del k
            return [
                part._replace(due_ns=later(part.due_ns, number * self._after_ns))
                for number in range(self._count + 1)
            ]

        fired = standing(flow, fired)
        flow.parts = changed(flow.parts, fired, repeat)
        return fired
