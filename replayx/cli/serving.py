"""A replay that is served until it ends or is stopped, and what is told of it meanwhile."""

import asyncio
import gc
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from replayx.cli.controlling import ControlAddress, controlling
from replayx.errors import StorageFailure

if TYPE_CHECKING:
    from replayx.server.replay_options import ReplayOptions
    from replayx.server.replay_server import ReplayServer


async def serve(
    cassettes: tuple[Path, ...],
    options: "ReplayOptions",
    address: ControlAddress | None,
    ready_file: Path | None,
    *,
    as_json: bool,
) -> int:
    """Serve until the tape is over or a signal comes; return how many requests had no answer."""
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
        _announce(server, control, ready_file, seed=options.seed, as_json=as_json)
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
    server: "ReplayServer", control: str, ready_file: Path | None, *, seed: int, as_json: bool
) -> None:
    for reader in server.readers:
        if reader.damage is not None:
            _warn(str(reader.damage))
    for market in server.unknown_markets:
        _warn(f"no venue knows {market}; it is not served")
    facts: dict[str, object] = {"event": "ready", "listeners": server.urls, "seed": seed}
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
    click.echo(f"seed {seed}")


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
