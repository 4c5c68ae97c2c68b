"""The chunk being recorded: messages and events appended in time order, then sealed."""

from array import array
from collections import Counter
from typing import NamedTuple

import msgspec

from replayx.cassette.columns import AT_BYTES, CHANNEL_BYTES, LENGTH_BYTES, to_planes
from replayx.cassette.records import AnyEvent
from replayx.framing import TEXT, frame_header
from replayx.limits import (
    CHUNK_BYTES,
    CHUNK_EVENT_BYTES,
    CHUNK_EVENTS_MAX,
    CHUNK_FRAMES_MAX,
)

_encoder = msgspec.msgpack.Encoder()


class SealedChunk(NamedTuple):
    """A chunk complete in memory, not yet packed. `frames` may be changed in place, not resized."""

    start_ns: int
    end_ns: int
    wall_offset_ns: int
    flags: int
    channel_frames: dict[int, int]
    events: list[AnyEvent]
    at: bytes
    channel: bytes
    length: bytes
    frames: bytearray

    @property
    def frame_count(self) -> int:
        """How many messages it holds."""
        return len(self.at) // AT_BYTES

    def columns(self) -> tuple[bytes, int]:
        """Return the unpacked columns, and the size of the events among them."""
        events = _encoder.encode(self.events)
        parts = (
            to_planes(self.at, AT_BYTES),
            to_planes(self.channel, CHANNEL_BYTES),
            to_planes(self.length, LENGTH_BYTES),
            events,
            self.frames,
        )
        return b"".join(parts), len(events)


class OpenChunk:
    """The chunk being recorded. Channels are declared to the writer before they are used here."""

    def __init__(
        self,
        start_ns: int,
        *,
        wall_offset_ns: int = 0,
        flags: int = 0,
        bytes_max: int = CHUNK_BYTES,
    ) -> None:
        self.start_ns = start_ns
        self.last_ns = start_ns  # of the last frame or event
        self.wall_offset_ns = wall_offset_ns
        self.flags = flags
        self.frames = bytearray()
        self.events: list[AnyEvent] = []
        self._event_bytes = 0
        self._bytes_max = bytes_max
        self._frame_ns = start_ns  # of the last frame: the deltas run over frames alone
        self._at = array("q")
        self._channel = array("H")
        self._length = array("I")
        self._append_at = self._at.append
        self._append_channel = self._channel.append
        self._append_length = self._length.append
        self.is_full = False  # whether it is time to seal it

    @property
    def frame_count(self) -> int:
        """How many messages it holds: the `place` of an event added now."""
        return len(self._at)

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing at all."""
        return not self._at and not self.events

    def append(self, at_ns: int, channel: int, payload: bytes, opcode: int = TEXT) -> None:
        """Append one message from the venue, received at `at_ns`."""
        # The recorder's hot path: attributes are looked up once, columns by bound methods.
        assert at_ns >= self.last_ns, "time goes back"
        frames = self.frames
        start = len(frames)
        frames += frame_header(len(payload), opcode)
        frames += payload
        end = len(frames)
        self._append_at(at_ns - self._frame_ns)
        self._append_channel(channel)
        self._append_length(end - start)
        self.last_ns = self._frame_ns = at_ns
        if end >= self._bytes_max or len(self._at) >= CHUNK_FRAMES_MAX:
            self.is_full = True

    def add(self, event: AnyEvent, *, size: int = 128) -> None:
        """Add an event whose `place` is `frame_count`; `size` is about how many bytes it takes."""
        assert event.at_ns >= self.last_ns, "time goes back"
        assert event.place == len(self._at), "event out of place"
        self.events.append(event)
        self._event_bytes += size
        self.last_ns = event.at_ns
        if self._event_bytes >= CHUNK_EVENT_BYTES or len(self.events) >= CHUNK_EVENTS_MAX:
            self.is_full = True

    def seal(self) -> SealedChunk:
        """Return the chunk as it is to be written. This object is spent."""
        return SealedChunk(
            self.start_ns,
            self.last_ns,
            self.wall_offset_ns,
            self.flags,
            dict(sorted(Counter(self._channel).items())),
            self.events,
            self._at.tobytes(),
            self._channel.tobytes(),
            self._length.tobytes(),
            self.frames,
        )
