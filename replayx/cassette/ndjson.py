"""NDJSON captures: one JSON object a line, as docs/reference/ndjson.md has it.

`decode_line` gives a line as a struct; `LineMaker` gives a cassette's messages and events as lines.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Literal, assert_never

import msgspec

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import (
    AnyEvent,
    Channel,
    ChannelKind,
    ClientMessage,
    Closed,
    Control,
    Gap,
    Header,
    Headers,
    Interaction,
    Opened,
)
from replayx.errors import InvalidCapture
from replayx.framing import PING, TEXT

# Stands first among the request headers of an imported connection or request whose base URL is
# not its market's, and names it. No HTTP header begins with a colon.
ORIGIN_HEADER = ":origin"

# Times are int64 in a cassette.
TimeNs = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
HeaderPairs = tuple[tuple[str, str], ...]


class CaptureLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. `t`, `src`, `url` and `raw` are on all of them; null means not known."""

    t: TimeNs | None
    src: Literal["ws", "rest", "wsapi"]
    ev: Literal["msg", "sent", "open", "closed", "ping", "pong", "gap"] | None = None
    conn: str | None = None
    method: str | None = None
    url: str | None
    stream: str | None = None
    status: int | None = None
    req_headers: HeaderPairs | None = None
    req_body: str | None = None
    req_body_b64: bytes | None = None
    resp_headers: HeaderPairs | None = None
    case: str | None = None
    latency_ns: int | None = None
    code: int | None = None
    reason: str | None = None
    by: str | None = None
    raw: str | None
    raw_b64: bytes | None = None

    @property
    def body(self) -> bytes:
        """The payload, or the answer's body."""
        return (self.raw_b64 or b"") if self.raw is None else self.raw.encode()

    @property
    def request_body(self) -> bytes:
        """What was sent with a request."""
        return self.req_body.encode() if self.req_body is not None else self.req_body_b64 or b""


_decode: Callable[[bytes], CaptureLine] = msgspec.json.Decoder(CaptureLine).decode
_encode = msgspec.json.Encoder().encode


