"""Export: a cassette as NDJSON captures, the form that import reads."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.ndjson import LineMaker
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import AnyEvent, Gap, Interaction, Opened
from replayx.recorder.capture_file import ByteSink, line_sink


def export_capture(reader: CassetteReader, target: Path, advance: Callable[[int], None]) -> int:
    """Write a cassette as one capture and return the number of lines.

    Raises CassetteError (damaged: nothing is left out silently), WouldOverwrite, StorageFailure;
    no target is left behind then.
    """
    maker = LineMaker(reader.header, reader.channels)
    count = 0
    with line_sink(target) as sink:
        for batch in _whole(reader):
            lines = list(maker.lines(batch))
            _write(sink, lines)
            count += len(lines)
            advance(batch.count)
    return count


def export_split(
    reader: CassetteReader, named: Callable[[str], Path], advance: Callable[[int], None]
) -> dict[Path, int]:
    """Write one capture a market, at the path `named` for it, and return the numbers of lines.

    Raises what `export_capture` raises.
    """
    maker = LineMaker(reader.header, reader.channels)
    markets = _Markets(reader)
    paths = {market.name: named(market.name) for market in reader.header.markets}
    counts = dict.fromkeys(paths.values(), 0)
    with ExitStack() as stack:
        sinks = {name: stack.enter_context(line_sink(path)) for name, path in paths.items()}
        for batch in _whole(reader):
            lines: dict[str, list[bytes]] = {name: [] for name in sinks}
            for market, line in markets.lines(maker, batch):
                lines[market].append(line)
            for market, of_market in lines.items():
                _write(sinks[market], of_market)
                counts[paths[market]] += len(of_market)
            advance(batch.count)
    return counts


class _Markets:
    """Which market each message and event belongs to."""

    def __init__(self, reader: CassetteReader) -> None:
        self._channels = {number: one.market for number, one in reader.channels.items()}
        self._first = reader.header.markets[0].name
        self._connections: dict[int, str] = {}

    def lines(self, maker: LineMaker, batch: FrameBatch) -> Iterator[tuple[str, bytes]]:
        for item in batch.in_order():
            if isinstance(item, int):
                yield self._channels[batch.channel[item]], maker.message(batch, item)
                continue
            market = self._of(item)
            line = maker.event(item, untimed=bool(batch.flags & 1))
            if line is not None:
                yield market, line

    def _of(self, event: AnyEvent) -> str:
        if isinstance(event, Opened):
            self._connections[event.connection] = event.market
        if isinstance(event, Interaction | Opened | Gap):
            return event.market or self._first
        return self._connections.get(event.connection, self._first)


def _whole(reader: CassetteReader) -> Iterator[FrameBatch]:
    if reader.damage is not None:
        raise reader.damage
    yield from reader.checked_batches()


def _write(sink: ByteSink, lines: list[bytes]) -> None:
    if lines:
        sink.write(b"\n".join(lines) + b"\n")
