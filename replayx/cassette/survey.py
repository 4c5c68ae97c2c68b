"""A whole file checked record by record: what is good, where the holes are, what is wrong."""

from array import array
from collections.abc import Callable
from itertools import pairwise
from operator import sub
from typing import NamedTuple

import msgspec
import zstandard

from replayx.cassette.damage import Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.packing import (
    HEAD_BYTES,
    check_batch,
    decode,
    decode_chunk,
    unpack_chunk,
    unpack_entries,
)
from replayx.cassette.record_file import RawRecord, RecordFile
from replayx.cassette.records import (
    FORMAT_VERSION,
    MAGIC,
    Channel,
    Footer,
    Header,
    Index,
    InteractionIndex,
    RecordKind,
)
from replayx.cassette.scan import Hole, scan
from replayx.cassette.writer import LEVEL, IndexBuilder, Interactions
from replayx.errors import CassetteError, NotACassette, UnsupportedFormat

# Problems kept in a report; beyond it they are counted. A hostile file must not fill memory.
PROBLEMS_MAX = 1000

# Records whose loss is no loss of data: they are made again.
_DERIVED = frozenset({RecordKind.INDEX, RecordKind.INTERACTION_INDEX, RecordKind.FOOTER})


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: at which byte, in which record (from 0), of what kind."""

    offset: int
    record: int
    kind: str
    reason: str


class LostSpan(NamedTuple):
    """Data that cannot be read: `chunk` is the number of good chunks before it."""

    chunk: int
    offset: int
    size: int


def reseal(batch: FrameBatch) -> SealedChunk:
    """Return an unpacked chunk as it is to be written again."""
    return SealedChunk(
        batch.start_ns,
        batch.end_ns,
        batch.wall_offset_ns,
        batch.flags,
        batch.channel_frames,
        batch.events,
        array("q", map(sub, batch.at, [batch.start_ns, *batch.at])).tobytes(),
        batch.channel.tobytes(),
        array("I", (end - start for start, end in pairwise(batch.end))).tobytes(),
        bytearray(batch.frames),
    )


class Survey:
    """What a walk over every record of a file found. Made by `survey`."""

    def __init__(self, file: RecordFile) -> None:
        self.file = file
        self.header: Header | None = None
        self.channels: dict[int, Channel] = {}
        self.index: Index | None = None
        self.footer: Footer | None = None
        self.offsets = array("q")  # of the good chunks
        self.lost: list[LostSpan] = []
        self.problems: list[Problem] = []
        self.problem_count = self.record_count = self.lost_bytes = 0
        self.used_channels: set[int] = set()
        self.start_ns = 0  # of the first good chunk
        self.built = IndexBuilder(LEVEL)
        self._interactions: Interactions | None = None
        self._decompressor = zstandard.ZstdDecompressor()
        self._end_ns: int | None = None
        self._index_offset = self._interactions_offset = 0

    @property
    def is_finished(self) -> bool:
        """Whether the file has the tail that its writer gives it last."""
        return self.footer is not None and self.file.is_tail(self.file.file_bytes - len(MAGIC))

    def chunk(self, offset: int) -> FrameBatch:
        """Return a chunk with all its checks. Raises CassetteError, Damage."""
        batch = unpack_chunk(decode_chunk(self.file.record(offset).body), self._decompressor)
        check_batch(batch)
        return batch

    def lost_frame_count(self) -> int | None:
        """Return how many messages are lost; None if there is no index to tell."""
        if self.index is None:
            return None if self.lost else 0
        good = set(self.offsets)
        offsets, frames = array("q", self.index.offsets), array("I", self.index.frames)
        return sum(n for offset, n in zip(offsets, frames, strict=True) if offset not in good)

    # ---- taking records

    def take_hole(self, hole: Hole) -> None:
        """Note bytes that are no record."""
        self._problem(hole.offset, _kind_name(hole.kind), hole.error)
        self.record_count += 1
        self.lost_bytes += hole.size
        is_magic = hole.offset == 0 and hole.size <= len(MAGIC)
        if not is_magic and hole.kind not in _DERIVED:
            self._lose(hole.offset, hole.size)

    def take(self, record: RawRecord) -> None:
        """Note a record that passed its checksum, after checking what is in it."""
        try:
            self._take(record)
        except Damage as error:
            kind = _kind_name(record.kind)
            self._problem(record.offset, kind, self.file.damaged(error, record.offset))
            if record.kind not in _DERIVED:
                size = HEAD_BYTES + len(record.body)
                self.lost_bytes += size
                self._lose(record.offset, size)
        self.record_count += 1

    def _take(self, record: RawRecord) -> None:
        if record.kind == RecordKind.HEADER:
            self._take_header(decode(record.body, Header))
        elif record.kind == RecordKind.CHANNEL:
            self._take_channel(decode(record.body, Channel))
        elif record.kind == RecordKind.CHUNK:
            self._take_chunk(record.offset)
        elif record.kind == RecordKind.INDEX:
            index = decode(record.body, Index)
            _check_columns(index)
            self.index, self._index_offset = index, record.offset
        elif record.kind == RecordKind.INTERACTION_INDEX:
            made = decode(record.body, InteractionIndex)
            entries = unpack_entries(made)
            self._interactions = Interactions(made.chunks, made.places, made.ats, entries)
            self._interactions_offset = record.offset
        elif record.kind == RecordKind.FOOTER:
            self.footer = decode(record.body, Footer)

    def _take_header(self, header: Header) -> None:
        if self.header is not None:
            raise Damage("a second header")
        if not header.markets:
            raise Damage("a header without a market")
        self.header = header

    def _take_channel(self, channel: Channel) -> None:
        if channel.number in self.channels:
            raise Damage(f"channel {channel.number} declared twice")
        self.channels[channel.number] = channel

    def _take_chunk(self, offset: int) -> None:
        batch = self.chunk(offset)
        if self._end_ns is not None and batch.start_ns < self._end_ns:
            raise Damage(f"a chunk that starts at {batch.start_ns}", f"{self._end_ns} or later")
        missing = batch.channel_frames.keys() - self.channels.keys()
        if missing:
            # The messages are good, and `repair` keeps them; only their channel's name is unknown.
            damage = Damage(f"channels {sorted(missing)} that were not declared before")
            self._problem(offset, "chunk", self.file.damaged(damage, offset))
        if self._end_ns is None:
            self.start_ns = batch.start_ns
        self._end_ns = batch.end_ns
        self.used_channels.update(batch.channel_frames)
        self.offsets.append(offset)
        self.built.add(offset, reseal(batch))

    # ---- the end

    def check_index(self) -> None:
        """Compare the index with the records, where all of them were readable."""
        if self.problem_count or self.footer is None:
            return
        if self.index != self.built.index(tuple(self.channels.values())):
            self._disagrees(self._index_offset, "index")
        made = (self.built.interactions(), self.built.interactions(bodies=False))
        if self._interactions not in made:
            self._disagrees(self._interactions_offset, "interaction index")
        expected = Footer(
            self._index_offset,
            self._interactions_offset,
            self.built.frame_count,
            self.built.event_count,
        )
        if self.footer != expected:
            self._disagrees(self.file.file_bytes - len(MAGIC), "footer")

    def _disagrees(self, offset: int, what: str) -> None:
        damage = Damage(f"an {what} that does not agree with the records")
        self._problem(offset, what, self.file.damaged(damage, offset))

    def _lose(self, offset: int, size: int) -> None:
        if len(self.lost) < PROBLEMS_MAX:
            self.lost.append(LostSpan(len(self.offsets), offset, size))

    def _problem(self, offset: int, kind: str, error: CassetteError) -> None:
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            reason = error.found + (f"; expected {error.expected}" if error.expected else "")
            self.problems.append(Problem(offset, self.record_count, kind, reason))


def survey(file: RecordFile, advance: Callable[[int], None]) -> Survey:
    """Walk a file, calling `advance` with the number of bytes passed.

    Raises NotACassette, UnsupportedFormat.
    """
    found = Survey(file)
    magic = file.peek(0, len(MAGIC))
    for item in scan(file, len(MAGIC) if magic == MAGIC else 0):
        if isinstance(item, Hole):
            found.take_hole(item)
            advance(item.size)
        else:
            found.take(item)
            advance(HEAD_BYTES + len(item.body))
    _check_version(found, magic)
    found.check_index()
    return found


def _check_version(found: Survey, magic: bytes) -> None:
    """Raise unless the file is a cassette of this version, whatever is wrong with it otherwise."""
    path = str(found.file.path)
    version = found.header.format_version if found.header else FORMAT_VERSION
    if version != FORMAT_VERSION:
        raise UnsupportedFormat(
            f"format version {version}",
            path=path,
            offset=len(MAGIC) - 1,
            expected=f"version {FORMAT_VERSION}",
            hint="Use the release of replayx that wrote it, or a newer one",
        )
    if magic != MAGIC and not found.offsets and found.header is None:
        raise NotACassette(
            f"the file begins with {magic.hex(' ') or 'nothing'}, and holds no record",
            path=path,
            offset=0,
            expected=f"a cassette ({MAGIC.hex(' ')})",
        )


def _check_columns(index: Index) -> None:
    eights = (index.offsets, index.starts, index.ends)
    fours = (index.frames, index.events)
    sizes = {len(column) / 8 for column in eights} | {len(column) / 4 for column in fours}
    if sizes != {len(index.channels)}:
        raise Damage("index columns of unequal length")


def _kind_name(kind: int | None) -> str:
    try:
        return RecordKind(kind or 0).name.lower().replace("_", " ")
    except ValueError:
        return "no record" if kind is None else f"record of kind {kind}"
