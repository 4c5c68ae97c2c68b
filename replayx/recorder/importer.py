"""Import: NDJSON captures, merged by time, into one cassette. Payloads stay byte for byte.

Nothing is redacted: the header says `none`. Who imports a capture decides what is in it.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from replayx import __version__
from replayx.cassette.ndjson import (
    ORIGIN_HEADER,
    CaptureLine,
    HeaderPairs,
    decode_line,
    split_url,
)
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import (
    FORMAT_VERSION,
    UNTIMED,
    AnyEvent,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Header,
    Interaction,
    Opened,
    event_size,
)
from replayx.cassette.writer import LEVEL, CassetteWriter
from replayx.errors import InvalidCapture, LimitExceeded
from replayx.framing import BINARY, PING, PONG, TEXT
from replayx.limits import BODY_BYTES_MAX, MESSAGE_BYTES_MAX, SORTED_CAPTURE_BYTES_MAX
from replayx.recorder.capture_channels import ChannelTable, ImportedConnection
from replayx.recorder.capture_file import read_lines
from replayx.recorder.capture_survey import (
    Place,
    Survey,
    clock_offset_ns,
    markets,
    place_of,
    survey,
)
from replayx.recorder.pack_ahead import PackAhead

_ADVANCE_LINES = 4096


class ImportReport(msgspec.Struct, frozen=True):
    """What an import made."""

    target: str
    markets: tuple[str, ...]
    line_count: int
    frame_count: int
    event_count: int
    untimed_count: int
    clock_offset_ns: int | None
    target_bytes: int


def import_captures(
    sources: Sequence[Path],
    target: Path,
    *,
    level: int = LEVEL,
    on_survey: Callable[[int], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Make a cassette of captures. Reads every file twice: first to look, then to write.

    Calls both functions with the number of lines passed, `on_survey` in the first reading. Raises
    InvalidCapture, LimitExceeded, WouldOverwrite, StorageFailure; no target is left behind then.
    """
    found = survey(sources, on_survey)
    places = {key: place_of(*key) for key in found.bases}
    offset_ns = clock_offset_ns(sources)
    header = Header(
        format_version=FORMAT_VERSION,
        tool=f"replayx {__version__}",
        origin="imported",
        start_wall_ns=found.first_ns or 0,
        start_monotonic_ns=0,
        clock_offset_ns=offset_ns,
        redaction="none",
        markets=markets(places.values()),
        note=f"imported from {', '.join(path.name for path in sources)}"[:1000],
    )
    writer = CassetteWriter(target, header, level=level)
    try:
        with PackAhead(writer) as packing:
            importing = _Importing(packing, places, header, found.first_ns or 0)
            for count, line in enumerate(_merged(sources, found), 1):
                importing.take(line)
                if not count % _ADVANCE_LINES:
                    advance(_ADVANCE_LINES)
            importing.flush()
            packing.flush()
        writer.finish()
    except BaseException:
        writer.abandon()
        writer.path.unlink()  # made above
        raise
    return ImportReport(
        str(target),
        tuple(market.name for market in header.markets),
        found.line_count,
        writer.summary.frame_count,
        writer.summary.event_count,
        importing.untimed_count,
        offset_ns,
        writer.position,
    )


# ---- lines in the order of their times


def _time(line: CaptureLine) -> int:
    return -1 if line.t is None else line.t


def _merged(sources: Sequence[Path], found: Survey) -> Iterator[CaptureLine]:
    """Yield all lines by time; equal times in the order of the files, then of the lines."""
    ordered = [_sorted(path) if path in found.unordered else _decoded(path) for path in sources]
    return ordered[0] if len(ordered) == 1 else heapq.merge(*ordered, key=_time)


def _decoded(path: Path) -> Iterator[CaptureLine]:
    name = str(path)
    for number, data in read_lines(path):
        yield decode_line(data, name, number)


def _sorted(path: Path) -> Iterator[CaptureLine]:
    lines = []
    size = 0
    for number, data in read_lines(path):
        size += len(data)
        if size > SORTED_CAPTURE_BYTES_MAX:
            raise LimitExceeded(
                f"times go back in a capture of more than {SORTED_CAPTURE_BYTES_MAX} bytes",
                where=str(path),
                hint="Sort its lines by `t` first",
            )
        lines.append(decode_line(data, str(path), number))
    yield from sorted(lines, key=_time)


# ---- lines into chunks


