"""What a capture told of each symbol, read without a codec, in the order of its times."""

import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard


class Trade(NamedTuple):
    """One trade, received at `at_ns`."""

    at_ns: int
    id: int
    time_ms: int
    price: str
    quantity: str
    buyer_is_maker: bool
    cost: Decimal  # price times quantity


class Delta(NamedTuple):
    """New sizes of levels. `previous` is `pu` on futures, else None."""

    at_ns: int
    first: int
    last: int
    previous: int | None
    bids: list[list[str]]
    asks: list[list[str]]


class Snapshot(NamedTuple):
    """A whole book."""

    at_ns: int
    last: int
    bids: list[list[str]]
    asks: list[list[str]]


class Quote(NamedTuple):
    """The best quotes as of update `last`."""

    at_ns: int
    last: int
    bid: tuple[str, str]
    ask: tuple[str, str]


class Told:
    """Everything told of one symbol, each list in the order of receipt."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []
        self.deltas: list[Delta] = []
        self.snapshots: list[Snapshot] = []
        self.quotes: list[Quote] = []


def captured(paths: Iterable[Path]) -> Iterator[dict]:
    """Yield the lines of NDJSON captures that follow each other."""
    for path in paths:
        with path.open("rb") as file:
            packed = zstandard.ZstdDecompressor().stream_reader(file)
            yield from map(msgspec.json.decode, io.BufferedReader(packed, 1 << 20))


def read(lines: Iterable[dict]) -> dict[str, Told]:
    """Return what lines tell, by symbol. Lines of other kinds are passed over."""
    told: dict[str, Told] = {}
    for line in lines:
        if line["src"] == "rest":
            _take_answer(told, line)
        elif line["src"] == "ws" and line.get("ev") == "msg" and line["raw"] is not None:
            message = msgspec.json.decode(line["raw"])
            if "data" in message:
                _take_message(told, line["t"], line["stream"], message["data"])
    return told


def _take_answer(told: dict[str, Told], line: dict) -> None:
    url = urlsplit(line["url"])
    if url.path.endswith("/depth") and line.get("status", 200) == 200:
        symbol = parse_qs(url.query)["symbol"][0]
        body = msgspec.json.decode(line["raw"])
        snapshot = Snapshot(line["t"], body["lastUpdateId"], body["bids"], body["asks"])
        told.setdefault(symbol, Told()).snapshots.append(snapshot)


def _take_message(told: dict[str, Told], at_ns: int, stream: str, data: dict) -> None:
    name, _, kind = stream.partition("@")
    of_symbol = told.setdefault(name.upper(), Told())
    if kind == "trade":
        cost = Decimal(data["p"]) * Decimal(data["q"])
        of_symbol.trades.append(
            Trade(at_ns, data["t"], data["T"], data["p"], data["q"], data["m"], cost)
        )
    elif kind == "bookTicker":
        bid, ask = (data["b"], data["B"]), (data["a"], data["A"])
        of_symbol.quotes.append(Quote(at_ns, data["u"], bid, ask))
    elif kind == "depth" or kind.startswith("depth@"):
        of_symbol.deltas.append(
            Delta(at_ns, data["U"], data["u"], data.get("pu"), data["b"], data["a"])
        )
