"""`replayx repair`: what is readable of a damaged cassette, saved into a new one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from replayx.cli.facts import print_json

if TYPE_CHECKING:
    from replayx.cassette.recovery import RepairReport

_EPILOG = """\b
Examples:
  replayx repair torn.rpx saved.rpx
  replayx repair torn.rpx saved.rpx --json | jq .lost_frame_count
\b
The damaged file is only read. Each hole becomes a Gap event in the new one. Exit codes: 0 nothing
was lost, 1 something was lost, 2 wrong option or the new file exists, 3 no cassette, 4 storage.
"""


@click.command(epilog=_EPILOG)
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_context
def command(context: click.Context, source: Path, target: Path, *, as_json: bool) -> None:
    """Save what is readable of a damaged cassette."""
    from replayx.cassette.recovery import repair
    from replayx.cli.progress import file_bytes, progress
    from replayx.errors import ExitCode

    with progress("Repairing", file_bytes(source)) as advance:
        report = repair(source, target, advance=advance)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if report.lost_span_count or report.is_header_lost or report.lost_channel_count:
        context.exit(ExitCode.FOUND)


def _print(report: "RepairReport") -> None:
    click.echo(
        f"{report.target}: saved {report.frame_count:,} messages and {report.event_count:,} events"
        f" in {report.chunk_count:,} chunks"
    )
    lost = report.lost_frame_count
    messages = "an unknown number of" if lost is None else f"{lost:,}"
    if report.lost_span_count:
        click.echo(
            f"lost: {report.lost_bytes:,} bytes in {report.lost_span_count:,} places,"
            f" {messages} messages"
        )
    if report.is_header_lost:
        click.echo("lost: the header; markets' URLs and the recording's origin are unknown")
    if report.lost_channel_count:
        click.echo(f"lost: the names of {report.lost_channel_count:,} channels")
    for problem in report.problems:
        click.echo(f"  byte {problem.offset} ({problem.kind}): {problem.reason}")
