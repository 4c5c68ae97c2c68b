"""A cassette made of another: repacked, trimmed by time, filtered by channel."""

import os
from collections.abc import Callable

import msgspec

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import AnyEvent, Channel, Closed, Opened, event_size
from replayx.cassette.writer import CassetteWriter
from replayx.limits import REPACK_CHUNK_BYTES

# A step of the wall clock of more than this begins a new chunk (FORMAT.md section 4).
WALL_STEP_NS = 1_000_000


class Selection(msgspec.Struct, frozen=True):
    """What to keep: `from_ns` <= at < `to_ns`, and messages of the channels that `wants`."""

    from_ns: int | None = None
    to_ns: int | None = None
    wants: Callable[[Channel], bool] | None = None

    def overlaps(self, batch: FrameBatch) -> bool:
        """Say whether a chunk may hold something within the times."""
        return self._begins_by(batch.end_ns) and (self.to_ns is None or batch.start_ns < self.to_ns)

    def holds(self, at_ns: int) -> bool:
        """Say whether a time is within."""
        return self._begins_by(at_ns) and (self.to_ns is None or at_ns < self.to_ns)

    def _begins_by(self, at_ns: int) -> bool:
        return self.from_ns is None or self.from_ns <= at_ns


EVERYTHING = Selection()


class RepackReport(msgspec.Struct, frozen=True):
    """What a repacking did."""

    frame_count: int
    event_count: int
    source_bytes: int
    target_bytes: int


def repack(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    level: int = 19,
    selection: Selection = EVERYTHING,
    advance: Callable[[int], None] = lambda _: None,
) -> RepackReport:
    """Write what is selected of a cassette into a new one, in chunks that pack better.

    Calls `advance` with the number of messages read. Raises CassetteError (the source is damaged:
    nothing is left out silently, `repair` it first), WouldOverwrite, StorageFailure; no target is
    left behind then.
    """
    with CassetteReader(source) as reader:
        if reader.damage is not None:
            raise reader.damage
        writer = CassetteWriter(target, reader.header, level=level)
        try:
            repacking = _Repacking(reader, writer, selection)
            for batch in reader.checked_batches():
                repacking.take(batch)
                advance(batch.count)
            repacking.flush()
            writer.finish()
        except BaseException:
            writer.abandon()
            writer.path.unlink()  # made above; half a copy that looks whole would mislead
            raise
        return RepackReport(
            repacking.frame_count, repacking.event_count, reader.file_bytes, writer.position
        )


class _Repacking:
    """The chunk being gathered, and what has been written."""

    def __init__(
        self, reader: CassetteReader, writer: CassetteWriter, selection: Selection
    ) -> None:
        self._writer = writer
        self._selection = selection
        self._chunk: OpenChunk | None = None
        self._wall_ns = 0  # of the chunk being read
        self._flags = 0
        # Connections opened before the first moment that is kept, as continued ones.
        self._carried: dict[int, Opened] = {}
        self.frame_count = self.event_count = 0
        wants = selection.wants
        self._numbers = {n for n, one in reader.channels.items() if wants is None or wants(one)}
        for number in sorted(self._numbers):
            writer.declare(reader.channels[number])

    def take(self, batch: FrameBatch) -> None:
        """Take what is selected of a batch."""
        self._wall_ns, self._flags = batch.wall_offset_ns, batch.flags
        if not self._selection.overlaps(batch):
            self._carry(batch.events)
            return
        for item in batch.in_order():
            if isinstance(item, int):
                self._frame(batch, item)
            else:
                self._event(item)

    def flush(self) -> None:
        """Write the chunk that is being gathered."""
        if self._chunk is not None and not self._chunk.is_empty:
            self._writer.write(self._chunk.seal())
        self._chunk = None

    def _frame(self, batch: FrameBatch, k: int) -> None:
        at_ns, number = batch.at[k], batch.channel[k]
        if number not in self._numbers or not self._selection.holds(at_ns):
            return
        payload = bytes(batch.payload(k))
        self._open(at_ns).append(at_ns, number, payload, batch.opcode(k))
        self.frame_count += 1

    def _event(self, event: AnyEvent) -> None:
        if not self._selection.holds(event.at_ns):
            self._carry([event])
            return
        chunk = self._open(event.at_ns)
        placed = msgspec.structs.replace(event, place=chunk.frame_count)
        chunk.add(placed, size=event_size(event))
        self.event_count += 1

    def _carry(self, events: list[AnyEvent]) -> None:
        """Remember which connections are open, for events before the first moment kept."""
        for event in events:
            if isinstance(event, Opened):
                self._carried[event.connection] = event
            elif isinstance(event, Closed):
                self._carried.pop(event.connection, None)

    def _open(self, at_ns: int) -> OpenChunk:
        """Return the chunk for something at `at_ns`."""
        chunk = self._chunk
        if chunk is not None and not self._fits(chunk):
            self.flush()
            chunk = None
        if chunk is None:
            chunk = self._chunk = OpenChunk(
                at_ns,
                wall_offset_ns=self._wall_ns,
                flags=self._flags,
                bytes_max=REPACK_CHUNK_BYTES,
            )
            for opened in self._carried.values():
                chunk.add(msgspec.structs.replace(opened, place=0, at_ns=at_ns, continued=True))
                self.event_count += 1
            self._carried.clear()
        return chunk

    def _fits(self, chunk: OpenChunk) -> bool:
        step_ns = abs(chunk.wall_offset_ns - self._wall_ns)
        return not chunk.is_full and step_ns <= WALL_STEP_NS and chunk.flags == self._flags
