"""`replayx replay`: a server that looks like the exchange and plays cassettes."""

from pathlib import Path
from typing import Any

import click

from replayx.cli.controlling import parse_control
from replayx.cli.rerunning import check_alone, repeat
from replayx.errors import ExitCode

_EPILOG = """\b
Examples:
  replayx replay btc.rpx --port 8080
  replayx replay btc.rpx --speed max --at-end exit
  replayx replay spot.rpx futures.rpx --port 8080 --port 9090
  replayx replay btc.rpx --faults flaky-wifi --fault 'latency:50ms~10ms@ws' --seed 7
  replayx replay btc.rpx --limits venue
  replayx replay btc.rpx --port 0 --json --ready-file urls.json &
  replayx replay btc.rpx --write-transcript run.rpt
  replayx replay --transcript run.rpt
\b
Then point a client's base URLs at the ones printed. Nothing ever leaves this machine.
\b
Exit codes: 0 done, 1 unmatched requests with --strict, or a run that --transcript repeats does not
do the same, 2 wrong option, 3 unreadable cassette,
4 the ready file cannot be written.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassettes", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=click.IntRange(0, 65535),
    default=(8080,),
    show_default=True,
    help="Port of the first market; give it again for the next ones (default: the ports after"
    " it). 0 takes a free port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--speed",
    default="1",
    show_default=True,
    metavar="N|max",
    help="How fast the tape plays: 1 as recorded, 10, 0.5, or max: as fast as clients read.",
)
@click.option(
    "--at-end",
    type=click.Choice(["hold", "close", "exit"]),
    default="hold",
    show_default=True,
    help="At the tape's end: keep connections open, close them (1001), or close them and exit.",
)
@click.option(
    "--start",
    "starts",
    type=click.Choice(["first-client", "now", "command"]),
    default="first-client",
    show_default=True,
    help="What starts the tape: the first request or subscription, nothing, or SIGUSR1.",
)
@click.option("--from", "from_", metavar="TIME", help="Play from here on: a time, or 90s.")
@click.option("--to", metavar="TIME", help="The tape ends here: a time, or 10m.")
@click.option(
    "--rebase",
    default="off",
    show_default=True,
    metavar="off|now|TIME",
    help="Move every time: the tape starts now, at a time (2026-01-01T00:00:00Z), or 7d later.",
)
@click.option(
    "--derive",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="Answer and stream what was not recorded from the market on the tape, or leave it out.",
)
@click.option(
    "--loop",
    is_flag=False,
    flag_value="endless",
    metavar="[N]",
    help="Play the tape again and again, or N times: times and ids go on, books stay in step.",
)
@click.option(
    "--skip-idle", metavar="DURATION", help="Let gaps between messages pass as at most this much."
)
@click.option(
    "--clock",
    "regime",
    type=click.Choice(["wall", "lockstep"]),
    default="wall",
    show_default=True,
    help="What moves the tape: this machine's clock, or commands alone (virtual time).",
)
@click.option(
    "--liveness",
    type=click.Choice(["wall", "tape"]),
    help="Time of pings, pong deadlines and lifetimes (default: wall; in lockstep tape).",
)
@click.option(
    "--on-seek",
    type=click.Choice(["close", "continue"]),
    default="close",
    show_default=True,
    help="After a seek: close sockets as a restart does (1001), or go on with them.",
)
@click.option(
    "--no-roll-call",
    is_flag=True,
    help="In lockstep: a run is over when it is written, not when every client has read it.",
)
@click.option(
    "--timeline",
    "timelines",
    multiple=True,
    metavar="NAME=PORT",
    help="A port whose clients have a timeline of their own; 0 takes a free one.",
)
@click.option(
    "--faults",
    "plans",
    multiple=True,
    metavar="PLAN|PRESET",
    help="Inject the faults of a plan (TOML), or of a preset; `replayx faults list` shows them.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Inject a fault in a few words: latency:50ms~10ms@ws, loss:1%@BTCUSDT, ip_banned@rest.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 63) - 1),
    help="Of chance in faults (default: the plan's, or a fresh one, which is printed).",
)
@click.option(
    "--write-transcript",
    "transcript",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the whole run into a file (.rpt): what was asked, done, injected and sent.",
)
@click.option(
    "--transcript",
    "rerun_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Repeat a run from its file, without clients: exit with 1 where it does not do the same.",
)
@click.option(
    "--limits",
    default="off",
    show_default=True,
    metavar="venue|off|FILE",
    help="Impose rate limits: the venue's as of the tape's date, none, or those of a TOML file.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if a request had no recorded answer.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https and wss: PEM chain.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM key of --tls-cert.")
@click.option(
    "--control",
    default="127.0.0.1:0",
    show_default=True,
    metavar="HOST:PORT|off",
    help="Where commands are taken (`replayx ctl`); port 0 is a free one.",
)
@click.option(
    "--control-token",
    default="",
    envvar="REPLAYX_CONTROL_TOKEN",
    help="Take commands only with this token; better in the environment: REPLAYX_CONTROL_TOKEN.",
)
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the URLs here as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines on stdout.")
def command(
    cassettes: tuple[Path, ...],
    *,
    rerun_path: Path | None,
    control: str,
    control_token: str,
    plans: tuple[str, ...],
    faults: tuple[str, ...],
    seed: int | None,
    ready_file: Path | None,
    strict: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Replay CASSETTES to unmodified clients."""
    from replayx.cli.plans import starting_plan
    from replayx.cli.replay_arguments import replay_options
    from replayx.cli.serving import serve
    from replayx.server.event_loop import run

    if rerun_path is not None:
        check_alone(click.get_current_context())
        raise SystemExit(repeat(rerun_path, cassettes, as_json=as_json))
    if not cassettes:
        raise click.UsageError("Missing argument 'CASSETTES...'.")
    address = parse_control(control, control_token)
    plan, seed = starting_plan(cassettes, plans, faults, seed)
    options = replay_options(plan=plan, seed=seed, **given)
    serving = serve(cassettes, options, address, ready_file, as_json=as_json)
    unmatched = run(serving)
    if strict and unmatched:
        raise SystemExit(ExitCode.FOUND)
