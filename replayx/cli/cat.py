"""`replayx cat`: a cassette as NDJSON on stdout."""

import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from replayx.cassette.frame_batch import FrameBatch
    from replayx.cassette.reader import CassetteReader
    from replayx.cassette.records import AnyEvent

_EPILOG = """\b
Examples:
  replayx cat btc.rpx | head
  replayx cat btc.rpx --channel 'btcusdt@*' --from 10s --to 1m
  replayx cat btc.rpx --type rest | jq -r .url
  replayx cat btc.rpx --direction out
\b
Times: 2026-11-20T13:00:00Z, a Unix time in s, ms, us or ns, or an offset from the start: 90s.
Types: ws (messages from the venue), sent (from the client), open, closed, control (ping, pong),
gap, rest, wsapi. A request with its answer is one line, shown for either direction.
\b
Exit codes: 0 done, 2 wrong option, 3 unreadable or damaged cassette (what is readable is printed).
"""

TYPES = ("ws", "sent", "open", "closed", "control", "gap", "rest", "wsapi")
# Which types have something of a direction.
_DIRECTIONS = MappingProxyType(
    {
        "in": frozenset({"ws", "closed", "control", "gap", "rest", "wsapi"}),
        "out": frozenset({"sent", "open", "closed", "control", "rest", "wsapi"}),
    }
)
# Lines are gathered up to this size before they are written.
_WRITE_BYTES = 1 << 18


@click.command(epilog=_EPILOG)
@click.argument("cassette", type=click.Path(path_type=Path))
@click.option("--channel", "channels", multiple=True, metavar="GLOB", help="Only these channels.")
@click.option("--from", "from_", metavar="TIME", help="Only from this time on.")
@click.option("--to", metavar="TIME", help="Only before this time.")
@click.option("--direction", type=click.Choice(["in", "out"]), help="From the venue, or to it.")
@click.option("--type", "types", multiple=True, type=click.Choice(TYPES), help="Only these lines.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Stop after N lines.")
def command(
    cassette: Path,
    *,
    channels: tuple[str, ...],
    from_: str | None,
    to: str | None,
    direction: str | None,
    types: tuple[str, ...],
    limit: int | None,
) -> None:
    """Print a cassette as NDJSON."""
    from replayx.cassette.reader import CassetteReader
    from replayx.quantities import parse_instant_ns

    with CassetteReader(cassette) as reader:
        wanted = _types(channels, direction, types)
        printer = _Printer(reader, channels, wanted, direction)
        printer.from_ns = parse_instant_ns(from_, reader.start_ns) if from_ else None
        printer.to_ns = parse_instant_ns(to, reader.start_ns) if to else None
        _write(printer.lines(), limit)
        if reader.damage is not None:
            raise reader.damage


def _types(
    channels: tuple[str, ...], direction: str | None, types: tuple[str, ...]
) -> frozenset[str]:
    """Return the types of lines to print: `--channel` alone means messages."""
    wanted = frozenset(types or (("ws", "gap") if channels else TYPES))
    return wanted & _DIRECTIONS[direction] if direction else wanted


class _Printer:
    """Makes the lines that are wanted."""

    def __init__(
        self,
        reader: "CassetteReader",
        globs: tuple[str, ...],
        types: frozenset[str],
        direction: str | None,
    ) -> None:
        from replayx.cassette.ndjson import LineMaker

        self.from_ns: int | None = None
        self.to_ns: int | None = None
        self._reader = reader
        self._maker: LineMaker = LineMaker(reader.header, reader.channels)
        self._globs = globs
        self._types = types
        self._direction = direction
        self._numbers = {
            number
            for number, channel in reader.channels.items()
            if "ws" in types and self._matches(channel.name)
        }
        self._is_everything = types == frozenset(TYPES) and not globs

    def lines(self) -> Iterator[bytes]:
        """Yield the lines."""
        for batch in self._reader.checked_batches():
            if self.to_ns is not None and batch.start_ns >= self.to_ns:
                return
            if self.from_ns is not None and batch.end_ns < self.from_ns:
                self._maker.learn(batch.events)
            elif self._is_everything and self._is_within(batch):
                yield from self._maker.lines(batch)
            else:
                yield from self._selected(batch)

    def _selected(self, batch: "FrameBatch") -> Iterator[bytes]:
        for item in batch.in_order():
            if isinstance(item, int):
                if batch.channel[item] in self._numbers and self._holds(batch.at[item]):
                    yield self._maker.message(batch, item)
                continue
            line = self._maker.event(item, untimed=bool(batch.flags & 1))
            if line is not None and self._wants(item) and self._holds(item.at_ns):
                yield line

    def _is_within(self, batch: "FrameBatch") -> bool:
        return self._holds(batch.start_ns) and self._holds(batch.end_ns)

    def _holds(self, at_ns: int) -> bool:
        after = self.from_ns is None or at_ns >= self.from_ns
        return after and (self.to_ns is None or at_ns < self.to_ns)

    def _matches(self, name: str) -> bool:
        return not self._globs or any(fnmatchcase(name, glob) for glob in self._globs)

    def _wants(self, event: "AnyEvent") -> bool:
        from replayx.cassette.records import Closed, Control, Gap

        if type_of(event) not in self._types:
            return False
        if isinstance(event, Gap):
            return not event.channel or self._matches(event.channel)
        if self._direction and isinstance(event, Control):
            return event.sent == (self._direction == "out")
        if self._direction and isinstance(event, Closed):
            return (event.by != "venue") == (self._direction == "out")
        return True


def type_of(event: "AnyEvent") -> str:
    """Return the word of `--type` for an event."""
    from replayx.cassette.records import Interaction

    if isinstance(event, Interaction):
        return event.kind
    words = {"Opened": "open", "Closed": "closed", "ClientMessage": "sent", "Gap": "gap"}
    return words.get(type(event).__name__, "control")


def _write(lines: Iterator[bytes], limit: int | None) -> None:
    from itertools import islice

    sink = sys.stdout.buffer
    gathered: list[bytes] = []
    size = 0
    try:
        for line in islice(lines, limit):
            gathered.append(line)
            size += len(line)
            if size >= _WRITE_BYTES:
                sink.write(b"\n".join(gathered) + b"\n")
                gathered.clear()
                size = 0
    finally:
        if gathered:
            sink.write(b"\n".join(gathered) + b"\n")
        sink.flush()
