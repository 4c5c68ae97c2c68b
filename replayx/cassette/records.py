"""The records of a cassette, field for field as cassettes/FORMAT.md has them."""

from enum import IntEnum
from typing import Annotated

import msgspec

from replayx.limits import (
    CHUNK_EVENTS_MAX,
    CHUNK_FRAMES_MAX,
    CHUNKS_MAX,
    INDEXED_BODY_BYTES_MAX,
    RECORD_BYTES_MAX,
)

FORMAT_VERSION = 1
MAGIC = b"\x89RPX\r\n\x1a" + bytes((FORMAT_VERSION,))
SYNC = b"\xf5REC"

# aiohttp and http.client allow about a hundred headers; this bounds what a file can claim.
Headers = Annotated[tuple[tuple[str, str], ...], msgspec.Meta(max_length=1024)]

# msgpack has unsigned numbers up to 2**64 - 1; the index keeps times and offsets as int64.
Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class RecordKind(IntEnum):
    """What a record's body is."""

    HEADER = 1
    CHANNEL = 2
    CHUNK = 3
    INDEX = 4
    INTERACTION_INDEX = 5
    FOOTER = 6


class ChannelKind(IntEnum):
    """What the messages of a channel are."""

    STREAM = 1
    REPLY = 2
    USER = 3
    OPAQUE = 4


class Origin(IntEnum):
    """Where a channel's messages come from."""

    RECORDED = 1
    SYNTHETIC = 2


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A body: a msgpack array of its fields in order."""


class Market(Record, frozen=True):
    """A market of the recording: its venue's name, the date of its rules, base URL by role."""

    name: str
    api_date: str = ""
    hosts: dict[str, str] = {}


class Header(Record, frozen=True):
    """What the recording is, and where it comes from."""

    format_version: int
    tool: str
    origin: str
    start_wall_ns: Int64
    start_monotonic_ns: Int64
    clock_offset_ns: Int64 | None
    redaction: str
    markets: tuple[Market, ...]
    part: int = 1
    note: str = ""


class Channel(Record, frozen=True):
    """One named stream as one connection carried it."""

    number: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
    market: str
    name: str
    kind: ChannelKind
    connection: int = 0
    prefix: bytes = b""
    suffix: bytes = b""
    origin: Origin = Origin.RECORDED


class Chunk(Record, frozen=True):
    """A run of frames and the events among them, packed."""

    start_ns: Int64
    end_ns: Int64
    wall_offset_ns: Int64
    frame_count: Annotated[int, msgspec.Meta(ge=0, le=CHUNK_FRAMES_MAX)]
    event_count: Annotated[int, msgspec.Meta(ge=0, le=CHUNK_EVENTS_MAX)]
    event_bytes: Annotated[int, msgspec.Meta(ge=0, le=RECORD_BYTES_MAX)]
    raw_bytes: Annotated[int, msgspec.Meta(ge=0, le=RECORD_BYTES_MAX)]
    flags: int
    channels: bytes
    channel_frames: bytes
    columns: memoryview


UNTIMED = 1  # Chunk.flags: the source had no times


class Event(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Something other than a message from the venue, at its place among the frames."""

    place: Int64
    at_ns: Int64


class Opened(Event, tag=1, frozen=True):
    """A WebSocket connection was opened."""

    connection: int
    market: str
    role: str
    target: str
    request_headers: Headers = ()
    status: int = 101
    response_headers: Headers = ()
    continued: bool = False
    label: str = ""


class Closed(Event, tag=2, frozen=True):
    """A WebSocket connection ended; code 1006 where no close frame came."""

    connection: int
    code: int
    reason: str = ""
    by: str = "venue"


class ClientMessage(Event, tag=3, frozen=True):
    """A message the client sent."""

    connection: int
    opcode: int
    payload: bytes


class Control(Event, tag=4, frozen=True):
    """A ping or pong."""

    connection: int
    sent: bool
    opcode: int
    payload: bytes


class Interaction(Event, tag=5, frozen=True):
    """One request with its answer, over HTTP or the WebSocket API."""

    market: str
    kind: str
    connection: int
    method: str
    target: str
    request_headers: Headers
    request_body: bytes
    status: int
    response_headers: Headers
    response_body: bytes
    latency_ns: int = -1
    label: str = ""


class Gap(Event, tag=6, frozen=True):
    """The recording lost data here, and says so."""

    market: str
    connection: int
    channel: str
    reason: str


AnyEvent = Opened | Closed | ClientMessage | Control | Interaction | Gap


class Index(Record, frozen=True):
    """Columns over the chunks."""

    offsets: bytes
    starts: bytes
    ends: bytes
    frames: bytes
    events: bytes
    channels: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=CHUNKS_MAX)]
    declared: tuple[Channel, ...] = ()


class InteractionEntry(Record, frozen=True):
    """What was asked, for matching without unpacking the answer."""

    market: str
    kind: str
    method: str
    target: str
    request_body: bytes | None


class InteractionIndex(Record, frozen=True):
    """Columns over the interactions."""

    chunks: bytes
    places: bytes
    ats: bytes
    raw_bytes: Annotated[int, msgspec.Meta(ge=0, le=RECORD_BYTES_MAX)]
    entries: bytes


class Footer(Record, frozen=True):
    """Where the indexes are."""

    index_offset: Int64
    interaction_index_offset: Int64
    frame_count: Int64
    event_count: Int64


def interaction_entry(event: Interaction) -> InteractionEntry:
    """Return what the index keeps of an interaction."""
    small = len(event.request_body) <= INDEXED_BODY_BYTES_MAX
    body = event.request_body if small else None
    return InteractionEntry(event.market, event.kind, event.method, event.target, body)


def event_size(event: AnyEvent) -> int:
    """Return about how many bytes an event takes in its chunk."""
    if not isinstance(event, Interaction):
        return 128
    headers = sum(len(n) + len(v) for n, v in (*event.request_headers, *event.response_headers))
    return 96 + headers + len(event.target) + len(event.request_body) + len(event.response_body)
