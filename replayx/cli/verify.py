"""`replayx verify`: every byte of cassettes checked."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from replayx.cli.facts import print_json

if TYPE_CHECKING:
    from replayx.cassette.recovery import VerifyReport

_EPILOG = """\b
Examples:
  replayx verify btc.rpx
  replayx verify *.rpx --json | jq 'select(.problem_count > 0)'
\b
An unfinished file, as a killed recorder leaves it, is not damage. Exit codes: 0 whole, 1 damaged,
2 wrong option, 3 unreadable or no cassette.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a cassette.")
@click.pass_context
def command(context: click.Context, cassettes: tuple[Path, ...], *, as_json: bool) -> None:
    """Check every byte of cassettes."""
    from replayx.cassette.recovery import verify
    from replayx.cli.progress import file_bytes, progress
    from replayx.errors import ExitCode

    damaged = False
    for path in cassettes:
        with progress("Checking", file_bytes(path)) as advance:
            report = verify(path, advance=advance)
        damaged = damaged or report.is_damaged
        if as_json:
            print_json(report)
        else:
            _print(report)
    if damaged:
        context.exit(ExitCode.FOUND)


def _print(report: "VerifyReport") -> None:
    state = "damaged" if report.is_damaged else "whole"
    unfinished = "" if report.is_finished else ", unfinished"
    click.secho(
        f"{report.path}: {state}{unfinished}: {report.frame_count:,} messages and"
        f" {report.event_count:,} events in {report.chunk_count:,} chunks",
        fg="red" if report.is_damaged else None,
    )
    for problem in report.problems:
        click.echo(
            f"  byte {problem.offset}, record {problem.record} ({problem.kind}): {problem.reason}"
        )
    more = report.problem_count - len(report.problems)
    if more:
        click.echo(f"  and {more:,} problems more")
    if report.is_damaged:
        click.echo(f"  `replayx repair {report.path} NEW.rpx` saves what is readable")
