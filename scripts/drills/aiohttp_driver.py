"""aiohttp with a textbook loop: connect, read, note the error, wait half a second, start over."""

import json

import aiohttp
from published_book import PublishedBook
from telling import KEY, STREAM, SYMBOL, again, drive, poll, tell, tell_trade, urls


async def trades() -> None:
    """Print trades."""
    async with aiohttp.ClientSession() as http:

        async def once() -> None:
            async with http.ws_connect(f"{urls()['ws']}/ws/{STREAM}@trade") as socket:
                tell("connected")
                async for message in socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        tell("other", text=str(message)[:200])
                        continue
                    told = json.loads(message.data)
                    if told.get("e") == "trade":
                        tell_trade(told["t"], told["p"])
                    else:
                        tell("other", text=message.data[:200])
                tell("closed", code=socket.close_code)
                if socket.exception():
                    raise socket.exception()

        await again(once)


async def book() -> None:
    """Keep a book by the published algorithm."""
    async with aiohttp.ClientSession() as http:

        async def snapshot() -> dict:
            url = f"{urls()['rest']}/api/v3/depth?symbol={SYMBOL}&limit=5000"
            async with http.get(url, raise_for_status=True) as answer:
                return await answer.json()

        async def once() -> None:
            async with http.ws_connect(f"{urls()['ws']}/ws/{STREAM}@depth@100ms") as socket:
                kept, first = PublishedBook(), await socket.receive_json()
                await kept.load(snapshot, first["U"])
                kept.apply(first)
                async for message in socket:
                    kept.apply(json.loads(message.data))

        await again(once)


async def rest() -> None:
    """Ask for the book; no timeout but the library's own (five minutes)."""
    async with aiohttp.ClientSession(urls()["rest"], headers={"X-MBX-APIKEY": KEY}) as http:

        async def ask() -> dict:
            url = f"/api/v3/depth?symbol={SYMBOL}&limit=100"
            async with http.get(url, raise_for_status=True) as answer:
                return await answer.json()

        await poll(ask)


if __name__ == "__main__":
    drive({"trades": trades, "book": book, "rest": rest})