class _Importing:
    """The chunk being filled, and the connections there are."""

    def __init__(
        self,
        writer: PackAhead,
        places: dict[tuple[str, str], Place],
        header: Header,
        untimed_ns: int,
    ) -> None:
        self._writer = writer
        self._places = places
        self._bases = {
            (market.name, role): base
            for market in header.markets
            for role, base in market.hosts.items()
        }
        self._untimed_ns = untimed_ns
        self._chunk = OpenChunk(untimed_ns)
        self._connections: dict[tuple[str | None, str | None], ImportedConnection] = {}
        self._opened_count = 0
        self._channels = ChannelTable(writer)
        self.untimed_count = 0

    def take(self, line: CaptureLine) -> None:
        """Take the next line."""
        at_ns = line.t
        if at_ns is None:
            self.untimed_count += 1
            at_ns = self._untimed_ns
        flags = UNTIMED if line.t is None else 0
        if self._chunk.is_full or self._chunk.flags != flags:
            self.flush()
        if self._chunk.is_empty:
            self._chunk = OpenChunk(at_ns, flags=flags)
        if line.src == "ws" and line.ev == "msg":
            self._message(line, at_ns)
        elif line.src == "rest":
            self._request(line, at_ns)
        else:
            self._connection_event(line, at_ns)

    def flush(self) -> None:
        """Write the chunk that is being filled."""
        if not self._chunk.is_empty:
            self._writer.write(self._chunk.seal())
        self._chunk = OpenChunk(self._chunk.last_ns)

    def _message(self, line: CaptureLine, at_ns: int) -> None:
        connection = self._connections.get((line.conn, line.url)) or self._connect(line, at_ns)
        payload = line.body
        if len(payload) > MESSAGE_BYTES_MAX:
            raise _too_large(len(payload), MESSAGE_BYTES_MAX)
        number = self._channels.number(connection, line.stream, payload)
        self._chunk.append(at_ns, number, payload, BINARY if line.raw is None else TEXT)

    def _request(self, line: CaptureLine, at_ns: int, connection: int = 0) -> None:
        base, target = split_url(line.url or "")
        place = self._places[(base, line.src)]
        body = line.body
        if len(body) > BODY_BYTES_MAX:
            raise _too_large(len(body), BODY_BYTES_MAX)
        event = Interaction(
            self._chunk.frame_count,
            at_ns,
            place.market,
            line.src,
            connection,
            line.method or "GET",
            target,
            self._marked(place, line.req_headers),
            line.request_body,
            line.status or 0,
            line.resp_headers or (),
            body,
            -1 if line.latency_ns is None else line.latency_ns,
            line.case or "",
        )
        self._chunk.add(event, size=event_size(event))

    def _connection_event(self, line: CaptureLine, at_ns: int) -> None:
        if line.ev == "open":
            self._connect(line, at_ns)
            return
        connection = self._connections.get((line.conn, line.url)) or self._connect(line, at_ns)
        if line.src == "wsapi":
            self._request(line, at_ns, connection.number)
            return
        event = self._event(line, connection, at_ns)
        if isinstance(event, ClientMessage):
            connection.follow(event.payload)
        self._chunk.add(event)

    def _event(self, line: CaptureLine, connection: ImportedConnection, at_ns: int) -> AnyEvent:
        place, number = self._chunk.frame_count, connection.number
        sent = line.by == "client"
        match line.ev:
            case "sent":
                opcode = BINARY if line.raw is None else TEXT
                return ClientMessage(place, at_ns, number, opcode, line.body)
            case "ping" | "pong":
                opcode = PING if line.ev == "ping" else PONG
                return Control(place, at_ns, number, sent, opcode, line.body)
            case "closed":
                code = 1006 if line.code is None else line.code
                return Closed(place, at_ns, number, code, line.reason or "", line.by or "venue")
            case "gap":
                market = connection.place.market
                return Gap(place, at_ns, market, number, line.stream or "", line.reason or "")
            case _:
                raise InvalidCapture(
                    f"a line of src {line.src!r} without `ev`",
                    where=f"the line of t {line.t}",
                    expected="msg, sent, open, closed, ping, pong or gap",
                )

    def _connect(self, line: CaptureLine, at_ns: int) -> ImportedConnection:
        """Begin a connection: opened by this line, or known from now on."""
        base, target = split_url(line.url or "")
        place = self._places[(base, line.src)]
        self._opened_count += 1
        connection = ImportedConnection(self._opened_count, place, target)
        continued = line.ev != "open"
        event = Opened(
            self._chunk.frame_count,
            at_ns,
            connection.number,
            place.market,
            place.role,
            target,
            self._marked(place, line.req_headers if not continued else None),
            line.status or 101,
            (line.resp_headers or ()) if not continued else (),
            continued,
            line.conn or "",
        )
        self._chunk.add(event, size=event_size(event))
        self._connections[(line.conn, line.url)] = connection
        if not continued and line.url is not None:
            # Other lines have the URL without its query.
            self._connections[(line.conn, line.url.partition("?")[0])] = connection
        return connection

    def _marked(self, place: Place, headers: HeaderPairs | None) -> HeaderPairs:
        """Return headers that name the base URL where it is not the market's."""
        mark: HeaderPairs = ()
        if place.base != self._bases.get((place.market, place.role), ""):
            mark = ((ORIGIN_HEADER, place.base),)
        return mark + (headers or ())


def _too_large(size: int, most: int) -> LimitExceeded:
    return LimitExceeded(f"a payload of {size} bytes", expected=f"at most {most}")
