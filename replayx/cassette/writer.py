"""Writing a cassette: append-only, never over an existing file, whole even on a full disk."""

import errno
import os
from array import array
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import zstandard
from msgspec.structs import replace

from replayx.cassette.damage import Damage
from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.packing import encode, pack_chunk, pack_entries, pack_record
from replayx.cassette.records import (
    MAGIC,
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
from replayx.errors import LimitExceeded, StorageFailure, WouldOverwrite
from replayx.limits import CHANNELS_MAX, RESERVE_BYTES

# Measured on the real captures: from level 6 on, a chunked cassette is smaller than one zstd -3
# stream of the bare payloads, and packing still runs at 0.6-1.1 M messages a second.
LEVEL = 6
# Five numbers and the channels' head; three numbers, five fields' heads, and a zstd block's.
_CHUNK_INDEX_BYTES = 32 + 5
_ENTRY_INDEX_BYTES = 16 + 5 * 5 + 3


class Interactions(NamedTuple):
    """The columns over the interactions, and what each asked."""

    chunks: bytes
    places: bytes
    ats: bytes
    entries: list[InteractionEntry]


class IndexBuilder:
    """What the index will say, gathered chunk by chunk."""

    def __init__(self, level: int) -> None:
        self._level = level
        self.frame_count = 0
        self.event_count = 0
        self._offsets, self._starts, self._ends = array("q"), array("q"), array("q")
        self._frames, self._events = array("I"), array("I")
        self._channels: list[bytes] = []
        self._chunks, self._places, self._ats = array("I"), array("I"), array("q")
        self._entries: list[InteractionEntry] = []
        self.bytes_max = 0  # what the index records can take, were nothing of them to pack

    def add(self, offset: int, chunk: SealedChunk) -> None:
        """Note a chunk that was written at `offset`."""
        self.bytes_max += _CHUNK_INDEX_BYTES + 2 * len(chunk.channel_frames)
        ordinal = len(self._offsets)
        self._offsets.append(offset)
        self._starts.append(chunk.start_ns)
        self._ends.append(chunk.end_ns)
        self._frames.append(chunk.frame_count)
        self._events.append(len(chunk.events))
        self._channels.append(array("H", chunk.channel_frames).tobytes())
        self.frame_count += chunk.frame_count
        self.event_count += len(chunk.events)
        for place, event in enumerate(chunk.events):
            if isinstance(event, Interaction):
                self._add_interaction(ordinal, place, event)

    def _add_interaction(self, ordinal: int, place: int, event: Interaction) -> None:
        self._chunks.append(ordinal)
        self._places.append(place)
        self._ats.append(event.at_ns)
        entry = interaction_entry(event)
        self._entries.append(entry)
        self.bytes_max += _ENTRY_INDEX_BYTES + len(entry.market) + len(entry.kind)
        self.bytes_max += len(entry.method) + len(entry.target.encode())
        self.bytes_max += len(entry.request_body or b"")

    def index(self, declared: tuple[Channel, ...]) -> Index:
        """Return the index over the chunks, with the channels that were declared."""
        return Index(
            self._offsets.tobytes(),
            self._starts.tobytes(),
            self._ends.tobytes(),
            self._frames.tobytes(),
            self._events.tobytes(),
            tuple(self._channels),
            declared,
        )

    def interactions(self, *, bodies: bool = True) -> Interactions:
        """Return the columns over the interactions, with request bodies or without."""
        entries = self._entries
        if not bodies:
            entries = [replace(entry, request_body=None) for entry in entries]
        return Interactions(
            self._chunks.tobytes(), self._places.tobytes(), self._ats.tobytes(), entries
        )

    def interaction_index(self, *, bodies: bool = True) -> InteractionIndex:
        """Return the index over the interactions. Raises Damage if it is over the limit."""
        made = self.interactions(bodies=bodies)
        return InteractionIndex(*made[:3], *pack_entries(made.entries, self._level))


class CassetteWriter:
    """Writes one cassette file. Not thread-safe: one thread owns it.

    The caller declares a channel before the first chunk that uses it, writes chunks in time order,
    and calls `finish`; leaving the `with` block finishes too. A file that was not finished is
    still readable up to its last chunk.
    """

    def __init__(self, path: str | os.PathLike[str], header: Header, *, level: int = LEVEL) -> None:
        """Create the file. Raises WouldOverwrite, StorageFailure."""
        self.path = Path(path)
        self.level = level
        self._compressor = zstandard.ZstdCompressor(level=level)
        self._channels: dict[int, Channel] = {}
        self._index = IndexBuilder(level)
        self._end_ns = 0
        self._reserved = 0
        self._file = self._create()
        self.position = 0
        try:
            self._append(MAGIC + pack_record(RecordKind.HEADER, encode(header)))
        except StorageFailure:
            self._file.close()
            self.path.unlink()  # made above, and nothing is in it
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish()

    @property
    def summary(self) -> IndexBuilder:
        """What was written, counted."""
        return self._index

    @property
    def is_finished(self) -> bool:
        """Whether the file is complete and closed."""
        return self._file.closed

    def declare(self, channel: Channel) -> None:
        """Write a channel's record. Raises LimitExceeded, StorageFailure."""
        assert channel.number not in self._channels, "channel declared twice"
        if len(self._channels) >= CHANNELS_MAX:
            raise LimitExceeded(
                f"more than {CHANNELS_MAX} channels",
                where=str(self.path),
                hint="Record into several files: --rotate",
            )
        self._append(pack_record(RecordKind.CHANNEL, encode(channel)))
        self._channels[channel.number] = channel

    def write(self, chunk: SealedChunk) -> None:
        """Pack and append a chunk. Raises LimitExceeded, StorageFailure."""
        self.write_packed(chunk, self._packed(chunk, self._compressor))

    def pack(self, chunk: SealedChunk) -> bytes:
        """Return a chunk's record, for `write_packed`. May run in any thread, beside others.

        Raises LimitExceeded.
        """
        return self._packed(chunk, zstandard.ZstdCompressor(level=self.level))

    def write_packed(self, chunk: SealedChunk, record: bytes) -> None:
        """Append a chunk that `pack` has packed. Raises StorageFailure."""
        assert chunk.start_ns >= self._end_ns or not self._end_ns, "chunks out of order"
        assert self._channels.keys() >= chunk.channel_frames.keys(), "channel not declared"
        offset = self.position
        self._reserve(len(record))
        self._append(record)
        self._index.add(offset, chunk)
        self._end_ns = chunk.end_ns

    def _packed(self, chunk: SealedChunk, compressor: zstandard.ZstdCompressor) -> bytes:
        try:
            return pack_record(RecordKind.CHUNK, encode(pack_chunk(chunk, compressor)))
        except Damage as error:
            raise LimitExceeded(
                error.found, expected=error.expected, where=str(self.path)
            ) from error

    def sync(self) -> None:
        """Make what was written survive a power cut. Raises StorageFailure."""
        try:
            os.fdatasync(self._file.fileno())
        except OSError as error:
            raise _storage_failure(self.path, error) from error

    def finish(self) -> None:
        """Write the indexes and close the file. Does nothing the second time.

        Raises StorageFailure, LimitExceeded; the file then holds every chunk, but no index.
        """
        if self._file.closed:
            return
        try:
            self._write_tail()
            self._file.truncate(self.position)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _storage_failure(self.path, error) from error
        except Damage as error:
            raise LimitExceeded(
                f"an index of {error.found}",
                expected=error.expected,
                where=str(self.path),
                hint="Every message is in the file, but it has no index; record into several files",
            ) from error
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close the file as it is, without indexes."""
        self._file.close()

    def _write_tail(self) -> None:
        index_offset = self.position
        index = self._index.index(tuple(self._channels.values()))
        self._append(pack_record(RecordKind.INDEX, encode(index)))
        interactions_offset = self.position
        self._append(self._interaction_index())
        footer = Footer(
            index_offset, interactions_offset, self._index.frame_count, self._index.event_count
        )
        self._append(pack_record(RecordKind.FOOTER, encode(footer)) + MAGIC)

    def _interaction_index(self) -> bytes:
        """Return the record, without request bodies where it would be over the limit with them."""
        try:
            body = encode(self._index.interaction_index())
            return pack_record(RecordKind.INTERACTION_INDEX, body)
        except Damage:
            body = encode(self._index.interaction_index(bodies=False))
            return pack_record(RecordKind.INTERACTION_INDEX, body)

    def _create(self) -> BinaryIO:
        try:
            return self.path.open("xb", buffering=0)
        except FileExistsError as error:
            raise WouldOverwrite(
                "the file exists",
                where=str(self.path),
                hint="Choose another name, or move it away; replayx never overwrites a recording",
            ) from error
        except OSError as error:
            raise _storage_failure(self.path, error) from error

    def _append(self, data: bytes) -> None:
        """Write all of `data`, or cut the file back to its last whole record and raise."""
        written = 0
        view = memoryview(data)
        try:
            while written < len(view):
                written += self._file.write(view[written:]) or 0
        except OSError as error:
            self._file.truncate(self.position)
            self._file.seek(self.position)
            self._reserved = 0
            raise _storage_failure(self.path, error) from error
        self.position += written

    def _reserve(self, record_bytes: int) -> None:
        """Keep room for the record and, behind it, for the indexes, so that they always fit."""
        needed = self.position + record_bytes + self._index.bytes_max
        if needed + RESERVE_BYTES // 2 <= self._reserved:
            return
        target = needed + RESERVE_BYTES
        try:
            os.posix_fallocate(self._file.fileno(), self.position, target - self.position)
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL):
                return  # a file system without allocation: go on without the reserve
            raise _storage_failure(self.path, error) from error
        self._reserved = target


def _storage_failure(path: Path, error: OSError) -> StorageFailure:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    found = "the disk is full" if full else f"cannot write: {error.strerror}"
    hint = "Free space or choose another --out" if full else "Check the folder and its permissions"
    return StorageFailure(found, where=str(path), hint=hint)
