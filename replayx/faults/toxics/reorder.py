"""reorder: messages are overtaken by others. delay: some streams lag behind the others."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.clock import NS_PER_MS, NS_PER_S
from replayx.faults.attributes import Count, Duration
from replayx.faults.flow import Flow, Part
from replayx.faults.link import Carrier, Link
from replayx.faults.parts import changed, delayed, later, put_off, standing
from replayx.faults.toxic import Draws, LinkToxic, Toxic


class Reorder(Toxic, frozen=True, kw_only=True):
    """Messages are overtaken: by up to `window` later ones, but held no longer than `within`.

    By how many is drawn for each, from 0: with window 1 every second one changes its place.
    """

    type: ClassVar[str] = "reorder"
    source: ClassVar[str] = "netem(8): reorder; streams that several servers feed"
    draws: ClassVar[int] = 1

    window: Count = 3
    within: Duration = Duration(NS_PER_S)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what lets messages of a link be overtaken."""
        return None if link.carrier is Carrier.REST else ShuffledLink(self)


class ShuffledLink:
    """Lets messages leave behind others, which may not have come yet."""

    def __init__(self, reorder: Reorder) -> None:
        self._window = reorder.window
        self._within_ns = int(reorder.within)

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Put off what fired."""
        column = draws.column(0)
        by = {k: int(column[k] * (self._window + 1)) for k in standing(flow, fired)}
        late = [k for k, count in by.items() if count]

        def overtaken(part: Part, k: int) -> tuple[Part, ...]:
            due_ns = later(part.due_ns, self._within_ns)
            return (part._replace(due_ns=due_ns, behind=flow.index + k + by[k]),)

        flow.parts = changed(flow.parts, late, overtaken)
        return late


class Delay(Toxic, frozen=True, kw_only=True):
    """Some streams lag behind the others of their connection, which overtake them.

    jitter: by how much more, or less, the delay of each message is, evenly distributed.
    """

    type: ClassVar[str] = "delay"
    source: ClassVar[str] = "streams of one connection are in no order among each other"
    draws: ClassVar[int] = 1

    delay: Duration = Duration(500 * NS_PER_MS)
    jitter: Duration = Duration(0)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what delays messages of a link."""
        return None if link.carrier is Carrier.REST else LateLink(self)


class LateLink:
    """Delays messages, each for itself."""

    def __init__(self, delay: Delay) -> None:
        self._delay_ns = int(delay.delay)
        self._jitter_ns = int(delay.jitter)

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Delay what fired."""
        fired = standing(flow, fired)
        if not self._jitter_ns:
            flow.parts = delayed(flow.parts, fired, self._delay_ns)
            return fired
        column = draws.column(0)
        delay, jitter = self._delay_ns, self._jitter_ns
        late_ns = {k: max(0, delay + int((2 * column[k] - 1) * jitter)) for k in fired}
        flow.parts = put_off(flow.parts, fired, late_ns)
        return fired
