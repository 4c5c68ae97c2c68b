"""binance-connector: SpotWebsocketStreamClient with callbacks, and Spot. It has no order book."""

import asyncio
import json
import threading

from binance.spot import Spot
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient
from telling import KEY, STREAM, SYMBOL, drive, poll, tell, tell_error, tell_trade, urls


async def trades() -> None:
    """Read trades through callbacks. The examples do nothing when it closes: neither does this."""

    def take(_: object, text: str) -> None:
        message = json.loads(text)
        if message.get("e") == "trade":
            tell_trade(message["t"], message["p"])
        else:
            tell("other", text=text[:200])

    threading.excepthook = lambda given: (tell_error(given.exc_value), tell("ended"))
    client = SpotWebsocketStreamClient(
        stream_url=urls()["ws"],
        on_message=take,
        on_error=lambda _, error: tell_error(error),
        on_close=lambda _: tell("closed"),
    )
    client.trade(symbol=STREAM, id=1)
    await asyncio.Event().wait()


async def rest() -> None:
    """Ask for the book. Its timeout is None unless the user gives one."""
    spot = Spot(KEY, KEY, base_url=urls()["rest"])
    await poll(lambda: asyncio.to_thread(spot.depth, SYMBOL, limit=100))


if __name__ == "__main__":
    drive({"trades": trades, "rest": rest})
