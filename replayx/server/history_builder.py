"""Building the histories of markets, in threads beside the event loop, when somebody needs them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from replayx.errors import ReplayxError
from replayx.market.history import MarketHistory

# How long the building thread may keep the event loop from running (Python's own default, 5 ms,
# would show in when messages leave).
_SWITCH_S = 0.0002


class HistoryBuilder:
    """Builds each market's history once.

    `prepared`: what recorded answers are known by, gathered first. `on_built` is told the market,
    `on_failure` what went wrong instead, `on_warning` what went wrong and does not matter much.
    """

    def __init__(
        self,
        histories: Mapping[str, MarketHistory],
        prepared: Awaitable[object],
        *,
        on_built: Callable[[str], None],
        on_failure: Callable[[BaseException], None],
        on_warning: Callable[[str], None],
    ) -> None:
        self._histories = histories
        self._prepared = asyncio.ensure_future(prepared)
        self._on_built = on_built
        self._on_failure = on_failure
        self._on_warning = on_warning
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()

    def want(self, market: str) -> asyncio.Task[None]:
        """See to it that a market's history is built, and return what builds it."""
        task = self._tasks.get(market)
        if task is None:
            task = self._tasks[market] = asyncio.ensure_future(self._build(market))
        return task

    async def build_all(self) -> None:
        """Build what there is to build, before anybody asks."""
        for market in self._histories:
            await self.want(market)

    async def stop(self) -> None:
        """Wait for what is under way: it reads files that are about to be closed."""
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def _build(self, market: str) -> None:
        try:
            await asyncio.shield(self._prepared)
            async with self._one_at_a_time:
                with _switching_often():
                    await asyncio.to_thread(self._histories[market].make, warn=self._warn)
        except ReplayxError as error:
            self._on_failure(error)
        else:
            # Here, and not in the thread: no session sees it before it is told.
            self._histories[market].build()
            self._on_built(market)

    def _warn(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._on_warning, text)


@contextmanager
def _switching_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _SWITCH_S))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
