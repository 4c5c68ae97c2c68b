"""The tape: what a recorder in front of these markets would have written."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from demo_market.feed import Message
from demo_market.market import Market
from demo_market.polling import Exchange, Polling
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import (
    FORMAT_VERSION,
    AnyEvent,
    Channel,
    ChannelKind,
    Closed,
    Header,
    Interaction,
    Opened,
    Origin,
    event_size,
)
from replayx.cassette.records import Market as RecordedMarket
from replayx.cassette.writer import CassetteWriter
from replayx.clock import NS_PER_MS
from replayx.limits import MIB
from replayx.rng import named_stream

API_DATE = "2026-11"
HOSTS = {
    "binance-spot": {
        "rest": "https://api.binance.com",
        "ws": "wss://stream.binance.com:9443",
        "wsapi": "wss://ws-api.binance.com:443/ws-api/v3",
    },
    "binance-usdm": {
        "rest": "https://fapi.binance.com",
        "ws": "wss://fstream.binance.com",
        "wsapi": "wss://ws-fapi.binance.com/ws-fapi/v1",
    },
}
# Snapshots repeat each other: a chunk this large (zstd's window at level 19) says most things once.
CHUNK_RAW_BYTES = 8 * MIB
LEVEL = 19
LATENCY_NS = 1_900_000  # from the venue's stamp to the recorder
JITTER_NS = 600_000
STEP_NS = 9_000  # between messages that arrive together
# Streams that USDⓈ-M serves on /public; the others are on /market.
PUBLIC = ("@depth", "@bookTicker", "@trade")


class Item(NamedTuple):
    """A message or an event at its time on the tape."""

    at_ns: int
    connection: int
    stream: str
    payload: bytes
    event: Exchange | None


class MarketTape:
    """One market's messages and interactions with their times of arrival, in order."""

    def __init__(self, market: Market, seed: int, first_connection: int) -> None:
        self.market = market
        self._polling = Polling(market, seed)
        self._draws = named_stream(seed, f"demo/latency/{market.name}")
        self.first_connection = first_connection
        self._last_ns = market.start_ms * NS_PER_MS
        self._last_event_ms = 0

    def items(self) -> Iterator[Item]:
        """Yield everything in order of arrival."""
        for exchange in self._polling.opening():
            yield Item(self._last_ns, 0, "", b"", exchange)
        for at_ms, messages in self.market.ticks():
            for message in messages:
                yield self._message(message)
            for exchange in self._polling.due(at_ms):
                yield Item(self._arrival(at_ms), 0, "", b"", exchange)

    def _message(self, message: Message) -> Item:
        at_ns = self._arrival(message.event_ms)
        return Item(at_ns, self.connection(message.stream), message.stream, message.payload, None)

    def connection(self, stream: str) -> int:
        """Return the connection that carries a stream."""
        is_divided = self.market.name == "binance-usdm"
        is_public = any(part in stream for part in PUBLIC)
        return self.first_connection + (1 if is_divided and not is_public else 0)

    def _arrival(self, event_ms: int) -> int:
        """Return when something sent at `event_ms` arrives: never before what was sent earlier."""
        if event_ms != self._last_event_ms:
            self._last_event_ms = event_ms
            jitter_ns = int(self._draws.expovariate(1 / JITTER_NS)) // 1000 * 1000
            arrival_ns = event_ms * NS_PER_MS + LATENCY_NS + jitter_ns
            self._last_ns = max(self._last_ns + STEP_NS, arrival_ns)
        else:
            self._last_ns += STEP_NS
        return self._last_ns


