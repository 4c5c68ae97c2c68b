"""ccxt.pro's watch_order_book, following until a line comes in on stdin.

Arguments and output as of plain_books.py. ccxt starts over by rejecting with an error, a
ChecksumError where a sequence number does not follow; each that reaches the caller is counted.
"""

import asyncio
import json
import sys

import ccxt.pro
from checks import origin


class Watched:
    """One of ccxt's books."""

    def __init__(self, exchange, market: str, symbol: str) -> None:
        self._exchange = exchange
        self._symbol = symbol
        self.market = market
        self.applied = self.resyncs = self.closed = 0
        self.complaints: list[str] = []

    async def follow(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._exchange.watch_order_book(self._symbol)
                self.applied += 1
            except ccxt.NetworkError as error:
                # The server closed the connection, as after a seek. ChecksumError is one, too.
                if isinstance(error, ccxt.ChecksumError):
                    self._note(error)
                else:
                    self.closed += 1
                await asyncio.sleep(0.02)
            except ccxt.BaseError as error:
                self._note(error)

    def _note(self, error: Exception) -> None:
        self.resyncs += 1
        self.complaints.append(f"{type(error).__name__}: {error}")

    def told(self) -> dict:
        """Return what is told of it."""
        book = self._exchange.orderbooks.get(self._symbol) or {"bids": [], "asks": [], "nonce": 0}
        return {
            "market": self.market,
            "channel": "watch_order_book",
            "symbol": self._symbol.partition(":")[0].replace("/", ""),
            "resyncs": self.resyncs,
            "connects": 1 + self.closed,
            "applied": self.applied,
            "last": book["nonce"],
            "complaints": self.complaints[:5],
            "bids": [[float(price), float(size)] for price, size, *_ in book["bids"][:1000]],
            "asks": [[float(price), float(size)] for price, size, *_ in book["asks"][:1000]],
        }


def exchanges(urls: dict) -> list:
    """Return the markets' exchanges, with changed base URLs."""
    made = []
    for market, kind, name in (
        ("binance-spot", "spot", ccxt.pro.binance),
        ("binance-usdm", "linear", ccxt.pro.binanceusdm),
    ):
        if market not in urls:
            continue
        options = {"fetchMarkets": {"types": [kind]}}
        if kind == "linear" and sys.argv[2:] == ["recorded"]:
            options["watchOrderBookRate"] = "0"  # as the capture has it
        exchange = name({"options": options})
        api = exchange.urls["api"]
        for part, url in list(api.items()):
            if isinstance(url, str):
                api[part] = origin(urls[market]["rest"]) + url.removeprefix(origin(url))
        socket = origin(urls[market]["ws"])
        # ccxt.pro tells spot from swap by `/stream` in the socket's URL.
        api["ws"][kind] = (
            socket.replace("://", "://stream@") if kind == "spot" else socket
        ) + "/ws"
        made.append((market, exchange))
    return made


async def main() -> None:
    """Follow, and tell."""
    made, watched = exchanges(json.loads(sys.argv[1])), []
    for market, exchange in made:
        await exchange.load_markets()
        suffix = "" if market == "binance-spot" else ":USDT"
        symbols = (f"BTC/USDT{suffix}", f"ETH/USDT{suffix}")
        watched += [Watched(exchange, market, symbol) for symbol in symbols]
    tasks = [asyncio.create_task(one.follow()) for one in watched]
    await asyncio.to_thread(sys.stdin.readline)
    failed = [repr(task.exception()) for task in tasks if task.done()]
    books = [one.told() for one in watched]
    print(json.dumps({"books": books, "failed": failed}), flush=True)  # noqa: T201
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for _, exchange in made:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main())
