"""`replayx diff`: where two runs part, in words."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from replayx.cli.facts import print_json
from replayx.errors import ExitCode

if TYPE_CHECKING:
    from replayx.session.run_diff import Divergence

_EPILOG = """\b
Examples:
  replayx diff monday.rpt tuesday.rpt
  replayx diff fast.rpt slow.rpt --ignore-times
  replayx diff a.rpt b.rpt --tolerance 50ms --json
\b
Run files are written by `replayx replay --write-transcript`. Exit codes: 0 the same, 1 different,
2 wrong option, 3 no run file.
"""
_SHOWN = 10  # partings beside the first one


@click.command(epilog=_EPILOG)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--tolerance",
    default="0s",
    show_default=True,
    metavar="DURATION",
    help="How far apart on the tape the same thing may have happened.",
)
@click.option("--ignore-times", is_flag=True, help="Compare what happened, and in which order.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def command(a: Path, b: Path, *, tolerance: str, ignore_times: bool, as_json: bool) -> None:
    """Tell where two runs part: the first divergence, in words."""
    from replayx.quantities import parse_duration_ns
    from replayx.server.run_file import RunFileReader
    from replayx.session.run_diff import RunThreads, differences, partings

    tolerance_ns = None if ignore_times else parse_duration_ns(tolerance)
    with RunFileReader(a) as one, RunFileReader(b) as other:
        made = differences(one.header, other.header)
        found = partings(RunThreads(one), RunThreads(other), tolerance_ns=tolerance_ns)
        damages = {str(run.path): run.damage for run in (one, other) if run.damage}
    if as_json:
        print_json(
            {"same": not found, "made": made, "divergences": found[:_SHOWN], "damage": damages}
        )
    else:
        _tell(found, made, damages)
    if found:
        raise SystemExit(ExitCode.FOUND)


def _tell(found: list["Divergence"], made: list[str], damages: dict[str, str]) -> None:
    for path, damage in damages.items():
        click.secho(f"warning: {path}: {damage}", fg="yellow", err=True)
    for difference in made:
        click.echo(f"made differently: {difference}")
    if not found:
        click.echo("the same")
        return
    first, *others = found
    _show(first)
    if others:
        click.echo("later on they part in")
    for one in others[:_SHOWN]:
        click.echo(f"  {one.thread}: {one.where}; a {one.a}; b {one.b}")
    if len(others) > _SHOWN:
        click.echo(f"  and in {len(others) - _SHOWN} more places")


def _show(one: "Divergence") -> None:
    from replayx.quantities import time_text

    click.secho(f"they part at {time_text(one.at_ns)} in {one.thread}: {one.where}", bold=True)
    click.echo(f"  a       {one.a}")
    click.echo(f"  b       {one.b}")
    click.echo(f"  before  {one.common}")
