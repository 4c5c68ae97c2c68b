"""A depth snapshot that joins the diffs: fetched until the venue's rule says that it does."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from replayx.venues.venue import Venue

# Diffs kept while a snapshot is looked for: at ten a second, a quarter of an hour.
_DIFFS_MAX = 10_000
# Fetches until one joins. The first nearly always does; a deep book costs 250 of 6,000 a minute.
_FETCHES_MAX = 10


class BookWatch:
    """Holds one channel's diffs since the connection was opened, until a snapshot joins them."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._diffs: deque[bytes] = deque(maxlen=_DIFFS_MAX)
        self._arrived = asyncio.Event()
        self._is_joined = False

    def diff(self, payload: bytes) -> None:
        """Take a diff."""
        if not self._is_joined:
            self._diffs.append(payload)
            self._arrived.set()

    def reset(self) -> None:
        """Begin again, on a new connection."""
        self._diffs.clear()
        self._arrived.clear()
        self._is_joined = False

    async def join(self, fetch: Callable[[], Awaitable[bytes]], *, delay_s: float) -> bool:
        """Fetch snapshots until one joins the diffs; False if none does.

        `fetch` records what it returns. The delay between fetches doubles.
        """
        for attempt in range(_FETCHES_MAX):
            await self._arrived.wait()  # a snapshot older than the first diff cannot join
            if await self._joins(await fetch()):
                self._is_joined = True
                self._diffs.clear()
                return True
            await asyncio.sleep(delay_s * (1 << attempt))
        return False

    async def _joins(self, snapshot: bytes) -> bool:
        while (verdict := self._venue.bridges(snapshot, list(self._diffs))) is None:
            self._arrived.clear()
            await self._arrived.wait()
        return verdict
