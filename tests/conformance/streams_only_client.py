"""What real clients ask first, of a tape that holds streams and not one answer.

python streams_only_client.py URLS CLIENT
"""

import asyncio
import sys

from checks import Checks, check_bars, check_book, check_rising, claim, expect, listeners, origin

SYMBOL = "BTCUSDT"
MINUTE_MS = 60_000
LEVELS_MAX = 20


class CcxtAsItComes:
    """ccxt without any option: it loads the rules of spot, USDⓈ-M and COIN-M."""

    def __init__(self, urls):
        import ccxt.async_support as ccxt
        from ccxt_client import redirect

        self._exchange = ccxt.binance()
        self._exchange.urls["api"].setdefault("ws", {})
        redirect(self._exchange, urls)

    async def rules(self):
        """Every market of the tape loads, with its steps."""
        markets = await self._exchange.load_markets()
        claim({"BTC/USDT", "BTC/USDT:USDT"} <= set(markets), str(list(markets)))
        claim(markets["BTC/USDT"]["precision"]["price"] < 1, "no step")
        return f"{len(markets)} markets"

    async def market(self):
        """Books, tickers, trades and candles of both markets."""
        for symbol in ("BTC/USDT", "BTC/USDT:USDT"):
            book = await self._exchange.fetch_order_book(symbol, LEVELS_MAX)
            check_book(book["bids"], book["asks"], most=LEVELS_MAX)
            ticker = await self._exchange.fetch_ticker(symbol)
            claim(ticker["low"] <= ticker["last"] <= ticker["high"], str(ticker))
            check_rising(one["id"] for one in await self._exchange.fetch_trades(symbol, limit=10))
            rows = await self._exchange.fetch_ohlcv(symbol, "1m")
            check_bars(rows, MINUTE_MS, count=len(rows))
        return "both markets"

    async def close(self):
        await self._exchange.close()


class PythonBinance:
    """python-binance's client."""

    def __init__(self, urls):
        from binance import Client
        from python_binance_client import redirect

        redirect(urls)
        self._client = Client(ping=False)

    async def rules(self):
        """The symbol's rules."""
        info = await asyncio.to_thread(self._client.get_symbol_info, SYMBOL)
        claim(any(one["filterType"] == "LOT_SIZE" for one in info["filters"]), "no lot size")
        return info["symbol"]

    async def market(self):
        """Book, trades, candles from the beginning, day's ticker."""
        return await asyncio.to_thread(self._market)

    def _market(self):
        book = self._client.get_order_book(symbol=SYMBOL, limit=LEVELS_MAX)
        check_book(book["bids"], book["asks"], most=LEVELS_MAX)
        check_rising(one["id"] for one in self._client.get_recent_trades(symbol=SYMBOL, limit=10))
        first_ms = self._client._get_earliest_valid_timestamp(SYMBOL, "1m")
        rows = self._client.get_historical_klines(SYMBOL, "1m", first_ms - 60 * MINUTE_MS)
        expect(rows[0][0], first_ms)
        check_bars(rows, MINUTE_MS, count=len(rows))
        return self._client.get_ticker(symbol=SYMBOL)["lastPrice"]

    async def close(self):
        self._client.close_connection()


class BinanceConnector:
    """binance-connector's REST client."""

    def __init__(self, urls):
        from binance.spot import Spot

        self._rest = Spot(base_url=origin(urls["binance-spot"]["rest"]), timeout=10)

    async def rules(self):
        """All symbols' rules."""
        info = await asyncio.to_thread(self._rest.exchange_info)
        return [one["symbol"] for one in info["symbols"]]

    async def market(self):
        """Book, trades, candles and every ticker."""
        return await asyncio.to_thread(self._market)

    def _market(self):
        book = self._rest.depth(SYMBOL, limit=LEVELS_MAX)
        check_book(book["bids"], book["asks"], most=LEVELS_MAX)
        check_rising(one["a"] for one in self._rest.agg_trades(SYMBOL, limit=10))
        rows = self._rest.klines(SYMBOL, "1m")
        check_bars(rows, MINUTE_MS, count=len(rows))
        price = self._rest.ticker_price(SYMBOL)["price"]
        claim(self._rest.ticker_24hr(SYMBOL)["lastPrice"], "no ticker")
        claim(self._rest.rolling_window_ticker(SYMBOL)["lastPrice"], "no window")
        claim(self._rest.avg_price(SYMBOL)["price"], "no average")
        return price

    async def close(self):
        self._rest.session.close()


CLIENTS = {
    "ccxt": CcxtAsItComes,
    "python-binance": PythonBinance,
    "binance-connector": BinanceConnector,
}


async def main() -> int:
    """Run the checks of one client."""
    checks, client = Checks(), CLIENTS[sys.argv[2]](listeners())
    await checks.run_all("streams_only.", {"rules": client.rules, "market": client.market})
    await client.close()
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
