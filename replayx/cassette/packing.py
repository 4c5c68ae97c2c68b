"""Records to bytes and back: heads, checksums, zstd; every length is checked before it is used."""

import operator
import struct
import zlib
from collections import Counter
from itertools import pairwise
from typing import NamedTuple, TypeVar

import msgspec
import zstandard

from replayx.cassette.columns import ROW_BYTES
from replayx.cassette.damage import UNDECODABLE, Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.open_chunk import SealedChunk
from replayx.cassette.records import (
    SYNC,
    Chunk,
    InteractionEntry,
    InteractionIndex,
    Record,
)
from replayx.framing import BINARY, TEXT, frame_header, header_bytes
from replayx.limits import RECORD_BYTES_MAX

# kind, three reserved bytes, length; the checksum follows and covers these and the body.
_CHECKED = struct.Struct("<B3xI")
_CRC = struct.Struct("<I")
# First bytes of a final data frame without extensions (RFC 6455, 5.2).
_DATA_FRAMES = (0x80 | TEXT, 0x80 | BINARY)
HEAD_BYTES = len(SYNC) + _CHECKED.size + _CRC.size

_encoder = msgspec.msgpack.Encoder()
_chunk_decoder = msgspec.msgpack.Decoder(Chunk)
_entries_decoder = msgspec.msgpack.Decoder(list[InteractionEntry])
_R = TypeVar("_R", bound=Record)


class RecordHead(NamedTuple):
    """What stands before a record's body."""

    kind: int
    length: int
    crc: int
    checked: bytes


def pack_record(kind: int, body: bytes) -> bytes:
    """Return a whole record. Raises Damage if the body is over the limit."""
    if len(body) > RECORD_BYTES_MAX:
        raise Damage(f"a record of {len(body)} bytes", f"at most {RECORD_BYTES_MAX}")
    checked = _CHECKED.pack(kind, len(body))
    return SYNC + checked + _CRC.pack(zlib.crc32(body, zlib.crc32(checked))) + body


def encode(record: Record) -> bytes:
    """Return a record's body."""
    return _encoder.encode(record)


def parse_head(head: bytes) -> RecordHead:
    """Return the head that `head` (HEAD_BYTES of it) holds. Raises Damage."""
    if head[: len(SYNC)] != SYNC:
        raise Damage(f"the bytes {head[: len(SYNC)].hex(' ')}", f"a record ({SYNC.hex(' ')})")
    checked = head[len(SYNC) : -_CRC.size]
    kind, length = _CHECKED.unpack(checked)
    if length > RECORD_BYTES_MAX:
        raise Damage(f"a record that claims {length} bytes", f"at most {RECORD_BYTES_MAX}")
    return RecordHead(kind, length, _CRC.unpack(head[-_CRC.size :])[0], checked)


def check_body(head: RecordHead, body: bytes) -> None:
    """Raise Damage unless the checksum holds."""
    crc = zlib.crc32(body, zlib.crc32(head.checked))
    if crc != head.crc:
        raise Damage(f"checksum {crc:08x} over {head.length} bytes", f"{head.crc:08x}")


def decode(body: bytes, kind: type[_R]) -> _R:
    """Return the record of type `kind` in `body`. Raises Damage."""
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except UNDECODABLE as error:
        raise Damage(f"a body that is not a {kind.__name__} ({error})") from error


def pack_chunk(chunk: SealedChunk, compressor: zstandard.ZstdCompressor) -> Chunk:
    """Return the chunk as it is written. Raises Damage if it is over the limit."""
    columns, event_bytes = chunk.columns()
    if len(columns) > RECORD_BYTES_MAX:
        raise Damage(f"a chunk of {len(columns)} bytes", f"at most {RECORD_BYTES_MAX}")
    return Chunk(
        chunk.start_ns,
        chunk.end_ns,
        chunk.wall_offset_ns,
        chunk.frame_count,
        len(chunk.events),
        event_bytes,
        len(columns),
        chunk.flags,
        struct.pack(f"<{len(chunk.channel_frames)}H", *chunk.channel_frames),
        struct.pack(f"<{len(chunk.channel_frames)}I", *chunk.channel_frames.values()),
        memoryview(compressor.compress(columns)),
    )


def decode_chunk(body: bytes) -> Chunk:
    """Return the chunk in `body`, its columns still packed. Raises Damage."""
    try:
        chunk = _chunk_decoder.decode(body)
    except UNDECODABLE as error:
        raise Damage(f"a body that is not a Chunk ({error})") from error
    _check_counts(chunk)
    return chunk


def unpack_chunk(chunk: Chunk, decompressor: zstandard.ZstdDecompressor) -> FrameBatch:
    """Return the chunk's messages and events. Raises Damage."""
    columns = _unpacked(chunk.columns, chunk.raw_bytes, decompressor)
    return FrameBatch(chunk, memoryview(columns))


