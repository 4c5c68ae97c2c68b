"""A chunk unpacked: any run of its messages is one slice of bytes ready for a socket."""

import copy
import struct
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Annotated

import msgspec

from replayx.cassette.columns import (
    AT_BYTES,
    CHANNEL_BYTES,
    LENGTH_BYTES,
    ROW_BYTES,
    from_planes,
    to_planes,
)
from replayx.cassette.damage import UNDECODABLE, Damage
from replayx.cassette.records import AnyEvent, Chunk
from replayx.framing import frame, header_bytes
from replayx.limits import CHUNK_EVENTS_MAX

_BYTE = 256
_EVENT_LIMIT = msgspec.Meta(max_length=CHUNK_EVENTS_MAX)
_events_decoder: msgspec.msgpack.Decoder[list[AnyEvent]] = msgspec.msgpack.Decoder(
    Annotated[list[AnyEvent], _EVENT_LIMIT]
)
_raws_decoder: msgspec.msgpack.Decoder[list[msgspec.Raw]] = msgspec.msgpack.Decoder(
    Annotated[list[msgspec.Raw], _EVENT_LIMIT]
)
_event_decoder: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)


class FrameBatch:
    """The messages and events of one chunk.

    Message k was received at `at[k]`, belongs to channel number `channel[k]`, and its frame is
    `frames[end[k]:end[k + 1]]`. Columns are decoded when first asked for.
    """

    def __init__(self, chunk: Chunk, columns: memoryview) -> None:
        """Take a chunk's header and its unpacked columns, checked by the reader."""
        # The reader says here which file and where: columns are checked when they are decoded.
        self.damaged: Callable[[Damage], Exception] = _as_it_is
        self.start_ns = chunk.start_ns
        self.end_ns = chunk.end_ns
        self.wall_offset_ns = chunk.wall_offset_ns
        self.flags = chunk.flags
        self.count = count = chunk.frame_count
        self.event_count = chunk.event_count
        numbers = memoryview(chunk.channels).cast("H")
        self.channel_frames: dict[int, int] = dict(
            zip(numbers, memoryview(chunk.channel_frames).cast("I"), strict=True)
        )
        channels_at = AT_BYTES * count
        lengths_at = channels_at + CHANNEL_BYTES * count
        events_at = lengths_at + LENGTH_BYTES * count
        frames_at = events_at + chunk.event_bytes
        assert events_at == ROW_BYTES * count
        self._at = columns[:channels_at]
        self._channel = columns[channels_at:lengths_at]
        self._length = columns[lengths_at:events_at]
        self._events = columns[events_at:frames_at]
        # What is served, and what was recorded: the same, unless the times in it are shifted.
        self.frames = self.recorded = columns[frames_at:]
        self.ordinal = 0  # its place among the batches of its source

    @cached_property
    def at(self) -> list[int]:
        """When each message was received."""
        deltas = from_planes(self._at, AT_BYTES).cast("q")
        return list(accumulate(deltas, initial=self.start_ns))[1:]

    @cached_property
    def end(self) -> list[int]:
        """Where each frame begins, and at the end where the last one ends.

        Raises Damage, or what `damaged` makes of it, if the frames are not as long as that.
        """
        ends = list(accumulate(self.lengths, initial=0))
        if ends[-1] != len(self.frames):
            damage = Damage(f"frame lengths that sum to {ends[-1]}", f"{len(self.frames)}")
            raise self.damaged(damage)
        return ends

    @property
    def lengths(self) -> memoryview:
        """How many bytes each frame has."""
        return from_planes(self._length, LENGTH_BYTES).cast("I")

    @cached_property
    def channel(self) -> memoryview:
        """Each message's channel number."""
        return from_planes(self._channel, CHANNEL_BYTES).cast("H")

    def carrying(self, numbers: Collection[int]) -> bytes:
        """Return a byte for each message: 1 if it belongs to one of the channels, else 0."""
        if max(self.channel_frames, default=0) < _BYTE:
            # The plane of the low bytes is the column: translated in C, a message costs nothing.
            table = bytes(number in numbers for number in range(_BYTE))
            return bytes(self._channel[: self.count]).translate(table)
        wanted = frozenset(numbers)
        return bytes(map(wanted.__contains__, self.channel))

    @cached_property
    def events(self) -> list[AnyEvent]:
        """The events, in order; raises msgspec.ValidationError if they are not of the format."""
        return _events_decoder.decode(self._events)

    def checked_events(self) -> list[AnyEvent]:
        """Return the events. Raises Damage if they are not of the format."""
        try:
            events = self.events
        except UNDECODABLE as error:
            raise Damage(f"events that do not decode ({error})") from error
        if len(events) != self.event_count:
            raise Damage(f"{len(events)} events", f"{self.event_count}")
        return events

    @cached_property
    def _raw_events(self) -> list[msgspec.Raw]:
        return _raws_decoder.decode(self._events)

    def event(self, ordinal: int) -> AnyEvent:
        """Return one event without decoding the others. Raises Damage."""
        try:
            return _event_decoder.decode(self._raw_events[ordinal])
        except (*UNDECODABLE, IndexError) as error:
            raise Damage(f"event {ordinal} that does not decode ({error})") from error

    def replaced(self, payloads: Mapping[int, bytes]) -> "FrameBatch":
        """Return a batch in which some messages say something else, as if recorded so."""
        parts: list[bytes | memoryview] = []
        first = 0
        for k in sorted(payloads):
            parts += (
                self.recorded[self.end[first] : self.end[k]],
                frame(payloads[k], self.opcode(k)),
            )
            first = k + 1
        parts.append(self.recorded[self.end[first] :])
        lengths = list(self.lengths)
        for k, made in zip(sorted(payloads), parts[1::2], strict=True):
            lengths[k] = len(made)
        changed = copy.copy(self)
        changed.__dict__.pop("end", None)
        planes = to_planes(struct.pack(f"<{len(lengths)}I", *lengths), LENGTH_BYTES)
        changed._length = memoryview(planes)
        changed.frames = changed.recorded = memoryview(b"".join(parts))
        return changed

    def payload(self, k: int) -> memoryview:
        """Return message k's payload, as it was recorded."""
        start, stop = self.end[k], self.end[k + 1]
        return self.recorded[start + header_bytes(self.recorded[start + 1]) : stop]

    def opcode(self, k: int) -> int:
        """Return message k's opcode."""
        return self.frames[self.end[k]] & 0x0F

    def position(self, at_ns: int) -> int:
        """Return the number of the first message received at or after `at_ns`."""
        return bisect_left(self.at, at_ns)

    def in_order(self) -> Iterator[int | AnyEvent]:
        """Yield message numbers and events in the order in which they were recorded."""
        k = 0
        for event in self.events:
            yield from range(k, event.place)
            k = event.place
            yield event
        yield from range(k, self.count)


def _as_it_is(damage: Damage) -> Exception:
    return damage
