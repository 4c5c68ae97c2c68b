"""Reading ahead: an iterator drawn in a thread of its own, a few items ahead of its reader.

Unpacking a chunk releases the GIL, so it runs beside the event loop instead of inside it.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Generic, TypeVar

_T = TypeVar("_T")

# Two chunks ahead hide the unpacking; with four, measured, they fall out of the processor's cache.
AHEAD = 2


class _Failed:
    """What the thread raised, to be raised where the items are read."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Prefetch(Generic[_T]):
    """An iterator over another one. Close it, and join it before what it reads is closed."""

    def __init__(self, items: Iterator[_T]) -> None:
        self._items = items
        self._queue: queue.Queue[_T | _Failed | None] = queue.Queue(maxsize=AHEAD)
        self._is_closed = threading.Event()
        self._is_done = False
        self._thread = threading.Thread(target=self._draw, name="replayx-prefetch", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        """Return the next item; waits for it if the thread is not ahead."""
        if self._is_done:
            raise StopIteration
        item = self._queue.get()
        if item is None or isinstance(item, _Failed):
            self._is_done = True
            if item is None:
                raise StopIteration
            raise item.error
        return item

    def close(self) -> None:
        """Ask the thread to end, without waiting for it: it may be in the middle of a chunk."""
        self._is_closed.set()
        self._is_done = True
        with suppress(queue.Empty):
            while True:  # room for what it is about to put: it never waits again
                self._queue.get_nowait()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still reads."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait until the thread has ended; it has to be closed, or at its end."""
        self._thread.join()

    def _draw(self) -> None:
        try:
            for item in self._items:
                if self._is_closed.is_set():
                    return
                self._queue.put(item)
            self._queue.put(None)
        except BaseException as error:
            self._queue.put(_Failed(error))
