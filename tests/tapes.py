"""Batches, sources and cassettes made in memory, for tests of the layers above the file."""

from collections.abc import Iterable
from pathlib import Path

import zstandard

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.open_chunk import OpenChunk, SealedChunk
from replayx.cassette.packing import decode_chunk, encode, pack_chunk, unpack_chunk
from replayx.cassette.records import (
    FORMAT_VERSION,
    AnyEvent,
    Channel,
    ChannelKind,
    Header,
    Interaction,
    Market,
)
from replayx.cassette.writer import CassetteWriter
from replayx.framing import split_frames
from replayx.timeline.source import ListSource

Row = tuple[int, int, bytes]  # at, channel number, payload


def sealed(rows: Iterable[Row], events: Iterable[AnyEvent] = ()) -> SealedChunk:
    """Return a chunk of messages, with events that are placed after all of them."""
    rows, events = list(rows), list(events)
    start_ns = rows[0][0] if rows else events[0].at_ns
    chunk = OpenChunk(start_ns)
    for at_ns, channel, payload in rows:
        chunk.append(at_ns, channel, payload)
    for event in events:
        chunk.add(event)
    return chunk.seal()


def batch(rows: Iterable[Row], events: Iterable[AnyEvent] = ()) -> FrameBatch:
    """Return a chunk as a reader unpacks it."""
    packed = pack_chunk(sealed(rows, events), zstandard.ZstdCompressor())
    return unpack_chunk(decode_chunk(encode(packed)), zstandard.ZstdDecompressor())


def channel(number: int, name: str, **more: object) -> Channel:
    """Return a channel of the market `fake`, recorded in the fake venue's combined envelope."""
    given = {"market": "fake", "kind": ChannelKind.STREAM, **more}
    return Channel(number, name=name, **given)


def source(channels: Iterable[Channel], *chunks: list[Row]) -> ListSource:
    """Return a source of one batch a chunk."""
    return ListSource({one.number: one for one in channels}, [batch(rows) for rows in chunks])


def payloads(frames: bytes | memoryview) -> list[bytes]:
    """Return the payloads of frames back to back."""
    return [bytes(payload) for _, payload in split_frames(frames)]


def interaction(
    at_ns: int, target: str, body: bytes = b"{}", *, place: int = 0, **more: object
) -> Interaction:
    """Return a recorded GET with its answer, unless `more` says otherwise."""
    given = {
        "market": "fake",
        "kind": "rest",
        "connection": 0,
        "method": "GET",
        "request_headers": (),
        "request_body": b"",
        "status": 200,
        "response_headers": (("Content-Type", "application/json"),),
        **more,
    }
    return Interaction(place, at_ns, target=target, response_body=body, **given)


def write_cassette(
    path: Path,
    channels: Iterable[Channel],
    chunks: Iterable[SealedChunk],
    *,
    markets: Iterable[str] = ("fake",),
    origin: str = "synthetic",
) -> Path:
    """Write a finished cassette and return its path."""
    made = tuple(Market(name) for name in markets)
    header = Header(FORMAT_VERSION, "tests", origin, 0, 0, 0, "none", made)
    with CassetteWriter(path, header) as writer:
        for one in channels:
            writer.declare(one)
        for chunk in chunks:
            writer.write(chunk)
    return path
