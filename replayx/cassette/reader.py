"""Reading a cassette: by its index where it has one, by walking its records where it has not.

A reader never writes and never trusts: every length is checked against the file and limits.py
before it is used (FORMAT.md section 1).
"""

import os
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

import zstandard

from replayx.cassette.chunk_table import ChunkTable
from replayx.cassette.damage import Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.packing import (
    HEAD_BYTES,
    check_order,
    decode,
    decode_chunk,
    unpack_chunk,
    unpack_entries,
)
from replayx.cassette.record_file import RawRecord, RecordFile
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
from replayx.errors import CassetteError, NotACassette, UnsupportedFormat

# The footer record with the closing magic is far smaller than this.
_TAIL_BYTES = 512


class InteractionRef(NamedTuple):
    """Where an interaction is, and what it asked."""

    at_ns: int
    chunk: int
    place: int
    entry: InteractionEntry


def read_header(file: RecordFile) -> tuple[Header, int]:
    """Return the header and the offset behind it.

    Raises NotACassette, UnsupportedFormat, TruncatedCassette, DamagedCassette.
    """
    magic = file.peek(0, len(MAGIC))
    if magic[:-1] != MAGIC[:-1][: len(magic)] or len(magic) < len(MAGIC):
        raise NotACassette(
            f"the file begins with {magic.hex(' ') or 'nothing'}",
            path=str(file.path),
            offset=0,
            expected=f"a cassette ({MAGIC.hex(' ')})",
            hint="Captures in NDJSON are read by `replayx import`",
        )
    if magic[-1] != FORMAT_VERSION:
        raise UnsupportedFormat(
            f"format version {magic[-1]}",
            path=str(file.path),
            offset=len(MAGIC) - 1,
            expected=f"version {FORMAT_VERSION}",
            hint="Use the release of replayx that wrote it, or a newer one",
        )
    first = file.record(len(MAGIC))
    if first.kind != RecordKind.HEADER:
        damage = Damage(f"a record of kind {first.kind}", "the header")
        raise file.damaged(damage, first.offset)
    try:
        header = decode(first.body, Header)
    except Damage as error:
        raise file.damaged(error, first.offset) from error
    return header, first.offset + HEAD_BYTES + len(first.body)


class CassetteReader:
    """An open cassette. `damage` is what ends the readable part of it early, or None.

    `is_finished` says whether its writer closed it. A file that is damaged in its header is
    refused: NotACassette, UnsupportedFormat, TruncatedCassette or DamagedCassette is raised.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.file = RecordFile(path)
        self.path = self.file.path
        self.file_bytes = self.file.file_bytes
        self._decompressor = zstandard.ZstdDecompressor()
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
            self.file.close()
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
        self.file.close()

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
        try:
            event = (batch or self.batch(ref.chunk)).event(ref.place)
            if not isinstance(event, Interaction):
                raise Damage("an index entry that names no interaction")
        except Damage as error:
            raise self.file.damaged(error, self.chunks.offsets[ref.chunk]) from error
        return event

    # ---- chunks

    def batch(self, ordinal: int) -> FrameBatch:
        """Return a chunk unpacked. Raises DamagedCassette, TruncatedCassette."""
        batch = self._unpack(self.chunks.offsets[ordinal], self._decompressor)
        batch.ordinal = ordinal
        return batch

    def batches(self, first: int = 0) -> Iterator[FrameBatch]:
        """Yield the chunks from ordinal `first` on. May run in a thread of its own."""
        decompressor = zstandard.ZstdDecompressor()
        end_ns: int | None = None
        for ordinal, offset in enumerate(self.chunks.offsets[first:], first):
            batch = self._unpack(offset, decompressor)
            batch.ordinal = ordinal
            if end_ns is not None and batch.start_ns < end_ns:
                damage = Damage(f"a chunk that starts at {batch.start_ns}", f"{end_ns} or later")
                raise self.file.damaged(damage, offset)
            end_ns = batch.end_ns
            yield batch

    def checked_batches(self, first: int = 0) -> Iterator[FrameBatch]:
        """Yield the chunks as `batches` does, with times, places and events checked as well."""
        for ordinal, batch in enumerate(self.batches(first), first):
            try:
                check_order(batch)
            except Damage as error:
                raise self.file.damaged(error, self.chunks.offsets[ordinal]) from error
            yield batch

    # ---- opening

    def _open(self) -> None:
        self.header, end = read_header(self.file)
        if not self._open_by_index():
            self._open_by_walking(end)

    def _open_by_index(self) -> bool:
        start = max(0, self.file_bytes - _TAIL_BYTES)
        tail = self.file.peek(start, _TAIL_BYTES)
        at = tail.rfind(SYNC)
        if not tail.endswith(MAGIC) or at < 0:
            return False
        try:
            footer = decode(self._record_of(RecordKind.FOOTER, start + at), Footer)
            index = decode(self._record_of(RecordKind.INDEX, footer.index_offset), Index)
            self.chunks = ChunkTable.from_index(index, self.file_bytes)
        except (Damage, CassetteError) as error:
            self.damage = (
                error if isinstance(error, CassetteError) else self.file.damaged(error, start + at)
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
            for record in self.file.records(offset):
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
            raise self.file.damaged(error, record.offset) from error

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
        self.chunks.append(record.offset, chunk)

    def _read_interactions(self) -> list[InteractionRef]:
        assert self._footer is not None, "a file that was walked has its interactions"
        offset = self._footer.interaction_index_offset
        try:
            index = decode(self._record_of(RecordKind.INTERACTION_INDEX, offset), InteractionIndex)
            entries = unpack_entries(index)
            chunks, places, ats = array("I"), array("I"), array("q")
            chunks.frombytes(index.chunks)
            places.frombytes(index.places)
            ats.frombytes(index.ats)
            if any(chunk >= len(self.chunks) for chunk in chunks):
                raise Damage("an interaction in a chunk that is not there")
            return [InteractionRef(*row) for row in zip(ats, chunks, places, entries, strict=True)]
        except (Damage, ValueError) as error:
            damage = error if isinstance(error, Damage) else Damage(str(error))
            raise self.file.damaged(damage, offset) from error

    def _record_of(self, kind: RecordKind, offset: int) -> bytes:
        record = self.file.record(offset)
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
            raise self.file.damaged(error, offset) from error
        batch.damaged = lambda damage: self.file.damaged(damage, offset)
        return batch
