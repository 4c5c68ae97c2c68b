"""A control port of a fake run in a thread, for clients that block."""

import asyncio
import threading
from contextlib import contextmanager

from replayx.server.control.control_port import ControlPort
from tests.server.control.fake_run import FakeRun


@contextmanager
def serving(run=None, **options):
    """Serve a run until the block is left; gives the base URL."""
    loop = asyncio.new_event_loop()

    async def start():
        port = ControlPort(run or FakeRun(), "127.0.0.1", **options)
        return port, await port.start(0)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    port, url = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield url
    finally:
        asyncio.run_coroutine_threadsafe(port.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
