"""ccxt and ccxt.pro: only their base URLs are changed.

ccxt.pro tells spot from swap by the text `/stream` in a socket's URL, which the real host's name
has; here it stands in front of the host, as user information.
"""

import asyncio
import sys

import ccxt.pro
from checks import Checks, check_bars, check_book, check_rising, claim, expect, listeners, origin

MINUTE_MS = 60_000


class Ccxt:
    """One of ccxt's exchanges with one symbol."""

    def __init__(self, exchange, symbol: str):
        self._exchange = exchange
        self._symbol = symbol

    def checks(self):
        """Return the checks by name."""
        names = (
            *("load_markets", "fetch_order_book", "fetch_ticker", "fetch_trades", "fetch_ohlcv"),
            *("fetch_bad_symbol", "watch_trades", "watch_order_book", "watch_ticker"),
            *("watch_ohlcv", "watch_bids_asks", "un_watch_trades"),
        )
        return {name: getattr(self, name) for name in names}

    async def load_markets(self):
        """The rules of both markets load; the symbol can be traded."""
        markets = await self._exchange.load_markets()
        claim(markets[self._symbol]["active"], "not active")
        return f"{len(markets)} markets, {markets[self._symbol]['precision']}"

    async def fetch_order_book(self):
        """The order book has its update id."""
        book = await self._exchange.fetch_order_book(self._symbol, 20)
        claim(book["nonce"], "no update id")
        return check_book(book["bids"], book["asks"], most=20)

    async def fetch_ticker(self):
        """One ticker and the list agree in kind."""
        ticker = await self._exchange.fetch_ticker(self._symbol)
        claim(ticker["low"] <= ticker["last"] <= ticker["high"], str(ticker))
        claim(self._symbol in await self._exchange.fetch_tickers([self._symbol]), "not listed")
        return ticker["last"]

    async def fetch_trades(self):
        """Recent trades, in order."""
        trades = await self._exchange.fetch_trades(self._symbol, limit=50)
        expect(len(trades), 50)
        return check_rising(trade["id"] for trade in trades)

    async def fetch_ohlcv(self):
        """Candles with the limit given and left out."""
        expect(len(await self._exchange.fetch_ohlcv(self._symbol, "1h")), 500)
        rows = await self._exchange.fetch_ohlcv(self._symbol, "1m", limit=100)
        return check_bars(rows, MINUTE_MS, count=100)

    async def fetch_bad_symbol(self):
        """An unknown symbol raises ccxt's own error for it."""
        exchange = self._exchange
        is_spot = ":" not in self._symbol
        ask = exchange.publicGetTickerPrice if is_spot else exchange.fapiPublicGetTickerPrice
        try:
            await ask({"symbol": "NOSUCHCOIN"})
        except ccxt.BadSymbol as error:
            return str(error)
        raise AssertionError("an unknown symbol was answered")

    async def watch_trades(self):
        """Trades arrive with contiguous ids."""
        seen = {}
        while len(seen) < 10:
            for trade in await self._exchange.watch_trades(self._symbol):
                seen[int(trade["id"])] = trade["price"]
        return check_rising(sorted(seen))

    async def watch_order_book(self):
        """The local book joins its snapshot and follows; ccxt checks each sequence number."""
        nonces = set()
        while len(nonces) < 20:
            book = await self._exchange.watch_order_book(self._symbol)
            nonces.add(book["nonce"])
        return check_book(book["bids"][:100], book["asks"][:100], most=100)

    async def watch_ticker(self):
        """The day's ticker is pushed."""
        ticker = await self._exchange.watch_ticker(self._symbol)
        claim(ticker["low"] <= ticker["last"] <= ticker["high"], str(ticker))
        return ticker["last"]

    async def watch_ohlcv(self):
        """The forming candle is pushed."""
        rows = await self._exchange.watch_ohlcv(self._symbol, "1m")
        return check_bars([list(row) for row in rows], MINUTE_MS, count=len(rows))

    async def watch_bids_asks(self):
        """Best bid and ask are pushed."""
        ticker = (await self._exchange.watch_bids_asks([self._symbol]))[self._symbol]
        claim(ticker["bid"] < ticker["ask"], "crossed")
        return f"{ticker['bid']} / {ticker['ask']}"

    async def un_watch_trades(self):
        """Unsubscribing is acknowledged."""
        await self._exchange.un_watch_trades(self._symbol)
        return "unsubscribed"


class CcxtSwap(Ccxt):
    """The same for a perpetual, with what only futures have."""

    def checks(self):
        """Return the checks by name."""
        more = ("fetch_funding", "watch_mark_price")
        return super().checks() | {name: getattr(self, name) for name in more}

    async def fetch_funding(self):
        """Funding, its history and open interest."""
        rate = await self._exchange.fetch_funding_rate(self._symbol)
        rows = await self._exchange.fetch_funding_rate_history(self._symbol, limit=10)
        expect(len(rows), 10)
        claim((await self._exchange.fetch_open_interest(self._symbol))["openInterestAmount"], "0")
        return rate["fundingRate"]

    async def watch_mark_price(self):
        """The mark price is pushed."""
        return (await self._exchange.watch_mark_price(self._symbol))["markPrice"]


def redirect(exchange, urls):
    """Point an exchange at the replay, every base URL of it."""
    spot, usdm = (urls[market] for market in ("binance-spot", "binance-usdm"))
    api = exchange.urls["api"]
    for name, url in list(api.items()):
        if isinstance(url, str):
            path = url.removeprefix(origin(url))
            is_spot = path.startswith(("/api", "/sapi"))
            api[name] = origin((spot if is_spot else usdm)["rest"]) + path
    api["ws"]["spot"] = origin(spot["ws"]).replace("://", "://stream@") + "/ws"
    api["ws"]["linear"] = origin(usdm["ws"]) + "/ws"
    return exchange


async def main() -> int:
    """Run the checks of both markets."""
    checks, urls = Checks(), listeners()
    # As ccxt comes: it loads spot, USDⓈ-M and COIN-M rules.
    spot = redirect(ccxt.pro.binance(), urls)
    await checks.run_all("spot.", Ccxt(spot, "BTC/USDT").checks())
    await spot.close()
    usdm = redirect(ccxt.pro.binanceusdm(), urls)
    await checks.run_all("usdm.", CcxtSwap(usdm, "BTC/USDT:USDT").checks())
    await usdm.close()
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
