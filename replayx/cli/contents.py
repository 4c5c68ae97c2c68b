"""What a cassette holds, counted."""

from collections import Counter
from collections.abc import Callable

import msgspec

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import (
    AnyEvent,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Interaction,
    Market,
    Opened,
)
from replayx.cli.coverage import AnswerRow, answers
from replayx.errors import CassetteError
from replayx.framing import header_bytes


class ChannelRow(msgspec.Struct):
    """A channel and what it holds."""

    number: int
    market: str
    name: str
    kind: str
    connection: int
    messages: int = 0
    payload_bytes: int = 0


class RouteRow(msgspec.Struct, frozen=True):
    """Requests alike but for their parameters."""

    market: str
    kind: str
    route: str
    status: int
    count: int


class ConnectionRow(msgspec.Struct):
    """A connection's life."""

    number: int
    market: str
    role: str
    target: str
    opened_ns: int
    continued: bool
    label: str
    closed: str | None = None


class GapRow(msgspec.Struct, frozen=True):
    """Where data is missing."""

    at_ns: int
    market: str
    connection: int
    channel: str
    reason: str


class MarketRow(msgspec.Struct, frozen=True):
    """A market, as the header has it."""

    name: str
    api_date: str
    hosts: dict[str, str]


class Contents(msgspec.Struct):
    """Everything `inspect` tells."""

    path: str
    file_bytes: int
    payload_bytes: int
    ratio: float
    is_finished: bool
    damage: str | None
    format_version: int
    tool: str
    origin: str
    redaction: str
    part: int
    note: str
    clock_offset_ns: int | None
    start_ns: int
    end_ns: int
    chunks: int
    counts: dict[str, int]
    markets: list[MarketRow]
    channels: list[ChannelRow]
    routes: list[RouteRow]
    connections: list[ConnectionRow]
    gaps: list[GapRow]
    answers: list[AnswerRow]


class _Count:
    """Counts as the chunks go by."""

    def __init__(self, reader: CassetteReader) -> None:
        self.kinds = Counter[str]()
        self.routes = Counter[tuple[str, str, str, int]]()
        self.connections: dict[int, ConnectionRow] = {}
        self.gaps: list[GapRow] = []
        self.body_bytes = 0
        self.channels = {
            number: ChannelRow(
                number, one.market, one.name, one.kind.name.lower(), one.connection
            )
            for number, one in sorted(reader.channels.items())
        }  # fmt: skip

    def take(self, batch: FrameBatch) -> None:
        """Count a chunk."""
        self.kinds["messages"] += batch.count
        for number, messages in batch.channel_frames.items():
            self.channels[number].messages += messages
        end, frames = batch.end, batch.frames
        for k, number in enumerate(batch.channel):
            size = end[k + 1] - end[k] - header_bytes(frames[end[k] + 1])
            self.channels[number].payload_bytes += size
        for event in batch.checked_events():
            self._event(event)

    def _event(self, event: AnyEvent) -> None:
        if isinstance(event, Interaction):
            self.kinds[event.kind] += 1
            self.body_bytes += len(event.request_body) + len(event.response_body)
            path = event.target.partition("?")[0]
            route = event.method if event.kind == "wsapi" else f"{event.method} {path}"
            self.routes[event.market, event.kind, route, event.status] += 1
        elif isinstance(event, Opened):
            self.kinds["continued" if event.continued else "opened"] += 1
            self.connections[event.connection] = ConnectionRow(
                event.connection,
                event.market,
                event.role,
                event.target,
                event.at_ns,
                event.continued,
                event.label,
            )
        elif isinstance(event, Closed):
            self.kinds["closed"] += 1
            if event.connection in self.connections:
                self.connections[event.connection].closed = f"{event.code} by {event.by}"
        elif isinstance(event, ClientMessage):
            self.kinds["sent"] += 1
        elif isinstance(event, Control):
            self.kinds["control"] += 1
        elif isinstance(event, Gap):
            self.kinds["gaps"] += 1
            self.gaps.append(
                GapRow(event.at_ns, event.market, event.connection, event.channel, event.reason)
            )


KINDS = ("messages", "rest", "wsapi", "opened", "continued", "closed", "sent", "control", "gaps")


def contents(reader: CassetteReader, advance: Callable[[int], None]) -> Contents:
    """Read and count a whole cassette; damage ends the count early and is told."""
    count = _Count(reader)
    damage = reader.damage
    try:
        for batch in reader.checked_batches():
            count.take(batch)
            advance(batch.count)
    except CassetteError as error:
        damage = error
    header = reader.header
    payload_bytes = count.body_bytes + sum(row.payload_bytes for row in count.channels.values())
    return Contents(
        path=str(reader.path),
        file_bytes=reader.file_bytes,
        payload_bytes=payload_bytes,
        ratio=round(payload_bytes / reader.file_bytes, 2),
        is_finished=reader.is_finished,
        damage=None if damage is None else str(damage),
        format_version=header.format_version,
        tool=header.tool,
        origin=header.origin,
        redaction=header.redaction,
        part=header.part,
        note=header.note,
        clock_offset_ns=header.clock_offset_ns,
        start_ns=reader.start_ns,
        end_ns=reader.end_ns,
        chunks=len(reader.chunks),
        counts={kind: count.kinds[kind] for kind in KINDS},
        markets=[_market(market) for market in header.markets],
        channels=list(count.channels.values()),
        routes=[RouteRow(*key, number) for key, number in sorted(count.routes.items())],
        connections=list(count.connections.values()),
        gaps=count.gaps,
        answers=answers(reader),
    )


def _market(market: Market) -> MarketRow:
    return MarketRow(market.name, market.api_date, market.hosts)
