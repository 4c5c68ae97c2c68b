"""A flow: messages that travel on a link together, while toxics decide what becomes of them.

The messages are columns, as the chunk they come from; what toxics decide are *parts*, runs of
messages that share a fate. A toxic that changes nothing but when they are due touches no byte.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from replayx.framing import header_bytes
from replayx.venues.venue import Venue

# Later than any time: what is held until its rule is over (its window ends, it is removed, or the
# run is reset), and then leaves at once, in order.
NEVER_NS = 1 << 62

_NO_ENVELOPES: Mapping[str, tuple[bytes, bytes]] = MappingProxyType({})


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


class Flow:
    """Some messages on one link.

    now_ns: link time. index: the number of message 0 on this link, from 0. frames: whole frames
    back to back, message k from end[k] to end[k + 1]. channel, at_ns: of each message its channel
    and its time on the tape; a message that is no stream's (answers, pings) has the channel "".
    parts: what becomes of them, in the order they are sent; a toxic replaces them.
    ending: set by a toxic that ends the connection: behind the parts, and nothing comes after.
    """

    __slots__ = (
        "at_ns",
        "channel",
        "end",
        "ending",
        "frames",
        "index",
        "now_ns",
        "parts",
        "venue",
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
        wanted: Mapping[str, tuple[bytes, bytes]] = _NO_ENVELOPES,
    ) -> None:
        self.now_ns = now_ns
        self.index = index
        self.frames = frames
        self.end = end
        self.channel = channel
        self.at_ns = at_ns
        self.venue = venue
        self.wanted = wanted
        self.parts: list[Part] = [Part(0, len(end) - 1, now_ns)]
        self.ending: Ending | None = None

    @property
    def count(self) -> int:
        """How many messages came in."""
        return len(self.end) - 1

    def frame(self, k: int) -> memoryview:
        """Return the frame of message k as it came."""
        return self.frames[self.end[k] : self.end[k + 1]]

    def payload(self, k: int) -> memoryview:
        """Return what message k says, without its frame and the envelope of its channel."""
        frame = self.frame(k)
        prefix, suffix = self.wanted.get(self.channel[k], (b"", b""))
        return frame[header_bytes(frame[1]) + len(prefix) : len(frame) - len(suffix)]

    def bytes_of(self, part: Part) -> bytes | memoryview:
        """Return what a part sends."""
        if part.data is not None:
            return part.data
        return self.frames[self.end[part.first] : self.end[part.stop]]
