"""A long tape of a real capture: again and again, times and ids going on, books bridged."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from measuring.tapes import MARKET, Message, header
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.records import Channel, ChannelKind, Interaction
from replayx.cassette.writer import CassetteWriter

# Hardly packed, so that a file of so many bytes is made in a minute; what is unpacked is the same.
_LEVEL = -50
_PAUSE_NS = 100_000_000  # between the end of one turn and the next
_FIELD = re.compile(rb'"([ETUut])":(\d+)')


class _Delta(msgspec.Struct):
    U: int
    u: int
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class _Combined(msgspec.Struct):
    data: msgspec.Raw


class _Snapshot(msgspec.Struct, rename="camel"):
    last_update_id: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class _Symbol:
    """What has to go on for one symbol: ids, and the book at both ends of the capture."""

    def __init__(self, snapshot: bytes, deltas: Iterable[_Delta], trades: int) -> None:
        told = msgspec.json.decode(snapshot, type=_Snapshot)
        self.start_id = told.last_update_id
        self._start = (dict(told.bids), dict(told.asks))
        self._end = (dict(told.bids), dict(told.asks))
        kept = [delta for delta in deltas if delta.u > self.start_id]
        for delta in kept:
            for side, levels in zip(self._end, (delta.b, delta.a), strict=True):
                side.update(levels)
        self.first_id, self._last_id = kept[0].U, kept[-1].u
        self.id_step = self._last_id - self.first_id + 2
        self.trade_step = trades

    def bridge(self, turn: int, symbol: bytes, time_ms: int) -> bytes:
        """Return the delta from the end of a turn to the beginning of the next."""
        sides = []
        for start, end in zip(self._start, self._end, strict=True):
            gone = {price: "0.00000000" for price in end if price not in start}
            sides.append(msgspec.json.encode(list({**gone, **start}.items())))
        first = self._last_id + 1 + turn * self.id_step
        last = self.first_id - 1 + (turn + 1) * self.id_step
        return b'{"e":"depthUpdate","E":%d,"s":"%s","U":%d,"u":%d,"b":%s,"a":%s}' % (
            time_ms, symbol, first, last, *sides,
        )  # fmt: skip


def write_long_tape(
    path: Path, rows: list[Message], snapshots: dict[str, bytes], total_bytes: int
) -> int:
    """Write a cassette of at least so many bytes; return how many messages it has.

    `snapshots`: for each symbol the answer that tells its book; the tape begins with them.
    """
    symbols = {name: _symbol(rows, name, body) for name, body in snapshots.items()}
    names = list(dict.fromkeys(stream for _, stream, _ in rows))
    numbers = {name: number for number, name in enumerate(names)}
    count = 0
    with CassetteWriter(path, header("imported"), level=_LEVEL) as writer:
        for name, number in numbers.items():
            prefix = b'{"stream":"%s","data":' % name.encode()
            writer.declare(Channel(number, MARKET, name, ChannelKind.STREAM, 1, prefix, b"}"))
        chunk, turn = OpenChunk(rows[0][0]), 0
        for name, body in snapshots.items():
            chunk.add(_answer(chunk.frame_count, rows[0][0], name, body), size=len(body))
        while writer.position < total_bytes:
            for at_ns, stream, payload in _turn(rows, symbols, turn):
                chunk.append(at_ns, numbers[stream], payload)
                count += 1
                if chunk.is_full:
                    writer.write(chunk.seal())
                    chunk = OpenChunk(at_ns)
            turn += 1
        if not chunk.is_empty:
            writer.write(chunk.seal())
    return count


def _symbol(rows: list[Message], name: str, snapshot: bytes) -> _Symbol:
    combined = msgspec.json.Decoder(_Combined)
    of_symbol = [(stream, payload) for _, stream, payload in rows
                 if stream.startswith(name.lower() + "@")]  # fmt: skip
    deltas = [
        msgspec.json.decode(combined.decode(payload).data, type=_Delta)
        for stream, payload in of_symbol
        if "@depth" in stream
    ]
    return _Symbol(snapshot, deltas, sum(stream.endswith("@trade") for stream, _ in of_symbol))


def _turn(rows: list[Message], symbols: dict[str, _Symbol], turn: int) -> Iterator[Message]:
    """Yield the capture's messages in a turn, from the snapshots on, then the bridges."""
    step_ns = (rows[-1][0] - rows[0][0] + _PAUSE_NS) // 1_000_000 * 1_000_000
    moves = {name: partial(_moved, one, turn, turn * step_ns // 1_000_000)
             for name, one in symbols.items()}  # fmt: skip
    for at_ns, stream, payload in rows:
        name = stream.partition("@")[0].upper()
        if "@depth" in stream and _last_id(payload) <= symbols[name].start_id:
            continue
        yield at_ns + turn * step_ns, stream, _FIELD.sub(moves[name], payload)
    end_ns = rows[-1][0] + turn * step_ns + 1
    for name, symbol in symbols.items():
        stream = f"{name.lower()}@depth@100ms"
        inner = symbol.bridge(turn, name.encode(), end_ns // 1_000_000)
        yield end_ns, stream, b'{"stream":"%s","data":%s}' % (stream.encode(), inner)


def _last_id(payload: bytes) -> int:
    at = payload.index(b'"u":') + 4
    return int(payload[at : payload.index(b",", at)])


def _moved(symbol: _Symbol, turn: int, shift_ms: int, match: re.Match[bytes]) -> bytes:
    name, number = match.group(1), int(match.group(2))
    steps = {b"U": symbol.id_step, b"u": symbol.id_step, b"t": symbol.trade_step}
    return b'"%s":%d' % (name, number + (turn * steps[name] if name in steps else shift_ms))


def _answer(place: int, at_ns: int, symbol: str, body: bytes) -> Interaction:
    target = f"/api/v3/depth?symbol={symbol}&limit=1000"
    headers = (("Content-Type", "application/json;charset=UTF-8"),)
    return Interaction(
        place, at_ns, MARKET, "rest", 0, "GET", target, (), b"", 200, headers, body, 1_000_000
    )
