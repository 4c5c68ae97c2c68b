"""`replayx replay`: a server that looks like the exchange and plays cassettes."""

import asyncio
import gc
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec

from replayx.cli.controlling import ControlAddress, controlling, parse_control
from replayx.cli.tls import server_tls
from replayx.errors import ExitCode, InvalidOption, StorageFailure
from replayx.limits import LAPS_MAX

if TYPE_CHECKING:
    from replayx.server.replay_options import Instant, ReplayOptions
    from replayx.server.replay_server import ReplayServer

_PORT_MAX = 65535

_EPILOG = """\b
Examples:
  replayx replay btc.rpx --port 8080
  replayx replay btc.rpx --speed max --at-end exit
  replayx replay spot.rpx futures.rpx --port 8080 --port 9090
  replayx replay btc.rpx --port 0 --json --ready-file urls.json &
\b
Then point a client's base URLs at the ones printed. Nothing ever leaves this machine.
\b
Exit codes: 0 done, 1 unmatched requests with --strict, 2 wrong option, 3 unreadable cassette,
4 the ready file cannot be written.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassettes", nargs=-1, required=True, type=click.Path(path_type=Path))
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
    control: str,
    control_token: str,
    ready_file: Path | None,
    strict: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Replay CASSETTES to unmodified clients."""
    from replayx.server.event_loop import run

    address = parse_control(control, control_token)
    serving = _serve(cassettes, _options(**given), address, ready_file, as_json=as_json)
    unmatched = run(serving)
    if strict and unmatched:
        raise SystemExit(ExitCode.FOUND)


def _options(
    *,
    speed: str,
    at_end: str,
    from_: str | None,
    to: str | None,
    rebase: str,
    loop: str | None,
    derive: str,
    skip_idle: str | None,
    regime: str,
    liveness: str | None,
    on_seek: str,
    no_roll_call: bool,
    timelines: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    **rest: Any,
) -> "ReplayOptions":
    from replayx.quantities import parse_duration_ns, parse_speed
    from replayx.server.replay_options import ReplayOptions
    from replayx.session.clockwork import Regime
    from replayx.session.pulse import Liveness
    from replayx.session.session import AtEnd, OnSeek

    return ReplayOptions(
        speed=parse_speed(speed),
        at_end=AtEnd(at_end),
        from_at=_instant(from_),
        to_at=_instant(to),
        rebase_to=_rebase_to(rebase),
        laps=_laps(loop),
        derive=derive == "on",
        skip_idle_ns=None if skip_idle is None else parse_duration_ns(skip_idle),
        regime=Regime(regime),
        liveness=None if liveness is None else Liveness(liveness),
        on_seek=OnSeek(on_seek),
        roll_call=not no_roll_call,
        timelines=tuple(_timeline(text) for text in timelines),
        tls=server_tls(tls_cert, tls_key),
        **rest,
    )


def _instant(text: str | None) -> "Instant | None":
    """Return what a time given is, once it is known when the tape starts."""
    from replayx.quantities import parse_instant_ns

    if text is None:
        return None
    parse_instant_ns(text, 0)
    return partial(parse_instant_ns, text)


def _rebase_to(text: str) -> "Instant | Literal['now'] | None":
    """Return when the tape starts for clients. Raises InvalidOption."""
    if text == "now":
        return "now"
    return None if text == "off" else _instant(text)


def _laps(text: str | None) -> int | None:
    """Return how often the tape is played, None for ever. Raises InvalidOption."""
    if text is None:
        return 1
    if text == "endless":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= LAPS_MAX:
        raise InvalidOption(
            repr(text),
            expected=f"nothing, or how often: 1 to {LAPS_MAX}",
            where="--loop",
            hint="Cassettes come before it: replayx replay btc.rpx --loop",
        )
    return int(text)


def _timeline(text: str) -> tuple[str, int]:
    from replayx.server.timelines import check_name

    name, found, port = text.partition("=")
    if not found or not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise InvalidOption(repr(text), expected="a name and a port: mine=8090", where="--timeline")
    return check_name(name), int(port)


async def _serve(
    cassettes: tuple[Path, ...],
    options: "ReplayOptions",
    address: ControlAddress | None,
    ready_file: Path | None,
    *,
    as_json: bool,
) -> int:
    from replayx.server.replay_server import ReplayServer

    started = _Started()
    server = ReplayServer(
        cassettes,
        options,
        on_unmatched=_tell_unmatched,
        on_warning=_warn,
        on_start=started.tell if as_json else None,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with server, controlling(server, address, cassettes) as control:
        loop.add_signal_handler(signal.SIGUSR1, server.begin)
        # What has been made by now stays, and what is kept later (a transcript's requests) has no
        # cycles: looking at it again and again cost REST a tenth.
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        _announce(server, control, ready_file, as_json=as_json)
        started.release()
        ended = asyncio.ensure_future(server.wait())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            ended.result()
        ended.cancel()
    _summarise(server, as_json=as_json)
    return server.unmatched_count


class _Started:
    """Tells on stdout that the tape has begun, but never before the line with the URLs."""

    def __init__(self) -> None:
        self._line: bytes | None = None
        self._is_held = True

    def tell(self, now_ns: int) -> None:
        self._line = msgspec.json.encode({"event": "started", "monotonic_ns": now_ns})
        if not self._is_held:
            click.echo(self._line)

    def release(self) -> None:
        self._is_held = False
        if self._line is not None:
            click.echo(self._line)


def _announce(
    server: "ReplayServer", control: str, ready_file: Path | None, *, as_json: bool
) -> None:
    for reader in server.readers:
        if reader.damage is not None:
            _warn(str(reader.damage))
    for market in server.unknown_markets:
        _warn(f"no venue knows {market}; it is not served")
    facts: dict[str, object] = {"event": "ready", "listeners": server.urls}
    if control:
        facts["control"] = control
    if server.timeline_urls:
        facts["timelines"] = server.timeline_urls
    ready = msgspec.json.encode(facts).decode()
    if ready_file is not None:
        _write_ready(ready_file, ready + "\n")
    if as_json:
        click.echo(ready)
        return
    timelines = {f"timeline {name}": urls for name, urls in server.timeline_urls.items()}
    for title, addresses in {**server.urls, **timelines}.items():
        click.secho(title, bold=True)
        for role, url in addresses.items():
            click.echo(f"  {role:<6} {url}")
    if control:
        click.secho("control", bold=True)
        click.echo(f"  http   {control}")


def _write_ready(path: Path, text: str) -> None:
    """Write the URLs so that whoever waits for the file never reads half of them."""
    try:
        if path.exists() and not path.is_file():  # a pipe: nothing to put in its place
            path.write_text(text)
            return
        part = path.with_name(path.name + ".part")
        part.write_text(text)
        part.replace(path)
    except OSError as error:
        raise StorageFailure(
            f"cannot be written: {error.strerror}", where=f"--ready-file {path}"
        ) from error


def _summarise(server: "ReplayServer", *, as_json: bool) -> None:
    if as_json:
        facts = {
            "event": "end",
            "unmatched": server.unmatched_count,
            "cut_off": server.cut_off_count,
        }
        click.echo(msgspec.json.encode(facts))
        return
    if server.unmatched_count:
        click.echo(f"{server.unmatched_count} requests had no recorded answer", err=True)


def _warn(text: str) -> None:
    click.secho(f"warning: {text}", fg="yellow", err=True)


def _tell_unmatched(message: str) -> None:
    click.secho(message, fg="yellow", err=True)
