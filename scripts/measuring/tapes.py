"""Tapes for benchmarks: the real capture where it is there, generated messages where it is not."""

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard

from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import (
    FORMAT_VERSION,
    Channel,
    ChannelKind,
    Header,
    Interaction,
    Market,
)
from replayx.cassette.writer import LEVEL, CassetteWriter
from replayx.rng import named_stream

ROOT = Path(__file__).resolve().parent.parent.parent
CAPTURES = ROOT.parent / "shared/data/ws"
CAPTURE = CAPTURES / "binance_spot_20240808_btcusdt_ethusdt.ndjson.zst"
MARKET = "binance-spot"
T0_NS = 1_723_161_253_937_085_768

Message = tuple[int, str, bytes]  # at, stream, payload


class _Line(msgspec.Struct):
    t: int
    src: str
    raw: str
    stream: str = ""
    url: str = ""


def messages() -> tuple[str, list[Message]]:
    """Return where the messages come from, and the messages."""
    if CAPTURE.exists():
        return f"capture {CAPTURE.name}", list(captured(CAPTURE))
    return "generated", list(generated(75_000))


def captured(path: Path) -> Iterator[Message]:
    """Yield a capture's messages."""
    for line in _lines(path):
        if line.src == "ws":
            yield line.t, line.stream, line.raw.encode()


def snapshots(path: Path) -> dict[str, bytes]:
    """Return a capture's depth answers by symbol."""
    asked = [(line.url, line.raw) for line in _lines(path) if line.src == "rest"]
    return {parse_qs(urlsplit(url).query)["symbol"][0]: raw.encode() for url, raw in asked}


def _lines(path: Path) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    with path.open("rb") as file:
        packed = zstandard.ZstdDecompressor().stream_reader(file)
        yield from map(decoder.decode, io.TextIOWrapper(packed, encoding="utf-8"))


def generated(count: int, *, rate: int = 216) -> Iterator[Message]:
    """Yield trades in the venue's form, `rate` a second on average."""
    rng = named_stream(1, "bench/messages")
    at_ns = T0_NS
    for k in range(count):
        at_ns += int(rng.expovariate(rate) * 1e9)
        symbol = ("BTCUSDT", "ETHUSDT")[k & 1]
        stream = f"{symbol.lower()}@trade"
        ms = at_ns // 1_000_000
        yield (
            at_ns,
            stream,
            b'{"stream":"%s","data":{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d.%02d000000",'
            b'"q":"0.%05d000","T":%d,"m":%s,"M":true}}'
            % (
                stream.encode(),
                ms,
                symbol.encode(),
                3_210_000_000 + k // 2,  # ids of a symbol tile
                61_000 + rng.randrange(500),
                rng.randrange(100),
                rng.randrange(99_999),
                ms,
                (b"true", b"false")[rng.randrange(2)],
            ),
        )


def header(origin: str = "synthetic", market: str = MARKET) -> Header:
    """Return a header for a benchmark's cassette."""
    made = (Market(market, "", {}),)
    return Header(FORMAT_VERSION, "bench", origin, T0_NS, 0, 0, "none", made)


def write_tape(
    path: Path, rows: list[Message], *, times: int = 1, level: int = LEVEL, market: str = MARKET
) -> Path:
    """Write the messages `times` over, each time later, as one cassette."""
    names = list(dict.fromkeys(stream for _, stream, _ in rows))
    numbers = {name: number for number, name in enumerate(names)}
    span_ns = rows[-1][0] - rows[0][0] + 1_000_000
    with CassetteWriter(path, header(market=market), level=level) as writer:
        for name, number in numbers.items():
            prefix = b'{"stream":"%s","data":' % name.encode()
            writer.declare(Channel(number, market, name, ChannelKind.STREAM, 1, prefix, b"}"))
        chunk = None
        for turn in range(times):
            for at_ns, stream, payload in rows:
                at_ns += turn * span_ns  # noqa: PLW2901 - the same message, later
                if chunk is None:
                    chunk = OpenChunk(at_ns)
                chunk.append(at_ns, numbers[stream], payload)
                if chunk.is_full:
                    writer.write(chunk.seal())
                    chunk = None
        if chunk is not None:
            writer.write(chunk.seal())
    return path


def write_interactions(path: Path, count: int) -> tuple[Path, list[str]]:
    """Write a cassette of `count` different requests; return it and their targets."""
    headers = (("Content-Type", "application/json;charset=UTF-8"), ("x-mbx-used-weight-1m", "5"))
    targets = []
    with CassetteWriter(path, header()) as writer:
        chunk = OpenChunk(T0_NS)
        for k in range(count):
            target = f"/api/v3/ticker/price?symbol=S{k}USDT"
            body = b'{"symbol":"S%dUSDT","price":"%d.00000000"}' % (k, k)
            targets.append(target)
            event = Interaction(
                chunk.frame_count,
                T0_NS + k,
                MARKET,
                "rest",
                0,
                "GET",
                target,
                (),
                b"",
                200,
                headers,
                body,
                1_000_000,
            )
            chunk.add(event, size=len(target) + len(body) + 150)
            if chunk.is_full:
                writer.write(chunk.seal())
                chunk = OpenChunk(T0_NS + k)
        if not chunk.is_empty:
            writer.write(chunk.seal())
    return path, targets


def streams_path(rows: list[Message]) -> str:
    """Return the path that subscribes to every stream of the messages."""
    names = dict.fromkeys(stream for _, stream, _ in rows)
    return "/stream?streams=" + "/".join(names)
