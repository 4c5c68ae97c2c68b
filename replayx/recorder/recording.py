"""What is being recorded, on the event loop's side: times, channel numbers, the open chunk.

Everything is stamped when it is received and appended before anyone else sees it. `at` is the
Unix time at the start plus the monotonic time since (FORMAT.md section 4), so it never goes back.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, Protocol

import msgspec

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import (
    AnyEvent,
    Channel,
    ChannelKind,
    Gap,
    Header,
    Interaction,
    Opened,
    event_size,
)
from replayx.clock import NS_PER_MS, NS_PER_S, Clock
from replayx.framing import TEXT
from replayx.limits import CHANNELS_MAX, CHUNK_AGE_NS
from replayx.recorder.chunk_thread import ChunkThread, Sealed
from replayx.venues.venue import Carried

# FORMAT.md section 4: a larger step of the wall clock begins a new chunk.
_WALL_STEP_NS = NS_PER_MS
# Two clock readings further apart than this were interrupted and say nothing of a step.
_READING_NS = 200_000
_KINDS = MappingProxyType({kind.name.lower(): kind for kind in ChannelKind})

MakeEvent = Callable[[int, int], AnyEvent]


class Rotation(NamedTuple):
    """When to begin a new file; 0: never."""

    bytes_max: int = 0
    duration_ns: int = 0


class Pausable(Protocol):
    """Something that reads from the venue and can stop for a while."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read on."""


class Totals(msgspec.Struct):
    """What was recorded so far."""

    messages: int = 0
    interactions: int = 0
    gaps: int = 0
    message_bytes: int = 0


class Recording:
    """The recording. `message` and `add` append; both are cheap and never wait."""

    def __init__(
        self, thread: ChunkThread, header: Header, clock: Clock, rotation: Rotation
    ) -> None:
        self.totals = Totals()
        self.thread = thread
        self.market = header.markets[0].name
        self._header = header
        self._clock = clock
        self._rotation = rotation
        self._loop = asyncio.get_running_loop()
        self._chunk: OpenChunk | None = None
        self._event_bytes = 0  # about the size of the open chunk's events
        self._timer: asyncio.TimerHandle | None = None
        self._numbers: dict[tuple[int, Carried], int] = {}
        self._declared: list[Channel] = []
        self._live: dict[int, partial[Opened]] = {}
        self._connections = 0
        self._part_start_ns = header.start_wall_ns
        self._next_part: Header | None = None
        self._readers: dict[Pausable, None] = {}
        self._room = asyncio.Event()
        self._room.set()

    # ---- time

    def stamp(self) -> int:
        """Return the time at which what was just received is recorded."""
        monotonic_ns = self._clock.now_ns()
        at_ns = self._header.start_wall_ns + monotonic_ns - self._header.start_monotonic_ns
        if self._chunk is not None:
            drift_ns = self._clock.wall_ns() - at_ns - self._chunk.wall_offset_ns
            interrupted = self._clock.now_ns() - monotonic_ns > _READING_NS
            if abs(drift_ns) > _WALL_STEP_NS and not interrupted:
                self.seal()
        return at_ns

    # ---- what happens

    def connection(self) -> int:
        """Return the number of a connection that is opened now."""
        self._connections += 1
        return self._connections

    def opened(self, connection: int, event: "partial[Opened]") -> None:
        """Add a connection's opening, and repeat it in every file it lives into."""
        self._live[connection] = event
        self.add(event)

    def ended(self, connection: int) -> None:
        """Forget a connection that is closed."""
        self._live.pop(connection, None)

    def message(
        self, connection: int, carried: Carried, payload: bytes, *, at_ns: int, opcode: int = TEXT
    ) -> None:
        """Append a message from the venue."""
        chunk = self._chunk or self._open(at_ns)
        number = self._numbers.get((connection, carried))
        if number is None:
            number = self._declare(connection, carried)
            chunk = self._chunk or self._open(at_ns)
        chunk.append(at_ns, number, payload, opcode)
        self.totals.messages += 1
        self.totals.message_bytes += len(payload)
        if chunk.is_full:
            self.seal()

    def add(self, make: MakeEvent, *, at_ns: int | None = None) -> None:
        """Add an event, which happens now unless `at_ns` is given: `make(place, at_ns)` gives it.

        What comes from one read of a socket has one time; the caller passes it on.
        """
        at_ns = self.stamp() if at_ns is None else at_ns
        chunk = self._chunk or self._open(at_ns)
        event = make(chunk.frame_count, at_ns)
        self.totals.gaps += isinstance(event, Gap)
        self.totals.interactions += isinstance(event, Interaction)
        size = event_size(event)
        self._event_bytes += size
        chunk.add(event, size=size)
        if chunk.is_full:
            self.seal()

    # ---- backpressure

    def attach(self, reader: Pausable) -> None:
        """Have `reader` paused while the disk is behind."""
        self._readers[reader] = None
        if not self._room.is_set():
            reader.pause()

    def detach(self, reader: Pausable) -> None:
        """Forget a reader."""
        self._readers.pop(reader, None)

    async def room(self) -> None:
        """Wait until the disk is not behind."""
        await self._room.wait()

    def made_room(self) -> None:
        """Read on; the chunk thread calls it on the loop."""
        self._room.set()
        for reader in tuple(self._readers):
            reader.resume()

    def _fill(self) -> None:
        self._room.clear()
        for reader in tuple(self._readers):
            reader.pause()

    # ---- chunks and files

    def seal(self) -> None:
        """Hand the open chunk over to be written."""
        chunk, self._chunk = self._chunk, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if chunk is None or chunk.is_empty:
            return
        sealed = chunk.seal()
        size = len(sealed.frames) + self._event_bytes
        self.thread.put(Sealed(sealed, tuple(self._declared), size, self._next_part))
        self._event_bytes = 0
        self._declared.clear()
        self._next_part = None
        if self._is_rotation_due(sealed.end_ns):
            self._rotate(sealed.end_ns)
        if self.thread.is_full:
            self._fill()

    def _is_rotation_due(self, at_ns: int) -> bool:
        bytes_max, duration_ns = self._rotation
        return bool(
            (bytes_max and self.thread.part_bytes >= bytes_max)
            or (duration_ns and at_ns - self._part_start_ns >= duration_ns)
        )

    def _rotate(self, at_ns: int) -> None:
        """Have the next chunk begin a new file; channels are numbered anew in it."""
        self._header = msgspec.structs.replace(self._header, part=self._header.part + 1)
        self._next_part = self._header
        self._part_start_ns = at_ns
        self._numbers.clear()

    def _open(self, at_ns: int) -> OpenChunk:
        offset_ns = self._clock.wall_ns() - self.stamp()
        chunk = self._chunk = OpenChunk(at_ns, wall_offset_ns=offset_ns)
        self._timer = self._loop.call_later(CHUNK_AGE_NS / NS_PER_S, self.seal)
        if self._next_part is not None:
            for opened in self._live.values():
                again = opened(0, at_ns)
                chunk.add(msgspec.structs.replace(again, continued=True), size=event_size(again))
        return chunk

    def _declare(self, connection: int, carried: Carried) -> int:
        if len(self._numbers) >= CHANNELS_MAX:
            # A file has room for no more; another one does.
            self.seal()
            if self._next_part is None:
                self._rotate(self.stamp())
        number = len(self._numbers)
        self._numbers[connection, carried] = number
        prefix, suffix = carried.envelope
        kind = _KINDS[carried.kind]
        channel = Channel(number, self.market, carried.name, kind, connection, prefix, suffix)
        self._declared.append(channel)
        return number