def check_batch(batch: FrameBatch) -> None:
    """Raise Damage unless everything in the chunk is as FORMAT.md says. Takes its time."""
    check_order(batch)
    _check_frames(batch)


def check_order(batch: FrameBatch) -> None:
    """Raise Damage unless messages and events are in order and as the chunk's head has them."""
    assert len(batch.end) == batch.count + 1  # decodes the lengths, and so checks their sum
    times = [batch.start_ns, *batch.at, batch.end_ns]
    if any(map(operator.gt, times, times[1:])):
        raise Damage("times that go back, or lie outside the chunk's bounds")
    counts = dict(Counter(batch.channel))
    if counts != batch.channel_frames:
        raise Damage(f"messages by channel {counts}", f"{batch.channel_frames}")
    last_place, last_ns = 0, batch.start_ns
    for event in batch.checked_events():
        if not last_place <= event.place <= batch.count:
            raise Damage(f"an event at place {event.place}", f"{last_place} to {batch.count}")
        # times[place] is the frame before the event, times[place + 1] the one after it.
        if not max(last_ns, times[event.place]) <= event.at_ns <= times[event.place + 1]:
            raise Damage(f"an event at {event.at_ns}, out of its time")
        last_place, last_ns = event.place, event.at_ns


def _check_frames(batch: FrameBatch) -> None:
    """Raise Damage unless every frame is what FORMAT.md section 4 says: final, whole, unmasked."""
    frames = batch.frames
    for k, (start, end) in enumerate(pairwise(batch.end)):
        size = end - start
        if size < 2 or frames[start] not in _DATA_FRAMES:
            raise Damage(f"message {k} that is no text or binary frame")
        header = header_bytes(frames[start + 1])
        if size < header or frames[start : start + header] != frame_header(
            size - header, frames[start] & 0x0F
        ):
            raise Damage(f"message {k} whose frame claims another size than {size}")


def pack_entries(entries: list[InteractionEntry], level: int) -> tuple[int, bytes]:
    """Return what the interaction index keeps of the requests: its size unpacked, and packed.

    Raises Damage if it is over the limit.
    """
    raw = _encoder.encode(entries)
    if len(raw) > RECORD_BYTES_MAX:
        raise Damage(f"{len(raw)} bytes of requests", f"at most {RECORD_BYTES_MAX}")
    return len(raw), zstandard.ZstdCompressor(level=level).compress(raw)


def unpack_entries(index: InteractionIndex) -> list[InteractionEntry]:
    """Return the requests an interaction index keeps. Raises Damage."""
    raw = _unpacked(memoryview(index.entries), index.raw_bytes, zstandard.ZstdDecompressor())
    try:
        return _entries_decoder.decode(raw)
    except UNDECODABLE as error:
        raise Damage(f"requests that do not decode ({error})") from error


def unpack_frame(packed: bytes) -> bytes:
    """Return what a zstd frame holds: no more than a record may. Raises Damage."""
    declared = _declared_bytes(memoryview(packed))
    # A decompressor allocates whatever the frame declares, and asks its caller only without that.
    if not 0 <= declared <= RECORD_BYTES_MAX:
        raise Damage(f"a zstd frame that declares {declared} bytes", f"at most {RECORD_BYTES_MAX}")
    return _unpacked(memoryview(packed), declared, zstandard.ZstdDecompressor())


def _unpacked(
    packed: memoryview, raw_bytes: int, decompressor: zstandard.ZstdDecompressor
) -> bytes:
    """Return a zstd frame's content, which must be as large as the record says. Raises Damage."""
    declared = _declared_bytes(packed)
    if declared != raw_bytes:
        raise Damage(f"a zstd frame that declares {declared} bytes", f"{raw_bytes}")
    try:
        raw = decompressor.decompress(packed, max_output_size=raw_bytes)
    except zstandard.ZstdError as error:
        raise Damage(f"a zstd frame that does not unpack ({error})") from error
    if len(raw) != raw_bytes:
        raise Damage(f"{len(raw)} bytes in a zstd frame", f"{raw_bytes}")
    return raw


def _check_counts(chunk: Chunk) -> None:
    rows = ROW_BYTES * chunk.frame_count
    if rows + chunk.event_bytes > chunk.raw_bytes:
        raise Damage(f"{chunk.frame_count} messages in {chunk.raw_bytes} bytes")
    if chunk.start_ns > chunk.end_ns:
        raise Damage(f"a chunk that ends at {chunk.end_ns}", f"{chunk.start_ns} or later")
    if len(chunk.channels) * 2 != len(chunk.channel_frames) or len(chunk.channels) % 2:
        raise Damage("channel columns of unequal length")
    if sum(memoryview(chunk.channel_frames).cast("I")) != chunk.frame_count:
        raise Damage("channel counts that do not sum to the chunk's")


def _declared_bytes(packed: memoryview) -> int:
    try:
        return zstandard.frame_content_size(packed)
    except zstandard.ZstdError as error:
        raise Damage(f"columns that are not a zstd frame ({error})") from error
