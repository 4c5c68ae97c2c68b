"""Reading a cassette: by its index where it has one, by walking its records where it has not.

A reader never writes and never trusts: every length is checked against the file and limits.py
before it is used (FORMAT.md section 1).
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import zstandard

from replayx.cassette.damage import Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.packing import (
    HEAD_BYTES,
    check_body,
    decode,
    decode_chunk,
    parse_head,
    unpack_chunk,
)
from replayx.cassette.records import (
    FORMAT_VERSION,
    MAGIC,
    SYNC,
    Channel,
    Footer,
    Header,
    Index,
    Interaction,
    InteractionEntry,
    InteractionIndex,
    RecordKind,
    interaction_entry,
)
from replayx.errors import (
    CassetteError,
    DamagedCassette,
    NotACassette,
    ReplayxError,
    TruncatedCassette,
    UnsupportedFormat,
)

# The footer record with the closing magic is far smaller than this.
_TAIL_BYTES = 512


class RawRecord(NamedTuple):
    """A record that passed its checksum."""

    offset: int
    kind: int
    body: bytes


class InteractionRef(NamedTuple):
    """Where an interaction is, and what it asked."""

    at_ns: int
    chunk: int
    place: int
    entry: InteractionEntry


class ChunkTable:
    """Columns over the chunks of a file, in file order."""

    def __init__(self) -> None:
        self.offsets, self.starts, self.ends = array("q"), array("q"), array("q")
        self.frames, self.events = array("I"), array("I")
        self.channels: list[bytes] = []

    def __len__(self) -> int:
        return len(self.offsets)

    @classmethod
    def from_index(cls, index: Index, file_bytes: int) -> Self:
        """Return the table an index holds. Raises Damage."""
        table = cls()
        numbers = (index.offsets, index.starts, index.ends, index.frames, index.events)
        columns = (table.offsets, table.starts, table.ends, table.frames, table.events)
        for column, packed in zip(columns, numbers, strict=True):
            if len(packed) % column.itemsize:
                raise Damage(f"an index column of {len(packed)} bytes")
            column.frombytes(packed)
        table.channels = list(index.channels)
        if len({*map(len, columns), len(table.channels)}) != 1:
            raise Damage("index columns of unequal length")
        if any(not 0 < offset < file_bytes for offset in table.offsets):
            raise Damage("an index that points outside the file")
        return table

    def append(self, offset: int, batch_head: tuple[int, int, int, int, bytes]) -> None:
        """Add a chunk: (start, end, frames, events, channels)."""
        start_ns, end_ns, frames, events, channels = batch_head
        self.offsets.append(offset)
        self.starts.append(start_ns)
        self.ends.append(end_ns)
        self.frames.append(frames)
        self.events.append(events)
        self.channels.append(channels)

    def at(self, at_ns: int) -> int:
        """Return the ordinal of the first chunk that ends at or after `at_ns`."""
        return bisect_left(self.ends, at_ns)


class CassetteReader:
    """An open cassette. `damage` is what ends the readable part of it early, or None.

    `is_finished` says whether its writer closed it. A file that is damaged in its header is
    refused: NotACassette, UnsupportedFormat, TruncatedCassette or DamagedCassette is raised.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self._fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise ReplayxError(
                f"cannot open: {error.strerror}", where=str(path), hint="Check the path"
            ) from error
        self._decompressor = zstandard.ZstdDecompressor()
        self.file_bytes = os.fstat(self._fd).st_size
        self.damage: CassetteError | None = None
        self.is_finished = False
        self.channels: dict[int, Channel] = {}
        self.chunks = ChunkTable()
        self.data_end = self.file_bytes
        self._interactions: list[InteractionRef] | None = None
        self._footer: Footer | None = None
        try:
            self._open()
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # ---- what it holds

    @property
    def start_ns(self) -> int:
        """When the first chunk starts; 0 if there is none."""
        return self.chunks.starts[0] if len(self.chunks) else 0

    @property
    def end_ns(self) -> int:
        """When the last chunk ends; 0 if there is none."""
        return self.chunks.ends[-1] if len(self.chunks) else 0

    @property
    def frame_count(self) -> int:
        """How many messages it holds."""
        return sum(self.chunks.frames)

    def interactions(self) -> list[InteractionRef]:
        """Return where every interaction is, in time order. Raises DamagedCassette."""
        if self._interactions is None:
            self._interactions = self._read_interactions()
        return self._interactions

    def interaction(self, ref: InteractionRef, batch: FrameBatch | None = None) -> Interaction:
        """Return one interaction; give its chunk's `batch` if it is at hand."""
        event = (batch or self.batch(ref.chunk)).event(ref.place)
        if not isinstance(event, Interaction):
            offset = self.chunks.offsets[ref.chunk]
            raise self._damaged(Damage("an index entry that names no interaction"), offset)
        return event

    # ---- chunks

    def batch(self, ordinal: int) -> FrameBatch:
        """Return a chunk unpacked. Raises DamagedCassette, TruncatedCassette."""
        return self._unpack(self.chunks.offsets[ordinal], self._decompressor)

    def batches(self, first: int = 0) -> Iterator[FrameBatch]:
        """Yield the chunks from ordinal `first` on. May run in a thread of its own."""
        decompressor = zstandard.ZstdDecompressor()
        for offset in self.chunks.offsets[first:]:
            yield self._unpack(offset, decompressor)

    def records(self, offset: int = len(MAGIC)) -> Iterator[RawRecord]:
        """Walk the records up to the file's end. Raises DamagedCassette, TruncatedCassette."""
        while offset < self.file_bytes:
            if self._is_tail(offset):
                return
            record = self.record(offset)
            yield record
            offset += HEAD_BYTES + len(record.body)

    def record(self, offset: int) -> RawRecord:
        """Return the record at `offset`. Raises DamagedCassette, TruncatedCassette."""
        try:
            head = parse_head(self._read(offset, HEAD_BYTES))
            body = self._read(offset + HEAD_BYTES, head.length)
            check_body(head, body)
        except Damage as error:
            raise self._damaged(error, offset) from error
        return RawRecord(offset, head.kind, body)

    # ---- opening

    def _open(self) -> None:
        magic = os.pread(self._fd, len(MAGIC), 0)
        if magic[:-1] != MAGIC[:-1][: len(magic)] or len(magic) < len(MAGIC):
            raise NotACassette(
                f"the file begins with {magic.hex(' ') or 'nothing'}",
                path=str(self.path),
                offset=0,
                expected=f"a cassette ({MAGIC.hex(' ')})",
                hint="Captures in NDJSON are read by `replayx import`",
            )
        if magic[-1] != FORMAT_VERSION:
            raise UnsupportedFormat(
                f"format version {magic[-1]}",
                path=str(self.path),
                offset=len(MAGIC) - 1,
                expected=f"version {FORMAT_VERSION}",
                hint="Use the release of replayx that wrote it, or a newer one",
            )
        first = self.record(len(MAGIC))
        if first.kind != RecordKind.HEADER:
            raise self._damaged(Damage(f"a record of kind {first.kind}", "the header"), len(MAGIC))
        try:
            self.header = decode(first.body, Header)
        except Damage as error:
            raise self._damaged(error, first.offset) from error
        if not self._open_by_index():
            self._open_by_walking(len(MAGIC) + HEAD_BYTES + len(first.body))

    def _open_by_index(self) -> bool:
        start = max(0, self.file_bytes - _TAIL_BYTES)
        tail = os.pread(self._fd, _TAIL_BYTES, start)
        at = tail.rfind(SYNC)
        if not tail.endswith(MAGIC) or at < 0:
            return False
        try:
            footer = decode(self._record_of(RecordKind.FOOTER, start + at), Footer)
            index = decode(self._record_of(RecordKind.INDEX, footer.index_offset), Index)
            self.chunks = ChunkTable.from_index(index, self.file_bytes)
        except (Damage, CassetteError) as error:
            self.damage = (
                error if isinstance(error, CassetteError) else self._damaged(error, start + at)
            )
            return False
        self.channels = {channel.number: channel for channel in index.declared}
        self.data_end = footer.index_offset
        self._footer = footer
        self.is_finished = True
        return True

    def _open_by_walking(self, offset: int) -> None:
        """Build the tables from the records; stop at the first that is damaged."""
        self.chunks = ChunkTable()
        self._interactions = []
        self.data_end = offset
        try:
            for record in self.records(offset):
                self._take(record)
                self.data_end = record.offset + HEAD_BYTES + len(record.body)
        except CassetteError as error:
            self.damage = error

    def _take(self, record: RawRecord) -> None:
        try:
            if record.kind == RecordKind.CHANNEL:
                channel = decode(record.body, Channel)
                self.channels[channel.number] = channel
            elif record.kind == RecordKind.CHUNK:
                self._take_chunk(record)
        except Damage as error:
            raise self._damaged(error, record.offset) from error

    def _take_chunk(self, record: RawRecord) -> None:
        chunk = decode_chunk(record.body)
        if chunk.event_count:
            batch = unpack_chunk(chunk, self._decompressor)
            assert self._interactions is not None
            for place, event in enumerate(batch.checked_events()):
                if isinstance(event, Interaction):
                    ref = InteractionRef(
                        event.at_ns, len(self.chunks), place, interaction_entry(event)
                    )
                    self._interactions.append(ref)
        head = (chunk.start_ns, chunk.end_ns, chunk.frame_count, chunk.event_count, chunk.channels)
        self.chunks.append(record.offset, head)

    def _read_interactions(self) -> list[InteractionRef]:
        assert self._footer is not None, "a file that was walked has its interactions"
        offset = self._footer.interaction_index_offset
        try:
            index = decode(self._record_of(RecordKind.INTERACTION_INDEX, offset), InteractionIndex)
            chunks, places, ats = array("I"), array("I"), array("q")
            chunks.frombytes(index.chunks)
            places.frombytes(index.places)
            ats.frombytes(index.ats)
            if any(chunk >= len(self.chunks) for chunk in chunks):
                raise Damage("an interaction in a chunk that is not there")
            return [
                InteractionRef(*row) for row in zip(ats, chunks, places, index.entries, strict=True)
            ]
        except (Damage, ValueError) as error:
            damage = error if isinstance(error, Damage) else Damage(str(error))
            raise self._damaged(damage, offset) from error

    # ---- bytes

    def _record_of(self, kind: RecordKind, offset: int) -> bytes:
        record = self.record(offset)
        if record.kind != kind:
            raise Damage(f"a record of kind {record.kind}", f"{kind.name} ({kind.value})")
        return record.body

    def _unpack(self, offset: int, decompressor: zstandard.ZstdDecompressor) -> FrameBatch:
        try:
            batch = unpack_chunk(
                decode_chunk(self._record_of(RecordKind.CHUNK, offset)), decompressor
            )
            if not self.channels.keys() >= batch.channel_frames.keys():
                raise Damage("a channel that was not declared")
        except Damage as error:
            raise self._damaged(error, offset) from error
        return batch

    def _read(self, offset: int, size: int) -> bytes:
        if not 0 <= offset <= self.file_bytes - size:
            raise TruncatedCassette(
                f"the file ends at byte {self.file_bytes}",
                path=str(self.path),
                offset=offset,
                expected=f"{size} bytes more here",
                hint=f"`replayx repair {self.path} NEW.rpx` saves what is readable",
            )
        return os.pread(self._fd, size, offset)

    def _is_tail(self, offset: int) -> bool:
        """Whether only the closing magic or unused, allocated space follows."""
        rest = os.pread(self._fd, HEAD_BYTES, offset)
        if rest == MAGIC:
            return offset + len(MAGIC) == self.file_bytes
        return not any(rest) and self._is_zero_to_end(offset)

    def _is_zero_to_end(self, offset: int) -> bool:
        while block := os.pread(self._fd, 1 << 20, offset):
            if any(block):
                return False
            offset += len(block)
        return True

    def _damaged(self, damage: Damage, offset: int) -> DamagedCassette:
        return DamagedCassette(
            damage.found,
            path=str(self.path),
            offset=offset,
            expected=damage.expected,
            hint=f"`replayx repair {self.path} NEW.rpx` saves what is readable",
        )
