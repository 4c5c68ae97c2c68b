"""An event loop whose timers are precise to tens of microseconds.

epoll_wait counts in milliseconds, so asyncio's timers come up to 1 ms late; select() counts in
microseconds but takes no descriptor above 1,023. An epoll object is itself a descriptor, so waiting
for it with select() and then asking it without waiting has the precision of one and the reach of
the other.
"""

import asyncio
import select
import selectors
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

# Waits longer than this are cut short by as much and left to epoll; the rest is waited precisely.
_COARSE_S = 0.005
# The kernel wakes a sleeper some 60-100 us late: for that long the loop turns instead of sleeping.
# It costs a tenth of a core at a thousand timers a second, and nothing where none is due.
_SPIN_S = 0.00008

if sys.platform == "linux":

    class PreciseSelector(selectors.EpollSelector):
        """An epoll selector with timeouts in microseconds."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Wait for events, at most `timeout` seconds, perhaps less."""
            ready = super().select(0)  # a busy loop never waits, and needs no select()
            if ready or (timeout is not None and timeout <= 0):
                return ready
            if timeout is None:
                return super().select(None)
            if timeout > 2 * _COARSE_S:
                return super().select(timeout - _COARSE_S)
            if timeout > _SPIN_S:
                select.select((self.fileno(),), (), (), timeout - _SPIN_S)
            return super().select(0)

else:
    PreciseSelector = selectors.DefaultSelector  # type: ignore[misc] # the platform's best


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a loop with precise timers."""
    return asyncio.SelectorEventLoop(PreciseSelector())


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on a loop with precise timers."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
