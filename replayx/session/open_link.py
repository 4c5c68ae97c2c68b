"""An open link: one connection as the plan sees it, with what carries its messages either way."""

from replayx.faults.link import Direction, Link
from replayx.faults.outlet import Outgoing
from replayx.faults.pipeline import Pipeline
from replayx.session.uplink import Uplink


class OpenLink:
    """A connection. `down` and `up` are None where the plan has nothing for that direction.

    opened_ns: the tape's position when it began. received: how many messages have come from the
    client. is_whole: what was sent last ended with a frame.
    """

    __slots__ = ("down", "is_whole", "link", "number", "opened_ns", "received", "up", "uplink")

    def __init__(self, number: int, link: Link, opened_ns: int) -> None:
        self.number = number
        self.link = link
        self.opened_ns = opened_ns
        self.down: Pipeline | None = None
        self.up: Pipeline | None = None
        self.received = 0
        self.is_whole = True
        self.uplink = Uplink(number)

    @property
    def upstream(self) -> Link:
        """The link's other direction."""
        return self.link._replace(direction=Direction.UPSTREAM)

    @property
    def due_ns(self) -> int | None:
        """When something arrives on either side, in link time."""
        times = (None if one is None else one.due_ns for one in (self.down, self.up))
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def release_ns(self) -> int | None:
        """When on the tape something is let go."""
        times = (None if one is None else one.release_ns for one in (self.down, self.up))
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def size(self) -> int:
        """How many bytes are in flight."""
        return sum(0 if one is None else one.size for one in (self.down, self.up))

    def joined(self, taken: list[Outgoing]) -> bytes | memoryview:
        """Return the bytes of what leaves together."""
        self.is_whole = taken[-1].is_whole
        if len(taken) == 1:
            return taken[0].data
        return b"".join([one.data for one in taken])
