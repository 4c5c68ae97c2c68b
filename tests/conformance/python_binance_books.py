"""python-binance's DepthCacheManager, following until a line comes in on stdin.

Arguments and output as of plain_books.py. The manager starts over by fetching its snapshot again.
It fetches the first one before its socket is open: a difference that comes in between costs it a
second one with the venue itself, too, at its first message. Only what comes later is a resync.
USDⓈ-M is not followed: the library's manager for it shows partial books.
"""

import asyncio
import json
import sys

from binance import AsyncClient, BinanceSocketManager, DepthCacheManager
from binance.base_client import BaseClient
from checks import origin

SYMBOLS = ("BTCUSDT", "ETHUSDT")


class Cached:
    """One depth cache."""

    def __init__(self, client: AsyncClient, symbol: str) -> None:
        self._client = client
        self._symbol = symbol
        self._manager = None
        self.applied = self.resyncs = self.connects = 0
        self.complaints: list[str] = []

    async def follow(self) -> None:
        """Follow until cancelled; make a new manager when the connection is closed."""
        while True:
            manager = self._manager = DepthCacheManager(
                self._client, self._symbol, limit=5000, conv_type=str, ws_interval=100
            )
            self._count_starts(manager)
            self.connects += 1
            async with manager:
                # An error comes as a dict: the connection was closed.
                while not isinstance(await manager.recv(), dict):
                    self.applied += 1

    def _count_starts(self, manager: DepthCacheManager) -> None:
        begin, process, seen = manager._init_cache, manager._process_depth_message, []

        async def begin_counted() -> None:
            if len(seen) > 1:
                self.resyncs += 1
                self.complaints.append(f"{self._symbol}: {seen[-1]} behind {self.last}")
            await begin()

        async def process_seen(message: dict):
            seen.append((message["U"], message["u"]))
            return await process(message)

        manager._init_cache, manager._process_depth_message = begin_counted, process_seen

    @property
    def last(self) -> int:
        """The book's update id."""
        return (self._manager and self._manager._last_update_id) or 0

    def told(self) -> dict:
        """Return what is told of it."""
        cache = self._manager.get_depth_cache()
        sides = {"bids": cache._bids, "asks": cache._asks}
        return {
            "market": "binance-spot",
            "channel": "DepthCacheManager",
            "symbol": self._symbol,
            "resyncs": self.resyncs,
            "connects": self.connects,
            "applied": self.applied,
            "last": self.last,
            "complaints": self.complaints[:5],
            **{name: best(side, highest=name == "bids") for name, side in sides.items()},
        }


def best(side: dict[str, str], *, highest: bool) -> list[list[str]]:
    """Return a side's best levels."""
    return sorted(map(list, side.items()), key=lambda one: float(one[0]), reverse=highest)[:1000]


async def main() -> None:
    """Follow, and tell."""
    spot = json.loads(sys.argv[1])["binance-spot"]
    BaseClient.API_URL = origin(spot["rest"]) + "/api"
    BinanceSocketManager.STREAM_URL = origin(spot["ws"]) + "/"
    client = await AsyncClient.create()
    cached = [Cached(client, symbol) for symbol in SYMBOLS]
    tasks = [asyncio.create_task(one.follow()) for one in cached]
    await asyncio.to_thread(sys.stdin.readline)
    failed = [repr(task.exception()) for task in tasks if task.done()]
    books = [one.told() for one in cached]
    print(json.dumps({"books": books, "failed": failed}), flush=True)  # noqa: T201
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await client.close_connection()


if __name__ == "__main__":
    asyncio.run(main())
