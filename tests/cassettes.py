"""Small cassettes on disk: two markets, three connections, every kind of event."""

from pathlib import Path

from replayx.cassette.open_chunk import OpenChunk, SealedChunk
from replayx.cassette.records import (
    FORMAT_VERSION,
    Channel,
    ChannelKind,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Header,
    Interaction,
    Market,
    Opened,
)
from replayx.cassette.writer import CassetteWriter
from replayx.framing import BINARY, PING, PONG, TEXT

START_NS = 1_700_000_000_000_000_000
MS = 1_000_000

HEADER = Header(
    format_version=FORMAT_VERSION,
    tool="replayx test",
    origin="recorded",
    start_wall_ns=START_NS,
    start_monotonic_ns=5_000,
    clock_offset_ns=-1_250_000,
    redaction="none",
    markets=(
        Market(
            "alpha", "2026-11", {"rest": "https://api.alpha.test", "ws": "wss://ws.alpha.test:9443"}
        ),
        Market("beta", "", {"ws": "wss://beta.test"}),
    ),
    note="a note",
)
CHANNELS = (
    Channel(0, "alpha", "aaa@trade", ChannelKind.STREAM, 1, b'{"stream":"aaa@trade","data":', b"}"),
    Channel(1, "alpha", "", ChannelKind.REPLY, 1),
    Channel(7, "beta", "bbb@book", ChannelKind.STREAM, 2),
    Channel(65535, "beta", "", ChannelKind.OPAQUE, 2),
)
HEADERS = (("Content-Type", "application/json"), ("X-Weight", "1"))


def combined(number: int) -> bytes:
    """Return a message of channel 0."""
    return b'{"stream":"aaa@trade","data":{"n":%d}}' % number


def interaction(place: int, at_ns: int, number: int) -> Interaction:
    """Return a request with its answer."""
    return Interaction(
        place,
        at_ns,
        "alpha",
        "rest",
        0,
        "POST" if number % 2 else "GET",
        f"/api/thing?n={number}",
        (("X-Key", "k"),),
        b"a=%d" % number if number % 2 else b"",
        200,
        HEADERS,
        b'{"answer":%d}' % number,
        30 * MS,
        f"case {number}",
    )


def first_chunk() -> SealedChunk:
    """Return a chunk of messages with events before, among and behind them."""
    chunk = OpenChunk(START_NS, wall_offset_ns=-3)
    chunk.add(Opened(0, START_NS, 1, "alpha", "ws", "/stream?streams=aaa@trade", HEADERS, 101))
    chunk.add(ClientMessage(0, START_NS + 1, 1, TEXT, b'{"method":"SUBSCRIBE","id":1}'))
    chunk.append(START_NS + 2, 1, b'{"result":null,"id":1}')
    chunk.append(START_NS + 2, 0, combined(0))
    chunk.add(Opened(2, START_NS + 3, 2, "beta", "ws", "/ws", continued=True))
    chunk.append(START_NS + 3, 65535, bytes(range(130)), BINARY)
    chunk.append(START_NS + MS, 7, '{"price":"1","Ⓢ":"₮\\n"}'.encode())
    chunk.add(Control(4, START_NS + MS, 1, False, PING, b"1700"))
    chunk.add(Control(4, START_NS + MS + 9, 1, True, PONG, b"1700"))
    chunk.add(interaction(4, START_NS + 2 * MS, 0))
    return chunk.seal()


def second_chunk() -> SealedChunk:
    """Return the chunk after it."""
    chunk = OpenChunk(START_NS + 1000 * MS)
    for number in range(1, 6):
        chunk.append(START_NS + (1000 + number) * MS, 0, combined(number))
    chunk.add(interaction(5, START_NS + 1006 * MS, 1))
    chunk.add(Gap(5, START_NS + 1007 * MS, "beta", 2, "bbb@book", "sequence"))
    chunk.add(Closed(5, START_NS + 1008 * MS, 1, 1001, "going away"))
    return chunk.seal()


def third_chunk() -> SealedChunk:
    """Return a chunk without events."""
    chunk = OpenChunk(START_NS + 2000 * MS)
    chunk.append(START_NS + 2000 * MS, 7, b'{"price":"2"}')
    chunk.append(START_NS + 2500 * MS, 7, b'{"price":"3"}')
    return chunk.seal()


CHUNKS = (first_chunk, second_chunk, third_chunk)


def write_small(path: Path, *, finished: bool = True) -> Path:
    """Write a small cassette of three chunks, finished or as a killed recorder leaves it."""
    writer = CassetteWriter(path, HEADER)
    for channel in CHANNELS[:2]:
        writer.declare(channel)
    for channel in CHANNELS[2:]:
        writer.declare(channel)
    for chunk in CHUNKS:
        writer.write(chunk())
    if finished:
        writer.finish()
    else:
        writer.abandon()
    return path
