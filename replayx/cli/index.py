"""`replayx index`: the market behind cassettes, found out once and kept beside them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from replayx.cli.facts import print_json
from replayx.quantities import bytes_text

if TYPE_CHECKING:
    from replayx.cassette.reader import CassetteReader

_EPILOG = """\b
Examples:
  replayx index day.rpx
  replayx index part-1.rpx part-2.rpx      # as `replayx replay part-1.rpx part-2.rpx` plays them
\b
`replayx replay` does this by itself: quickly for small cassettes, in memory; once for large ones,
when they are first played. The files can be deleted at any time. Exit codes: 0 done, 2 wrong
option, 3 a cassette is unreadable or not finished, 4 the file cannot be written.
"""


class IndexReport(msgspec.Struct, frozen=True):
    """What the index of one market is."""

    market: str
    path: str
    is_new: bool
    symbols: tuple[str, ...]
    frame_count: int
    cassette_bytes: int
    index_bytes: int


@click.command(epilog=_EPILOG)
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a market.")
def command(cassettes: tuple[Path, ...], *, as_json: bool) -> None:
    """Make the market's index of cassettes, beside the first of them."""
    with _opened(cassettes) as readers:
        markets = dict.fromkeys(one.name for reader in readers for one in reader.header.markets)
        for market in sorted(markets):
            report = _indexed(market, readers)
            if as_json:
                print_json(report)
            else:
                _print(report)


@contextmanager
def _opened(cassettes: tuple[Path, ...]) -> Iterator[list["CassetteReader"]]:
    from replayx.cassette.reader import CassetteReader
    from replayx.errors import ReplayxError

    with ExitStack() as stack:
        readers = [stack.enter_context(CassetteReader(path)) for path in cassettes]
        for reader in readers:
            if reader.damage is not None:
                raise reader.damage
            if not reader.is_finished:
                raise ReplayxError(
                    "the recording is not finished",
                    where=str(reader.path),
                    hint=f"`replayx repair {reader.path} NEW.rpx` finishes it",
                )
        yield readers


def _indexed(market: str, readers: Sequence["CassetteReader"]) -> IndexReport:
    from replayx.cli.progress import progress
    from replayx.market.history import MarketHistory
    from replayx.session.recorded_answers import RecordedAnswers
    from replayx.timeline.source import CassetteSource
    from replayx.venues.registry import load_venue

    venue = load_venue(market)
    facts = RecordedAnswers(market, venue, readers).facts()
    history = MarketHistory(market, [CassetteSource(one) for one in readers], venue, facts)
    count = sum(reader.frame_count for reader in readers)
    try:
        with progress(f"Indexing {market}", count) as advance:
            built = history.build(advance, keep=True, warn=_warn)
        return IndexReport(
            market,
            built.path,
            built.is_new,
            history.symbols(),
            count,
            sum(reader.file_bytes for reader in readers),
            Path(built.path).stat().st_size,
        )
    finally:
        history.close()


def _warn(message: str) -> None:
    click.echo(f"warning: {message}", err=True)


def _print(report: IndexReport) -> None:
    state = "made" if report.is_new else "up to date"
    click.echo(
        f"{report.path}: {state}, {bytes_text(report.index_bytes)} beside"
        f" {bytes_text(report.cassette_bytes)}; {len(report.symbols):,} symbols of {report.market}"
    )
