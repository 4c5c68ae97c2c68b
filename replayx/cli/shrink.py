"""`replayx shrink`: a failing plan and window made as small as they still fail a command."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import msgspec

from replayx.errors import ExitCode, InvalidOption

if TYPE_CHECKING:
    from replayx.cli.shrinking import Case
    from replayx.cli.trials import Setting, Trials

_EPILOG = """\b
Examples:
  replayx shrink plan.toml --cassette btc.rpx -- pytest -q tests/test_bot.py
  replayx shrink exchange-meltdown --cassette btc.rpx --speed 10 --out found -- ./bot --once
\b
COMMAND finds the replay in its environment: REPLAYX_REST_URL, REPLAYX_WS_URL, REPLAYX_WSAPI_URL,
REPLAYX_CONTROL_URL. A try fails if COMMAND exits with the code of the first try, which has the
whole plan. Written are shrunk.rpx, plan.toml and test_shrunk.py. Exit codes: 0 done, 1 the whole
plan doesn't fail, 2 wrong option or plan, or the folder exists, 3 unreadable cassette, 4 storage.
"""

_STDERR = 2  # the process's own: what the first try says is shown


@click.command(epilog=_EPILOG)
@click.argument("plan")
@click.argument("command_line", metavar="COMMAND...", nargs=-1, required=True)
@click.option(
    "--cassette",
    "cassettes",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="What is replayed; give it again for more.",
)
@click.option("--from", "from_", metavar="TIME", help="Play from here on: a time, or 90s.")
@click.option("--to", metavar="TIME", help="The tape ends here: a time, or 10m.")
@click.option("--speed", default="1", show_default=True, metavar="N|max", help="Of each replay.")
@click.option(
    "--at-end",
    type=click.Choice(["hold", "close", "exit"]),
    default="hold",
    show_default=True,
    help="What each replay does at the tape's end.",
)
@click.option("--seed", type=click.IntRange(0, (1 << 63) - 1), help="Of chance (default: PLAN's).")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("shrunk"),
    show_default=True,
    help="The folder to write into; it is made.",
)
@click.option(
    "--tries",
    type=click.IntRange(2),
    default=200,
    show_default=True,
    help="At most so many; what is written is tried, too.",
)
@click.option(
    "--within", default="30m", show_default=True, metavar="DURATION", help="At most so long."
)
@click.option(
    "--try-within",
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="A COMMAND that takes longer is ended, and counts as exit code 124.",
)
def command(
    plan: str,
    command_line: tuple[str, ...],
    *,
    cassettes: tuple[Path, ...],
    out: Path,
    tries: int,
    within: str,
    **given: Any,
) -> None:
    """Make a failing plan and window as small as COMMAND still fails with them."""
    from replayx.cli.shrinking import Shrinker
    from replayx.cli.shrunk_files import ShrunkFiles
    from replayx.cli.trials import Trials
    from replayx.clock import RealClock
    from replayx.quantities import parse_duration_ns

    files = ShrunkFiles(out)
    within_ns = parse_duration_ns(within)
    case, setting = _whole(plan, command_line, cassettes, **given)
    with TemporaryDirectory(prefix="replayx-shrink-") as folder:
        clock = RealClock()
        trials = Trials(
            setting,
            Path(folder),
            clock,
            tries_max=tries,
            deadline_ns=clock.now_ns() + within_ns,
        )
        _check(trials, case)
        shrinker = Shrinker(case, trials.fails)
        smallest = shrinker.shrink()
        if not shrinker.is_done:
            click.echo("no more tries: this is the smallest so far", err=True)
        _tell(case, smallest, files.folder, is_trimmed=files.write(smallest, trials))


def _whole(
    plan: str,
    command_line: tuple[str, ...],
    cassettes: tuple[Path, ...],
    *,
    from_: str | None,
    to: str | None,
    speed: str,
    at_end: str,
    seed: int | None,
    try_within: str,
) -> "tuple[Case, Setting]":
    """Return what is to be shrunk, and what all tries have in common."""
    from replayx.cassette.reader import CassetteReader
    from replayx.cli.plans import starting_plan
    from replayx.cli.shrinking import Case
    from replayx.cli.trials import Setting
    from replayx.clock import NS_PER_S
    from replayx.quantities import parse_duration_ns, parse_instant_ns, parse_speed
    from replayx.timeline.source import CassetteSource

    parse_speed(speed)
    given, seed = starting_plan(cassettes, (plan,), (), seed)
    starts, ends = [], []
    for path in cassettes:
        with CassetteReader(path) as reader:
            source = CassetteSource(reader)
            starts.append(source.start_ns)
            ends.append(source.end_ns)
    from_ns = min(starts) if from_ is None else parse_instant_ns(from_, min(starts))
    to_ns = max(ends) + 1 if to is None else parse_instant_ns(to, min(starts))
    if to_ns <= from_ns:
        raise InvalidOption("no time between --from and --to", where="--to")
    setting = Setting(
        cassettes=cassettes,
        command=command_line,
        seed=seed,
        speed=speed,
        at_end=at_end,
        timeout_s=parse_duration_ns(try_within) / NS_PER_S,
    )
    return Case(rules=given.rules, from_ns=from_ns, to_ns=to_ns), setting


def _check(trials: "Trials", case: "Case") -> None:
    """See what counts as failing: what the whole plan leads to, and no fault does not."""
    trials.failing_code = trials.code(case, output=_STDERR)
    if not trials.failing_code:
        click.echo("the command does not fail with the whole plan: there is nothing to shrink")
        raise SystemExit(ExitCode.FOUND)
    if case.rules and trials.fails(msgspec.structs.replace(case, rules=())):
        click.secho(
            f"warning: without any fault it exits with {trials.failing_code}, too: no fault is to"
            " blame, and only the tape is made shorter",
            fg="yellow",
            err=True,
        )


def _tell(whole: "Case", smallest: "Case", folder: Path, *, is_trimmed: bool) -> None:
    from replayx.quantities import duration_text

    lasts, of = (duration_text(case.to_ns - case.from_ns) for case in (smallest, whole))
    click.echo(
        f"{len(smallest.rules)} of {len(whole.rules)} toxics and {lasts} of {of} of tape still fail"
    )
    for rule in smallest.rules:
        click.echo(f"  {rule.name}: {rule.toxic.type}")
    if not is_trimmed:
        click.secho(
            "warning: a trimmed cassette does not fail; the test plays the whole one",
            fg="yellow",
            err=True,
        )
    click.echo("repeat it with")
    click.echo(f"  pytest {folder / 'test_shrunk.py'}")