class TapeWriter:
    """Writes items, already in order, as a cassette."""

    def __init__(self, path: Path, tapes: list[MarketTape], seed: int) -> None:
        self._tapes = tapes
        self._start_ns = tapes[0].market.start_ms * NS_PER_MS
        self._cassette = CassetteWriter(path, self._header(seed), level=LEVEL)
        self._numbers: dict[tuple[int, str], int] = {}
        self._chunk = OpenChunk(self._start_ns)
        self._chunk_bytes = 0

    def write(self, items: list[Item]) -> None:
        """Write everything and finish the file."""
        channels = sorted({(one.connection, one.stream) for one in items if one.stream})
        for connection, stream in channels:
            self._declare(connection, stream)
        for connection in sorted({connection for connection, _ in channels}):
            self._add(self._opened(connection, [s for c, s in channels if c == connection]))
        for item in items:
            self._write(item)
        for connection in sorted({connection for connection, _ in channels}):
            self._add(Closed(self._place, self._chunk.last_ns, connection, 1000, "", "recorder"))
        self._cassette.write(self._chunk.seal())
        self._cassette.finish()

    @property
    def _place(self) -> int:
        return self._chunk.frame_count

    def _write(self, item: Item) -> None:
        if item.event is not None:
            self._add(self._interaction(item, item.event))
        else:
            number = self._numbers[item.connection, item.stream]
            prefix, suffix = envelope(item.stream)
            self._chunk.append(item.at_ns, number, prefix + item.payload + suffix)
            self._chunk_bytes += len(item.payload)
        if self._chunk_bytes >= CHUNK_RAW_BYTES:
            self._cassette.write(self._chunk.seal())
            self._chunk, self._chunk_bytes = OpenChunk(item.at_ns), 0

    def _add(self, event: AnyEvent) -> None:
        self._chunk.add(event, size=event_size(event))
        self._chunk_bytes += event_size(event)

    def _interaction(self, item: Item, exchange: Exchange) -> Interaction:
        return Interaction(
            self._place,
            item.at_ns,
            market=_market_of(exchange.target),
            kind="rest",
            connection=0,
            method="GET",
            target=exchange.target,
            request_headers=(("Accept", "application/json"), ("User-Agent", "replayx")),
            request_body=b"",
            status=exchange.status,
            response_headers=_headers(exchange.target, item.at_ns),
            response_body=exchange.body,
            latency_ns=LATENCY_NS,
        )

    def _declare(self, connection: int, stream: str) -> None:
        number = self._numbers[connection, stream] = len(self._numbers)
        prefix, suffix = envelope(stream)
        channel = Channel(
            number=number,
            market=self._tape(connection).market.name,
            name=stream,
            kind=ChannelKind.STREAM,
            connection=connection,
            prefix=prefix,
            suffix=suffix,
            origin=Origin.SYNTHETIC,
        )
        self._cassette.declare(channel)

    def _tape(self, connection: int) -> MarketTape:
        return next(one for one in self._tapes[::-1] if one.first_connection <= connection)

    def _opened(self, connection: int, streams: list[str]) -> Opened:
        tape = self._tape(connection)
        path = "/stream"
        if tape.market.name == "binance-usdm":
            path = "/public/stream" if "btcusdt@trade" in streams else "/market/stream"
        return Opened(
            0,
            self._start_ns,
            connection,
            tape.market.name,
            "ws",
            f"{path}?streams=" + "/".join(streams),
            (("User-Agent", "replayx"),),
        )

    def _header(self, seed: int) -> Header:
        markets = tuple(
            RecordedMarket(tape.market.name, API_DATE, HOSTS[tape.market.name])
            for tape in self._tapes
        )
        return Header(
            format_version=FORMAT_VERSION,
            tool="scripts/make_demo.py",
            origin="synthetic",
            start_wall_ns=self._start_ns,
            start_monotonic_ns=0,
            clock_offset_ns=0,
            redaction="none",
            markets=markets,
            note="A made-up market in Binance's wire form, generated by scripts/make_demo.py"
            f" with seed {seed}; no trade in it ever happened.",
        )


def envelope(stream: str) -> tuple[bytes, bytes]:
    """Return what stands around a stream's payload on a combined connection."""
    return b'{"stream":"%b","data":' % stream.encode(), b"}"


def _market_of(target: str) -> str:
    return "binance-spot" if target.startswith("/api/") else "binance-usdm"


def _headers(target: str, at_ns: int) -> tuple[tuple[str, str], ...]:
    """Return the response headers a client may look at."""
    is_spot = _market_of(target) == "binance-spot"
    when = datetime.fromtimestamp(at_ns // (1000 * NS_PER_MS), UTC)
    return (
        ("Content-Type", "application/json;charset=UTF-8" if is_spot else "application/json"),
        ("Date", format_datetime(when, usegmt=True)),
        ("Server", "nginx" if is_spot else "Tengine"),
        ("x-mbx-used-weight-1m", "20"),
    )
