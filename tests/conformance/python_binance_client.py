"""python-binance: AsyncClient, BinanceSocketManager, DepthCacheManager, the WebSocket API."""

import asyncio
import sys

from binance import AsyncClient, BinanceSocketManager, DepthCacheManager
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException
from checks import Checks, check_bars, check_book, check_rising, claim, expect, listeners, origin

SYMBOL = "BTCUSDT"
MINUTE_MS = 60_000


class PythonBinance:
    """A client that was created, with its socket manager."""

    def __init__(self, client: AsyncClient):
        self._client = client
        self._sockets = BinanceSocketManager(client)

    def checks(self):
        """Return the checks by name."""
        names = (
            *("rest", "rest_tickers", "rest_bad_symbol", "trade_socket", "agg_trade_socket"),
            *("kline_socket", "depth_socket", "multiplex_socket", "depth_cache", "wsapi"),
            *("futures_rest", "futures_agg_trade_socket", "futures_depth_socket"),
            *("futures_kline_socket", "futures_mark_price_socket", "futures_wsapi"),
        )
        return {name: getattr(self, name) for name in names}

    async def take(self, socket, count: int):
        """Return the first messages of a socket, out of their envelopes."""
        messages = []
        async with socket as opened:
            while len(messages) < count:
                message = await opened.recv()
                claim(message.get("e") != "error", str(message))
                messages.append(message.get("data", message))
        return messages

    async def rest(self):
        """Rules, book, trades and candles."""
        claim(await self._client.get_symbol_info(SYMBOL), "no such symbol")
        book = await self._client.get_order_book(symbol=SYMBOL, limit=50)
        check_book(book["bids"], book["asks"], most=50)
        trades = await self._client.get_recent_trades(symbol=SYMBOL, limit=100)
        check_rising(trade["id"] for trade in trades)
        rows = await self._client.get_klines(symbol=SYMBOL, interval="1m", limit=1000)
        return check_bars(rows, MINUTE_MS, count=1000)

    async def rest_tickers(self):
        """The tickers agree with each other."""
        day = await self._client.get_ticker(symbol=SYMBOL)
        top = await self._client.get_orderbook_ticker(symbol=SYMBOL)
        price = await self._client.get_symbol_ticker(symbol=SYMBOL)
        expect({day["symbol"], top["symbol"], price["symbol"]}, {SYMBOL})
        claim(float(day["lowPrice"]) <= float(price["price"]) <= float(day["highPrice"]), str(day))
        expect(len(await self._client.get_all_tickers()), 2)
        return (await self._client.get_avg_price(symbol=SYMBOL))["price"]

    async def rest_bad_symbol(self):
        """An unknown symbol raises with the venue's code."""
        try:
            await self._client.get_klines(symbol="NOSUCHCOIN", interval="1m")
        except BinanceAPIException as error:
            expect((error.status_code, error.code), (400, -1121))
            return str(error)
        raise AssertionError("an unknown symbol was answered")

    async def trade_socket(self):
        """Trades have contiguous ids."""
        messages = await self.take(self._sockets.trade_socket(SYMBOL), 10)
        return check_rising(message["t"] for message in messages)

    async def agg_trade_socket(self):
        """Aggregates have contiguous ids."""
        messages = await self.take(self._sockets.aggtrade_socket(SYMBOL), 10)
        return check_rising(message["a"] for message in messages)

    async def kline_socket(self):
        """The forming candle."""
        message = (await self.take(self._sockets.kline_socket(SYMBOL, "1m"), 1))[0]
        expect((message["k"]["s"], message["k"]["i"]), (SYMBOL, "1m"))
        return message["k"]["c"]

    async def depth_socket(self):
        """Differences are contiguous; partial books are sorted."""
        diffs = await self.take(self._sockets.depth_socket(SYMBOL, interval=100), 20)
        expect([diff["U"] for diff in diffs[1:]], [diff["u"] + 1 for diff in diffs[:-1]])
        partial = self._sockets.depth_socket(SYMBOL, depth="10", interval=100)
        book = (await self.take(partial, 1))[0]
        return check_book(book["bids"], book["asks"], most=10)

    async def multiplex_socket(self):
        """Several streams on one connection."""
        wanted = {f"btcusdt@{name}" for name in ("trade", "bookTicker", "miniTicker", "ticker")}
        seen = set()
        async with self._sockets.multiplex_socket(sorted(wanted)) as opened:
            while seen != wanted:
                seen.add((await opened.recv())["stream"])
        return sorted(seen)

    async def depth_cache(self):
        """A depth cache follows without starting over more than once."""
        manager = DepthCacheManager(self._client, SYMBOL, limit=500, ws_interval=100)
        starts, begin = [], manager._init_cache

        async def counted():
            starts.append(1)
            await begin()

        manager._init_cache = counted
        async with manager:
            for _ in range(30):
                cache = await manager.recv()
        claim(len(starts) <= 2, f"started over {len(starts)} times")
        return check_book(cache.get_bids()[:100], cache.get_asks()[:100], most=100)

    async def wsapi(self):
        """The WebSocket API."""
        claim((await self._client.ws_get_time())["serverTime"], "no time")
        book = await self._client.ws_get_order_book(symbol=SYMBOL, limit=10)
        rows = await self._client.ws_get_klines(symbol=SYMBOL, interval="1m", limit=10)
        check_bars(rows, MINUTE_MS, count=10)
        return check_book(book["bids"], book["asks"], most=10)

    async def futures_rest(self):
        """USDⓈ-M: rules, book, candles, mark price, funding."""
        info = await self._client.futures_exchange_info()
        expect({one["contractType"] for one in info["symbols"]}, {"PERPETUAL"})
        book = await self._client.futures_order_book(symbol=SYMBOL, limit=50)
        check_book(book["bids"], book["asks"], most=50)
        rows = await self._client.futures_klines(symbol=SYMBOL, interval="1m", limit=20)
        check_bars(rows, MINUTE_MS, count=20)
        expect(len(await self._client.futures_funding_rate(symbol=SYMBOL, limit=3)), 3)
        claim((await self._client.futures_open_interest(symbol=SYMBOL))["openInterest"], "none")
        return (await self._client.futures_mark_price(symbol=SYMBOL))["markPrice"]

    async def futures_agg_trade_socket(self):
        """USDⓈ-M aggregates have contiguous ids."""
        messages = await self.take(self._sockets.aggtrade_futures_socket(SYMBOL), 10)
        return check_rising(message["a"] for message in messages)

    async def futures_depth_socket(self):
        """USDⓈ-M differences are chained by `pu`."""
        diffs = await self.take(self._sockets.futures_depth_socket(SYMBOL, depth=""), 10)
        expect([diff["pu"] for diff in diffs[1:]], [diff["u"] for diff in diffs[:-1]])
        return f"{len(diffs)} differences"

    async def futures_kline_socket(self):
        """USDⓈ-M continuous candles."""
        message = (await self.take(self._sockets.kline_futures_socket(SYMBOL, "1m"), 1))[0]
        expect((message["e"], message["ps"]), ("continuous_kline", SYMBOL))
        return message["k"]["c"]

    async def futures_mark_price_socket(self):
        """USDⓈ-M mark price."""
        message = (await self.take(self._sockets.symbol_mark_price_socket(SYMBOL), 1))[0]
        expect((message["e"], message["s"]), ("markPriceUpdate", SYMBOL))
        return message["p"]

    async def futures_wsapi(self):
        """The USDⓈ-M WebSocket API."""
        book = await self._client.ws_futures_get_order_book(symbol=SYMBOL, limit=10)
        return check_book(book["bids"], book["asks"], most=10)


def redirect(urls) -> None:
    """Point the library at the replay: class attributes, set before a client is made."""
    spot, usdm = (urls[market] for market in ("binance-spot", "binance-usdm"))
    BaseClient.API_URL = origin(spot["rest"]) + "/api"
    BaseClient.FUTURES_URL = origin(usdm["rest"]) + "/fapi"
    BaseClient.WS_API_URL = spot["wsapi"]
    BaseClient.WS_FUTURES_URL = usdm["wsapi"]
    BinanceSocketManager.STREAM_URL = origin(spot["ws"]) + "/"
    BinanceSocketManager.FSTREAM_URL = origin(usdm["ws"]) + "/"


async def main() -> int:
    """Run the checks."""
    checks, made = Checks(), []
    redirect(listeners())

    async def create():
        made.append(await AsyncClient.create())
        return "pinged, asked for the time"

    await checks.run("create", create)
    for client in made:
        await checks.run_all("", PythonBinance(client).checks())
        await client.close_connection()
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
