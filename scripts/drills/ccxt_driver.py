"""ccxt.pro with the loop of its manual: watch, catch, watch again."""

import ccxt.pro
from telling import again, drive, poll, tell_book, tell_trade, urls

SYMBOL = "BTC/USDT"


async def exchange() -> ccxt.pro.binance:
    """Return ccxt's Binance, pointed at the server and its markets loaded.

    ccxt.pro tells spot from swap by `/stream` in the socket's URL; here it stands in front of the
    host, as user information.
    """
    made = ccxt.pro.binance({"options": {"fetchMarkets": {"types": ["spot"]}}})
    api = made.urls["api"]
    for part, url in list(api.items()):
        if isinstance(url, str):
            api[part] = urls()["rest"] + url.removeprefix("/".join(url.split("/")[:3]))
    api["ws"]["spot"] = urls()["ws"].replace("://", "://stream@") + "/ws"
    await made.load_markets()
    return made


async def trades() -> None:
    """Watch trades. `newUpdates`: a call returns what is new, as is the default."""
    binance = await exchange()

    async def once() -> None:
        while True:
            for trade in await binance.watch_trades(SYMBOL):
                tell_trade(trade["id"], trade["price"])

    await again(once)


async def book() -> None:
    """Watch the order book."""
    binance = await exchange()

    async def once() -> None:
        while True:
            told = await binance.watch_order_book(SYMBOL)
            tell_book(told["nonce"], told["bids"][:10], told["asks"][:10])

    await again(once)


async def rest() -> None:
    """Ask for the book."""
    binance = await exchange()

    async def ask() -> dict:
        told = await binance.fetch_order_book(SYMBOL, 100)
        return {"lastUpdateId": told["nonce"]}

    await poll(ask)


if __name__ == "__main__":
    drive({"trades": trades, "book": book, "rest": rest})
