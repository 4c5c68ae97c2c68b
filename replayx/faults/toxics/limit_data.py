"""limit_data: a connection ends behind so many bytes."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.attributes import Size
from replayx.faults.flow import Ending, Flow, Part
from replayx.faults.link import Carrier, Link
from replayx.faults.toxic import Draws, LinkToxic, Stage, Toxic


class LimitData(Toxic, frozen=True, kw_only=True):
    """The connection ends, without a close frame, when so many bytes of messages have passed."""

    type: ClassVar[str] = "limit_data"
    source: ClassVar[str] = "Toxiproxy: limit_data"
    stage: ClassVar[Stage] = Stage.BYTES
    cuts: ClassVar[bool] = True

    bytes: Size = Size(100_000)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what counts the bytes of a link."""
        return None if link.carrier is Carrier.REST else LimitedLink(self.bytes)


class LimitedLink:
    """Counts what fired, until nothing is left; what ends the connection may be cut."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Let pass as much as may."""
        del draws
        if not fired:
            return ()
        counted = frozenset(fired)
        passed: list[Part] = []
        for part in _single(flow, counted):
            size = len(flow.bytes_of(part)) if part.first in counted else 0
            if size <= self._left:
                self._left -= size
                passed.append(part)
                if self._left or not size:
                    continue
            else:
                passed.append(part._replace(data=bytes(flow.bytes_of(part)[: self._left])))
                self._left = 0
            flow.ending = flow.ending or Ending()
            flow.parts = passed
            return (part.first,)
        return ()


def _single(flow: Flow, counted: frozenset[int]) -> list[Part]:
    """Return parts of which each holds one message, or none that is counted."""
    single: list[Part] = []
    for part in flow.parts:
        if part.data is not None or counted.isdisjoint(range(part.first, part.stop)):
            single.append(part)
        else:
            single += (part._replace(first=k, stop=k + 1) for k in range(part.first, part.stop))
    return single
