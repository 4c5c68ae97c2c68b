"""`websockets` with the loop of its documentation, `async for socket in connect(...)`."""

import json

import aiohttp
from published_book import OutOfSyncError, PublishedBook
from telling import STREAM, SYMBOL, drive, tell, tell_error, tell_trade, urls
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def trades() -> None:
    """Print trades; the library connects again by itself, with a growing pause."""
    async for socket in connect(f"{urls()['ws']}/ws/{STREAM}@trade"):
        tell("connected")
        try:
            async for text in socket:
                try:
                    message = json.loads(text)
                except ValueError as error:
                    tell_error(error)
                    continue
                if message.get("e") == "trade":
                    tell_trade(message["t"], message["p"])
                else:
                    tell("other", text=str(text)[:200])
            tell("closed", code=socket.close_code)
        except ConnectionClosed as error:
            tell_error(error)


async def book() -> None:
    """Keep a book by the published algorithm."""
    async with aiohttp.ClientSession() as http:

        async def snapshot() -> dict:
            url = f"{urls()['rest']}/api/v3/depth?symbol={SYMBOL}&limit=5000"
            async with http.get(url, raise_for_status=True) as answer:
                return await answer.json()

        async for socket in connect(f"{urls()['ws']}/ws/{STREAM}@depth@100ms", max_queue=None):
            try:
                kept, first = PublishedBook(), json.loads(await socket.recv())
                await kept.load(snapshot, first["U"])
                kept.apply(first)
                async for text in socket:
                    kept.apply(json.loads(text))
            except (ConnectionClosed, OutOfSyncError, aiohttp.ClientError) as error:
                tell_error(error)


if __name__ == "__main__":
    drive({"trades": trades, "book": book})
