"""python-binance: BinanceSocketManager and DepthCacheManager in the loops of its documentation."""

import asyncio

from binance import AsyncClient, BinanceSocketManager, DepthCacheManager
from binance.base_client import BaseClient
from telling import (  # fmt: skip
    AGAIN_S,
    KEY,
    SYMBOL,
    again,
    drive,
    poll,
    tell,
    tell_book,
    tell_error,
    tell_trade,
    urls,
)


async def client() -> AsyncClient:
    """Return a client pointed at the server."""
    BaseClient.API_URL = urls()["rest"] + "/api"
    BinanceSocketManager.STREAM_URL = urls()["ws"] + "/"
    return await AsyncClient.create(KEY, KEY)


async def trades() -> None:
    """Read a trade socket; errors come as messages, and the library connects again by itself."""
    sockets = BinanceSocketManager(await client())

    async def once() -> None:
        async with sockets.trade_socket(SYMBOL) as socket:
            while True:
                message = await socket.recv()
                if message is None:
                    continue
                if message.get("e") == "trade":
                    tell_trade(message["t"], message["p"])
                elif message.get("e") == "error":
                    tell_error(message)
                    # It connects again by itself, or recv raises; to close the socket here would
                    # wait for ever for a read loop that has connected again.
                else:
                    tell("other", text=str(message)[:200])

    await again(once)


async def book() -> None:
    """Follow a depth cache."""
    binance = await client()

    async def once() -> None:
        manager = DepthCacheManager(binance, SYMBOL, limit=5000, ws_interval=100)
        async with manager as socket:
            while True:
                cache = await socket.recv()
                if isinstance(cache, dict):
                    tell_error({name: cache.get(name) for name in ("type", "m")})
                    return
                if cache is not None:
                    last = manager._last_update_id
                    tell_book(last, cache.get_bids()[:10], cache.get_asks()[:10])

    await again(once, wait_s=AGAIN_S)


async def rest() -> None:
    """Ask for the book."""
    binance = await client()
    await poll(lambda: binance.get_order_book(symbol=SYMBOL, limit=100))


if __name__ == "__main__":
    asyncio.set_event_loop_policy(None)
    drive({"trades": trades, "book": book, "rest": rest})