def decode_line(data: bytes, path: str, number: int) -> CaptureLine:
    """Return a line. Raises InvalidCapture, which names file, line and field."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise invalid_line(error, path, number) from error


def invalid_line(error: Exception, path: str, number: int) -> InvalidCapture:
    """Return the error for a line that does not decode; msgspec says at which field."""
    found, _, field = str(error).partition(" - at `$")
    field = field.rstrip("`").removeprefix(".")
    where = f"{path}:{number}" + (f":{field}" if field else "")
    return InvalidCapture(found, where=where, hint="The form is in docs/reference/ndjson.md")


def split_url(url: str) -> tuple[str, str]:
    """Return (`wss://host:9443`, `/path?query`); the second is empty where the URL has none."""
    scheme, mark, rest = url.partition("://")
    at = next((place for place, letter in enumerate(rest) if letter in "/?#"), len(rest))
    return scheme + mark + rest[:at], rest[at:]


class LineMaker:
    """Makes the lines of one cassette, in its order. Feed it every Opened event before messages."""

    def __init__(self, header: Header, channels: Mapping[int, Channel]) -> None:
        self._channels = channels
        self._hosts = {market.name: market.hosts for market in header.markets}
        self._names: dict[int, str] = {}
        self._urls: dict[int, str | None] = {}
        self._frames: dict[int, bytes] = {}  # channel number -> what stands between t and raw

    def learn(self, events: Iterable[AnyEvent]) -> None:
        """Learn the connections' names and URLs from events that are not printed."""
        for event in events:
            if isinstance(event, Opened):
                self._learn(event)

    def message(self, batch: FrameBatch, k: int) -> bytes:
        """Return the line of message k, without its line end."""
        number = batch.channel[k]
        middle = self._frames.get(number)
        if middle is None:
            middle = self._frames[number] = self._middle(number)
        at = b"null" if batch.flags & 1 else b"%d" % batch.at[k]
        payload = bytes(batch.payload(k))
        if batch.opcode(k) == TEXT:
            try:
                text = _encode(payload.decode())
            except UnicodeDecodeError:
                pass  # text that is not UTF-8 has no JSON string: it goes as bytes
            else:
                return b"".join((b'{"t":', at, middle, text, b"}"))
        packed = _encode(payload)
        return b"".join((b'{"t":', at, middle, b'null,"raw_b64":', packed, b"}"))

    def event(self, event: AnyEvent, *, untimed: bool = False) -> bytes | None:
        """Return the line of an event; None where there is none (a connection that was open)."""
        if isinstance(event, Opened):
            self._learn(event)
        line = self._line(event)
        if line is None:
            return None
        if untimed:
            line.t = None
        return _encode(line)

    def lines(self, batch: FrameBatch) -> Iterator[bytes]:
        """Yield the lines of a chunk whose order was checked."""
        untimed = bool(batch.flags & 1)
        for item in batch.in_order():
            if isinstance(item, int):
                yield self.message(batch, item)
            elif (line := self.event(item, untimed=untimed)) is not None:
                yield line

    # ---- connections

    def _learn(self, event: Opened) -> None:
        self._names[event.connection] = event.label or f"c{event.connection}"
        url = self._url(event.market, event.role, event.target, event.request_headers)
        # Lines carry the URL without its query where an `open` line has told it.
        bare = url if url is None or event.continued else url.partition("?")[0]
        self._urls[event.connection] = bare
        self._frames.clear()

    def _url(self, market: str, role: str, target: str, headers: Headers) -> str | None:
        base = self._hosts.get(market, {}).get(role, "")
        if headers and headers[0][0] == ORIGIN_HEADER:
            base = headers[0][1]
        return base + target or None

    def _where(self, connection: int) -> tuple[str, str | None]:
        return self._names.get(connection, f"c{connection}"), self._urls.get(connection)

    def _middle(self, number: int) -> bytes:
        channel = self._channels[number]
        conn, url = self._where(channel.connection)
        if channel.connection not in self._urls:
            url = self._hosts.get(channel.market, {}).get("ws")
        named = channel.kind in (ChannelKind.STREAM, ChannelKind.USER) and channel.name
        line = CaptureLine(
            t=0, src="ws", ev="msg", conn=conn, url=url, stream=channel.name if named else None,
            raw="",
        )  # fmt: skip
        return _encode(line).removeprefix(b'{"t":0').removesuffix(b'""}')

    # ---- events

    def _line(self, event: AnyEvent) -> CaptureLine | None:
        if isinstance(event, Interaction):
            return self._interaction(event)
        if isinstance(event, Opened):
            return None if event.continued else self._opened(event)
        conn, url = self._where(event.connection)
        line = CaptureLine(t=event.at_ns, src="ws", conn=conn, url=url, raw="")
        if isinstance(event, ClientMessage):
            line.ev = "sent"
            line.raw, line.raw_b64 = _text(event.payload, event.opcode)
        elif isinstance(event, Control):
            line.ev = "ping" if event.opcode == PING else "pong"
            line.by = "client" if event.sent else "venue"
            line.raw, line.raw_b64 = _text(event.payload)
        elif isinstance(event, Closed):
            line.ev, line.code, line.by = "closed", event.code, event.by
            line.reason = event.reason or None
        elif isinstance(event, Gap):
            line.ev, line.reason, line.stream = "gap", event.reason, event.channel or None
            line.url = url or self._url(event.market, "ws", "", ())
        else:
            assert_never(event)
        return line

    def _opened(self, event: Opened) -> CaptureLine:
        return CaptureLine(
            t=event.at_ns,
            src="ws",
            ev="open",
            conn=self._names[event.connection],
            url=self._url(event.market, event.role, event.target, event.request_headers),
            status=None if event.status == 101 else event.status,
            req_headers=_shown(event.request_headers),
            resp_headers=_shown(event.response_headers),
            raw="",
        )

    def _interaction(self, event: Interaction) -> CaptureLine:
        is_rest = event.kind == "rest"
        raw, raw_b64 = _text(event.response_body)
        body, body_b64 = _text(event.request_body)
        conn, url = self._where(event.connection)
        if is_rest:
            url = self._url(event.market, "rest", event.target, event.request_headers)
        return CaptureLine(
            t=event.at_ns,
            src="rest" if is_rest else "wsapi",
            conn=None if is_rest else conn,
            method=event.method,
            url=url,
            status=event.status or None,
            req_headers=_shown(event.request_headers),
            req_body=body or None,
            req_body_b64=body_b64,
            resp_headers=_shown(event.response_headers),
            case=event.label or None,
            latency_ns=None if event.latency_ns < 0 else event.latency_ns,
            raw=raw,
            raw_b64=raw_b64,
        )


def _shown(headers: Headers) -> HeaderPairs | None:
    """Return headers as a line has them: without what only a cassette needs."""
    return tuple(pair for pair in headers if pair[0] != ORIGIN_HEADER) or None


def _text(payload: bytes, opcode: int = TEXT) -> tuple[str | None, bytes | None]:
    """Return (raw, raw_b64): bytes that are no text go as base64."""
    if opcode == TEXT:
        try:
            return payload.decode(), None
        except UnicodeDecodeError:
            pass
    return None, payload
