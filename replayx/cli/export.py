"""`replayx export`: a cassette as NDJSON files."""

from functools import partial
from pathlib import Path

import click

from replayx.cli.facts import print_json

_EPILOG = """\b
Examples:
  replayx export btc.rpx btc.ndjson.zst
  replayx export two-markets.rpx out.ndjson.gz --split
  replayx export btc.rpx btc.ndjson && replayx import btc.ndjson --out again.rpx
\b
The suffix says how the file is packed: .zst, .gz, or not at all. --split writes one file a
market: out.binance-spot.ndjson.gz ... Exit codes: 0 done, 2 wrong option or the file exists,
3 unreadable or damaged cassette, 4 storage.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassette", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--split", is_flag=True, help="One file a market.")
@click.option("--json", "as_json", is_flag=True, help="Print the files as one JSON object.")
def command(cassette: Path, target: Path, *, split: bool, as_json: bool) -> None:
    """Write a cassette as NDJSON files."""
    from replayx.cassette.reader import CassetteReader
    from replayx.cli.progress import progress
    from replayx.recorder.exporter import export_capture, export_split

    with CassetteReader(cassette) as reader, progress("Exporting", reader.frame_count) as advance:
        if split:
            counts = export_split(reader, partial(_named, target), advance)
        else:
            counts = {target: export_capture(reader, target, advance)}
    if as_json:
        print_json({str(path): count for path, count in counts.items()})
        return
    for path, count in counts.items():
        click.echo(f"{path}: {count:,} lines")


def _named(target: Path, market: str) -> Path:
    """Return a market's file: the market stands before the suffixes."""
    stem, _, suffixes = target.name.partition(".")
    return target.parent / ".".join(filter(None, (stem, market, suffixes)))
