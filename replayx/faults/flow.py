"""A flow: messages that travel on a link together, while toxics decide what becomes of them.

The messages are columns, as the chunk they come from; what toxics decide are *parts*, runs of
messages that share a fate. A toxic that changes nothing but when they are due touches no byte.

Link time is the machine's or the tape's. Where it is the tape's each message comes at its own
time, so what a toxic adds is added to a part's `due_ns`, and not to the flow's `now_ns`.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from replayx.clock import NS_PER_MS
from replayx.framing import header_bytes
from replayx.venues.venue import Venue

# Later than any time: what is held until its rule is over (its window ends, it is removed, or the
# run is reset), and then leaves at once, in order.
NEVER_NS = 1 << 62

# Given a time on the tape: what the venue's clock shows then.
VenueMsAt = Callable[[int], int]
Envelopes = Mapping[str, tuple[bytes, bytes]]
_NO_ENVELOPES: Envelopes = MappingProxyType({})


class Part(NamedTuple):
    """Messages `first` to `stop` of a flow, due at `due_ns` in link time.

    `data`: what is sent in place of them: changed frames, half a frame. None: as they came.
    Parts may overlap (a message that is duplicated) and be out of order (one that is overtaken).
    `behind`: the number of a message on this link (as `Flow.index`), which may not have come yet;
    the part leaves right behind it, if that is before it is due.
    """

    first: int
    stop: int
    due_ns: int
    data: bytes | None = None
    behind: int | None = None


class Ending(NamedTuple):
    """How a connection ends. `code` None: without a close frame, by a reset if `is_reset`.

    `delay_ns`: how long after the last part it ends.
    """

    code: int | None = None
    reason: str = ""
    is_reset: bool = False
    delay_ns: int = 0


class Columns(Protocol):
    """Messages in columns, which may be made when they are first asked for."""

    @property
    def count(self) -> int:
        """How many messages there are."""
        ...

    @property
    def end(self) -> Sequence[int]:
        """Where in `frames` each message begins, and where the last one ends."""
        ...

    @property
    def channel(self) -> Sequence[str]:
        """The channel of each message."""
        ...

    @property
    def at_ns(self) -> Sequence[int]:
        """The time on the tape of each message."""
        ...

    @property
    def frames(self) -> memoryview:
        """What `end` points into."""
        ...

    def cut(self, first: int, stop: int) -> memoryview:
        """Return the frames of messages `first` to `stop`."""
        ...


class GivenColumns:
    """Columns that are there already."""

    __slots__ = ("at_ns", "channel", "end", "frames")

    def __init__(
        self,
        frames: memoryview,
        end: Sequence[int],
        channel: Sequence[str],
        at_ns: Sequence[int],
    ) -> None:
        self.frames = frames
        self.end = end
        self.channel = channel
        self.at_ns = at_ns

    @property
    def count(self) -> int:
        """How many messages there are."""
        return len(self.end) - 1

    def cut(self, first: int, stop: int) -> memoryview:
        """Return the frames of messages `first` to `stop`."""
        return self.frames[self.end[first] : self.end[stop]]


class Flow:
    """Some messages on one link.

    now_ns: link time of the first. index: the number of message 0 on this link, from 0. frames:
    whole frames back to back, message k from end[k] to end[k + 1]. channel, at_ns: of each message
    its channel and its time on the tape; a message that is no stream's (answers, pings, closes) has
    the channel "". wanted: in which envelope each channel comes. venue_ms: what the venue's clock
    shows at a time on the tape.
    parts: what becomes of them, in the order they are sent; a toxic replaces them.
    ending: set by a toxic that ends the connection: behind the parts, and nothing comes after. It
    is set already where the venue closes: message 0 is the close frame then, and a toxic may change
    when and how it ends.
    """

    __slots__ = (
        "columns",
        "count",
        "ending",
        "index",
        "now_ns",
        "parts",
        "venue",
        "venue_ms",
        "wanted",
    )

    def __init__(
        self,
        now_ns: int,
        index: int,
        frames: memoryview,
        end: Sequence[int],
        *,
        channel: Sequence[str],
        at_ns: Sequence[int],
        venue: Venue | None = None,
        wanted: Envelopes = _NO_ENVELOPES,
    ) -> None:
        self._take(now_ns, index, GivenColumns(frames, end, channel, at_ns))
        self.venue = venue
        self.venue_ms: VenueMsAt = tape_ms
        self.wanted = wanted

    @classmethod
    def of(cls, now_ns: int, index: int, columns: Columns, *, like: "Flow | None" = None) -> "Flow":
        """Return the flow of these messages, `like` another of the same venue and envelopes."""
        flow = cls.__new__(cls)
        flow._take(now_ns, index, columns)
        flow.venue = None if like is None else like.venue
        flow.venue_ms = tape_ms if like is None else like.venue_ms
        flow.wanted = _NO_ENVELOPES if like is None else like.wanted
        return flow

    def _take(self, now_ns: int, index: int, columns: Columns) -> None:
        self.now_ns = now_ns
        self.index = index
        self.columns = columns
        self.count = columns.count
        self.parts: list[Part] = [Part(0, self.count, now_ns)]
        self.ending: Ending | None = None

    @property
    def end(self) -> Sequence[int]:
        """Where in `frames` each message begins, and where the last one ends."""
        return self.columns.end

    @property
    def channel(self) -> Sequence[str]:
        """The channel of each message."""
        return self.columns.channel

    @property
    def at_ns(self) -> Sequence[int]:
        """The time on the tape of each message."""
        return self.columns.at_ns

    @property
    def frames(self) -> memoryview:
        """The frames of all messages."""
        return self.columns.frames

    def frame(self, k: int) -> memoryview:
        """Return the frame of message k as it came."""
        return self.columns.cut(k, k + 1)

    def payload(self, k: int) -> memoryview:
        """Return what message k says, without its frame and the envelope of its channel."""
        frame = self.frame(k)
        prefix, suffix = self.wanted.get(self.channel[k], (b"", b""))
        return frame[header_bytes(frame[1]) + len(prefix) : len(frame) - len(suffix)]

    def bytes_of(self, part: Part) -> bytes | memoryview:
        """Return what a part sends."""
        return self.columns.cut(part.first, part.stop) if part.data is None else part.data


def tape_ms(at_ns: int) -> int:
    """Return what a venue's clock shows that goes as the tape does."""
    return at_ns // NS_PER_MS
