"""What a driver tells of its client: one JSON object a line, timed on the machine's clock.

Drivers run in their clients' environments: nothing but the standard library is imported here.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable

SYMBOL = "BTCUSDT"
STREAM = "btcusdt"
LEVELS = 10  # of a book that are told
POLL_S = 0.25  # between two requests
AGAIN_S = 0.5  # what a textbook loop waits before it tries again
KEY = "k" * 64  # of an account: replays take any


def urls() -> dict[str, str]:
    """Return the server's URLs by role, without a path."""
    given = json.loads(sys.argv[1])
    return {role: "/".join(url.split("/")[:3]) for role, url in given.items()}


def task() -> str:
    """Return what the client has to do: trades, book or rest."""
    return sys.argv[2]


def tell(event: str, **facts: object) -> None:
    """Tell something that happened just now."""
    line = json.dumps({"t": time.monotonic(), "event": event, **facts})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell_trade(number: object, price: object) -> None:
    """Tell a trade that the client's user got."""
    tell("trade", id=int(str(number)), price=float(str(price)))


def tell_book(last: object, bids: Iterable, asks: Iterable) -> None:
    """Tell the best levels of the book that the client's user sees."""
    sides = [[[float(one[0]), float(one[1])] for one in side] for side in (bids, asks)]
    tell("book", last=last, bids=sides[0][:LEVELS], asks=sides[1][:LEVELS])


def tell_error(error: object) -> None:
    """Tell an error that reached the client's user."""
    if isinstance(error, BaseException):
        kind = type(error)
        name = kind.__name__ if kind.__module__ == "builtins" else kind.__module__.split(".")[0]
        name = name if name == kind.__name__ else f"{name}.{kind.__name__}"
        text = str(error) or repr(error)
    else:
        told = error if isinstance(error, dict) else {"m": error}
        name, text = f"message {told.get('type', 'error')}", str(told.get("m"))
    tell("error", name=name, text=" ".join(text.split())[:300])


async def again(once: Callable[[], Awaitable[None]], *, wait_s: float = AGAIN_S) -> None:
    """Do something again and again, as loops in tutorials do: note the error, wait, start over."""
    while True:
        try:
            await once()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            tell_error(error)
        await asyncio.sleep(wait_s)


async def poll(ask: Callable[[], Awaitable[dict]]) -> None:
    """Ask for the book every so often, and tell how that went."""
    while True:
        began = time.monotonic()
        try:
            book = await ask()
            tell("answer", took=time.monotonic() - began, last=book.get("lastUpdateId"))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            tell("asked", took=time.monotonic() - began)
            tell_error(error)
        await asyncio.sleep(POLL_S)


async def _until_stdin_ends(work: Awaitable[None]) -> None:
    running = asyncio.ensure_future(work)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    # A daemon: a client that hangs must not keep the process.
    threading.Thread(target=read, daemon=True).start()
    waiting = asyncio.ensure_future(ended.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done() and running.exception() is not None:
        tell_error(running.exception())
        tell("ended")
    await ended.wait()


def drive(tasks: dict[str, Callable[[], Awaitable[None]]]) -> None:
    """Do the task asked for until stdin ends; an error that ends it is told."""
    asyncio.run(_until_stdin_ends(tasks[task()]()))
