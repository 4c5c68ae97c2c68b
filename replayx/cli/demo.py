"""`replayx demo`: replay a cassette, and watch it through a client of its own."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replayx.cassette.records import Opened
from replayx.clock import NS_PER_MS, NS_PER_S, RealClock
from replayx.errors import InvalidOption

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect

    from replayx.cassette.reader import CassetteReader
    from replayx.cli.board import Board
    from replayx.server.replay_server import ReplayServer

BUNDLED = "binance-demo.rpx"
LOOK_S = 0.25  # how often the table is drawn
LINE_S = 1.0  # how often a line is printed into a pipe

_EPILOG = """\b
Examples:
  replayx demo
  replayx demo --speed 10 --duration 30s
  replayx demo btc.rpx
\b
Exit codes: 0 done, 2 wrong option, 3 unreadable cassette.
"""


@click.command(epilog=_EPILOG)
@click.argument("cassette", required=False, type=click.Path(path_type=Path))
@click.option("--speed", default="1", show_default=True, metavar="N|max", help="How fast it plays.")
@click.option("--duration", metavar="DURATION", help="Stop after this long; default: at the end.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def command(cassette: Path | None, *, speed: str, duration: str | None, host: str) -> None:
    """Replay CASSETTE, by default the bundled one, on free ports and show it live."""
    from replayx.quantities import parse_duration_ns, parse_speed
    from replayx.server.event_loop import run

    stop_after_ns = parse_duration_ns(duration) if duration else None
    run(_demo(cassette or bundled_cassette(), parse_speed(speed), stop_after_ns, host))


def bundled_cassette() -> Path:
    """Return the cassette that comes with replayx. Raises InvalidOption if it is not there."""
    checkout = Path(__file__).parents[2] / "cassettes" / BUNDLED
    installed = Path(str(resources.files("replayx"))) / "bundled" / BUNDLED
    for path in (installed, checkout):
        if path.is_file():
            return path
    raise InvalidOption(
        "the bundled cassette is not installed",
        expected=str(installed),
        hint="Name one of your own: replayx demo PATH",
    )


async def _demo(path: Path, speed: Fraction | None, stop_after_ns: int | None, host: str) -> None:
    from replayx.cli.board import Board
    from replayx.server.replay_server import ReplayOptions, ReplayServer
    from replayx.session.session import AtEnd

    # The tape starts when every connection is there, and its end closes them.
    options = ReplayOptions(host=host, speed=speed, at_end=AtEnd.CLOSE, starts="command")
    async with ReplayServer([path], options) as server, AsyncExitStack() as sockets:
        reader = server.readers[0]
        board = Board(server.urls, reader.start_ns, reader.end_ns)
        watches = [
            _watch(await sockets.enter_async_context(_connect(server, one)), one, board)
            for one in _opened(reader)
        ]
        server.begin()
        await _first_of(
            asyncio.gather(*watches),  # the end of the tape
            asyncio.ensure_future(server.wait()),  # a failure
            asyncio.ensure_future(_show(board)),
            asyncio.ensure_future(_asked_to_stop(stop_after_ns)),
        )
    click.echo(f"{board.position()}: {board.totals.total():,} messages seen")


async def _first_of(*running: asyncio.Future[Any]) -> None:
    """Wait until one of them is done and cancel the others. Raises what it raised."""
    done, pending = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for one in pending:
        one.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for one in done:
        one.result()


async def _asked_to_stop(stop_after_ns: int | None) -> None:
    """Wait for a signal, or for the time asked for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    seconds = None if stop_after_ns is None else stop_after_ns / NS_PER_S
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _opened(reader: "CassetteReader") -> Iterator[Opened]:
    """Yield the stream connections that were open at the tape's start. Raises InvalidOption."""
    found = False
    for batch in reader.batches():
        for event in batch.events:
            if isinstance(event, Opened) and event.role == "ws":
                found = True
                yield event
        break  # the first chunk: what was opened later is not needed for a look
    if not found:
        raise InvalidOption(
            "the cassette begins without a stream connection",
            where=str(reader.path),
            hint="`replayx replay` plays it; connect a client of your own",
        )


def _connect(server: "ReplayServer", opened: Opened) -> "connect":
    """Return the connection that was opened when this was recorded, to be opened again."""
    from websockets.asyncio.client import connect

    address = server.urls[opened.market]["ws"] + opened.target
    return connect(address, compression=None, max_size=None)


async def _watch(socket: "ClientConnection", opened: Opened, board: "Board") -> None:
    """Note every message of a connection until it is closed."""
    from websockets.exceptions import ConnectionClosed

    from replayx.venues.registry import load_venue
    from replayx.venues.venue import Subscription

    venue = load_venue(opened.market)
    subscription = venue.open(opened.target)
    assert isinstance(subscription, Subscription), "a recorded connection is refused on replay"
    with suppress(ConnectionClosed):  # the end of the tape
        while True:
            message = await socket.recv(decode=False)
            carried = venue.carried(subscription, message)
            prefix, suffix = carried.envelope
            payload = message[len(prefix) : len(message) - len(suffix)]
            board.saw(opened.market, carried.name, venue.quote(carried.name, payload))
            at_ms = venue.event_time_ms(payload)
            if at_ms is not None:
                board.reached(at_ms * NS_PER_MS)


async def _show(board: "Board") -> None:
    """Show the board until cancelled."""
    clock = RealClock()
    if sys.stdout.isatty():
        from rich.live import Live

        with Live(auto_refresh=False) as live:
            while True:
                board.measure(clock.now_ns())
                live.update(board.table(), refresh=True)
                await asyncio.sleep(LOOK_S)
    for market, addresses in board.urls.items():
        click.echo(f"{market}: " + "  ".join(f"{role} {url}" for role, url in addresses.items()))
    board.measure(clock.now_ns())
    while True:
        await asyncio.sleep(LINE_S)
        board.measure(clock.now_ns())
        click.echo(board.line())
