"""`replayx replay`: a server that looks like the exchange and plays cassettes."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from replayx.cli.tls import server_tls
from replayx.errors import ExitCode, StorageFailure

if TYPE_CHECKING:
    from replayx.server.replay_server import ReplayOptions, ReplayServer

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
@click.option("--from", "from_", default="0s", metavar="DURATION", help="Skip this much first.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a request had no recorded answer.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https and wss: PEM chain.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM key of --tls-cert.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the URLs here as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON lines on stdout.")
def command(
    cassettes: tuple[Path, ...],
    *,
    ready_file: Path | None,
    strict: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Replay CASSETTES to unmodified clients."""
    from replayx.server.event_loop import run

    unmatched = run(_serve(cassettes, _options(**given), ready_file, as_json=as_json))
    if strict and unmatched:
        raise SystemExit(ExitCode.FOUND)


def _options(
    *, speed: str, at_end: str, from_: str, tls_cert: Path | None, tls_key: Path | None, **rest: Any
) -> "ReplayOptions":
    from replayx.quantities import parse_duration_ns, parse_speed
    from replayx.server.replay_server import ReplayOptions
    from replayx.session.session import AtEnd

    return ReplayOptions(
        speed=parse_speed(speed),
        at_end=AtEnd(at_end),
        from_ns=parse_duration_ns(from_),
        tls=server_tls(tls_cert, tls_key),
        **rest,
    )


async def _serve(
    cassettes: tuple[Path, ...], options: "ReplayOptions", ready_file: Path | None, *, as_json: bool
) -> int:
    from replayx.server.replay_server import ReplayServer

    started = _Started()
    server = ReplayServer(
        cassettes,
        options,
        on_unmatched=_tell_unmatched,
        on_start=started.tell if as_json else None,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with server:
        loop.add_signal_handler(signal.SIGUSR1, server.begin)
        _announce(server, ready_file, as_json=as_json)
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


def _announce(server: "ReplayServer", ready_file: Path | None, *, as_json: bool) -> None:
    for reader in server.readers:
        if reader.damage is not None:
            click.secho(f"warning: {reader.damage}", fg="yellow", err=True)
    for market in server.unknown_markets:
        click.secho(f"warning: no venue knows {market}; it is not served", fg="yellow", err=True)
    ready = msgspec.json.encode({"event": "ready", "listeners": server.urls}).decode()
    if ready_file is not None:
        _write_ready(ready_file, ready + "\n")
    if as_json:
        click.echo(ready)
        return
    for market, addresses in server.urls.items():
        click.secho(market, bold=True)
        for role, url in addresses.items():
            click.echo(f"  {role:<6} {url}")


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


def _tell_unmatched(message: str) -> None:
    click.secho(message, fg="yellow", err=True)
