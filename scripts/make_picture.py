"""Draw what `make demo` shows, for the README: `python scripts/make_picture.py`.

The tape is a made-up market; the picture says so in its title.
"""

import asyncio
import re
import sys
from contextlib import AsyncExitStack
from fractions import Fraction
from io import StringIO
from pathlib import Path

from rich.console import Console

from replayx.cli import demo
from replayx.cli.board import Board
from replayx.clock import NS_PER_S, RealClock
from replayx.server.event_loop import run
from replayx.server.replay_server import ReplayOptions, ReplayServer

OUT = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"
WATCHED_S = 8


async def watched() -> Board:
    """Return the board after some seconds of the bundled cassette."""
    options = ReplayOptions(speed=Fraction(1), ports=(8080,), starts="command")
    path = demo.bundled_cassette()
    async with ReplayServer([path], options) as server, AsyncExitStack() as sockets:
        reader = server.readers[0]
        board = Board(server.urls, reader.start_ns, reader.end_ns)
        watches = []
        for opened in demo._opened(reader):
            socket = await sockets.enter_async_context(demo._connect(server, opened))
            watches.append(asyncio.ensure_future(demo._watch(socket, opened, board)))
        server.begin()
        clock = RealClock()
        start_ns = clock.now_ns()
        while clock.now_ns() - start_ns < WATCHED_S * NS_PER_S:
            await asyncio.sleep(demo.LOOK_S)
            board.measure(clock.now_ns())
        for one in watches:
            one.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
    return board


def main() -> int:
    """Write the picture."""
    console = Console(record=True, width=112, force_terminal=True, file=StringIO())
    console.print(run(watched()).table())
    OUT.parent.mkdir(parents=True, exist_ok=True)
    picture = console.export_svg(title="$ make demo   (a made-up market)")
    # rich links a font on a content network; a reader's own monospace font does as well.
    OUT.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
