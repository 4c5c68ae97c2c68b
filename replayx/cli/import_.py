"""`replayx import`: a cassette made of NDJSON captures."""

from pathlib import Path

import click

from replayx.cli.facts import print_json
from replayx.quantities import bytes_text

_EPILOG = """\b
Examples:
  replayx import capture.ndjson.zst --out btc.rpx
  replayx import spot.ndjson.gz futures.ndjson --out both.rpx
\b
Lines of several files are merged by time; lines without a time come first. Payloads are kept byte
for byte and NOTHING IS REDACTED. The form of a line: docs/reference/ndjson.md.
\b
Exit codes: 0 done, 2 wrong option or --out exists, 3 a line is not of the form, 4 storage.
"""


@click.command(epilog=_EPILOG)
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path), help="The new cassette."
)
@click.option(
    "--level", type=click.IntRange(1, 22), default=6, show_default=True, help="Of zstd: 1 to 22."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def command(captures: tuple[Path, ...], *, out: Path, level: int, as_json: bool) -> None:
    """Make a cassette of NDJSON captures."""
    from replayx.cli.progress import progress
    from replayx.recorder.importer import import_captures

    # How many lines there are is known after the first of the two readings.
    with progress("Importing", None) as advance:
        report = import_captures(captures, out, level=level, advance=advance)
    if as_json:
        print_json(report)
        return
    click.echo(
        f"{out}: {report.frame_count:,} messages and {report.event_count:,} events of"
        f" {', '.join(report.markets)}, {bytes_text(report.target_bytes)}"
    )
    if report.untimed_count:
        click.echo(f"{report.untimed_count:,} lines had no time; they come first")
