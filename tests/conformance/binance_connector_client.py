"""binance-connector: Spot, SpotWebsocketStreamClient, SpotWebsocketAPIClient; all of it blocks."""

import asyncio
import json
import queue
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient
from checks import (
    Checks,
    LocalBook,
    check_bars,
    check_book,
    check_rising,
    claim,
    expect,
    listeners,
    origin,
)

SYMBOL = "BTCUSDT"
STREAM = "btcusdt"
MINUTE_MS = 60_000
PATIENCE_S = 15


class Connector:
    """The library's three clients of Binance Spot."""

    def __init__(self, urls: dict[str, str]):
        self._rest = Spot(base_url=origin(urls["rest"]), timeout=10)
        self._stream_url = origin(urls["ws"])
        self._wsapi_url = urls["wsapi"]

    def checks(self):
        """Return the checks by name, each run in a thread."""
        names = (
            *("rest", "rest_klines", "rest_tickers", "rest_mistakes", "stream_subscribe"),
            *("stream_differences", "stream_combined", "stream_local_book", "wsapi"),
        )
        return {name: lambda name=name: asyncio.to_thread(getattr(self, name)) for name in names}

    @contextmanager
    def stream(self, *, is_combined: bool = False) -> Iterator[tuple]:
        """Open a stream client; give it, and a function that takes the next messages."""
        messages = queue.Queue()
        client = SpotWebsocketStreamClient(
            stream_url=self._stream_url,
            on_message=lambda _, text: messages.put(text),
            is_combined=is_combined,
        )
        try:
            yield client, lambda: json.loads(messages.get(timeout=PATIENCE_S))
        finally:
            client.stop()

    def rest(self):
        """Time, rules, book and trades."""
        claim(self._rest.time()["serverTime"], "no time")
        info = self._rest.exchange_info(symbols=[SYMBOL])
        expect([one["symbol"] for one in info["symbols"]], [SYMBOL])
        check_rising(trade["id"] for trade in self._rest.trades(SYMBOL, limit=10))
        check_rising(agg["a"] for agg in self._rest.agg_trades(SYMBOL, limit=20))
        book = self._rest.depth(SYMBOL, limit=1000)
        return check_book(book["bids"], book["asks"], most=1000)

    def rest_klines(self):
        """Candles of several intervals."""
        check_bars(self._rest.klines(SYMBOL, "5m", limit=3), 5 * MINUTE_MS, count=3)
        check_bars(self._rest.klines(SYMBOL, "1d", limit=30), 1440 * MINUTE_MS, count=30)
        return check_bars(self._rest.ui_klines(SYMBOL, "1m", limit=3), MINUTE_MS, count=3)

    def rest_tickers(self):
        """Every kind of ticker."""
        day = self._rest.ticker_24hr(SYMBOL)
        expect(day["closeTime"] - day["openTime"], 1440 * MINUTE_MS)
        mini = self._rest.ticker_24hr(symbols=[SYMBOL], type="MINI")[0]
        claim("bidPrice" not in mini, "not a MINI ticker")
        expect(self._rest.rolling_window_ticker(SYMBOL, windowSize="1h")["symbol"], SYMBOL)
        expect(self._rest.trading_day_ticker(SYMBOL)["symbol"], SYMBOL)
        expect(self._rest.avg_price(SYMBOL)["mins"], 5)
        return self._rest.ticker_price(SYMBOL)["price"]

    def rest_mistakes(self):
        """Mistakes raise with the venue's codes."""
        for ask, code in (
            (lambda: self._rest.depth("NOSUCHCOIN"), -1121),
            (lambda: self._rest.klines(SYMBOL, "7m"), -1120),
        ):
            try:
                ask()
            except ClientError as error:
                expect((error.status_code, error.error_code), (400, code))
            else:
                raise AssertionError(f"answered instead of {code}")
        return "-1121, -1120"

    def stream_subscribe(self):
        """Subscribe, list, unsubscribe; then silence."""
        with self.stream() as (client, take):
            client.agg_trade(symbol=STREAM, id=1)
            expect(take(), {"result": None, "id": 1})
            ids = check_rising([take()["a"] for _ in range(5)])
            client.list_subscribe(id=2)
            while "id" not in (answer := take()):
                pass
            expect(answer["result"], [f"{STREAM}@aggTrade"])
            action = SpotWebsocketStreamClient.ACTION_UNSUBSCRIBE
            client.agg_trade(symbol=STREAM, id=3, action=action)
            while "id" not in take():
                pass
            client.list_subscribe(id=4)
            expect(take(), {"result": [], "id": 4})
        return ids

    def stream_differences(self):
        """Differences are contiguous."""
        with self.stream() as (client, take):
            client.diff_book_depth(symbol=STREAM, speed=100, id=1)
            take()
            diffs = [take() for _ in range(20)]
        expect([diff["U"] for diff in diffs[1:]], [diff["u"] + 1 for diff in diffs[:-1]])
        return f"{len(diffs)} differences"

    def stream_combined(self):
        """Several streams in envelopes."""
        names = ("bookTicker", "kline_1m", "trade", "miniTicker", "depth5@100ms")
        wanted = {f"{STREAM}@{name}" for name in names}
        seen, deadline = set(), time.monotonic() + PATIENCE_S
        with self.stream(is_combined=True) as (client, take):
            client.subscribe(stream=sorted(wanted), id=1)
            while seen != wanted and time.monotonic() < deadline:
                seen.add(take().get("stream"))
                seen.discard(None)
        expect(seen, wanted)
        return sorted(seen)

    def stream_local_book(self):
        """A local book by the venue's recipe."""
        with self.stream() as (client, take):
            client.diff_book_depth(symbol=STREAM, speed=100, id=1)
            take()
            buffered = [take()]
            while True:
                snapshot = self._rest.depth(SYMBOL, limit=1000)
                if snapshot["lastUpdateId"] >= buffered[0]["U"]:
                    break
                buffered.append(take())
            book = LocalBook(snapshot, is_futures=False)
            for message in buffered:
                book.apply(message)
            while book.applied < 20:
                book.apply(take())
        return f"{book.applied} differences joined"

    def wsapi(self):
        """The WebSocket API, and an error through it."""
        answers = queue.Queue()
        client = SpotWebsocketAPIClient(
            stream_url=self._wsapi_url, on_message=lambda _, text: answers.put(text)
        )
        try:
            client.order_book(symbol=SYMBOL, limit=5, id="book")
            book = json.loads(answers.get(timeout=PATIENCE_S))
            expect((book["id"], book["status"]), ("book", 200))
            client.klines(symbol=SYMBOL, interval="1m", limit=3, id="bars")
            rows = json.loads(answers.get(timeout=PATIENCE_S))["result"]
            check_bars(rows, MINUTE_MS, count=3)
            client.order_book(symbol="NOSUCHCOIN", id="wrong")
            refused = json.loads(answers.get(timeout=PATIENCE_S))
            expect((refused["status"], refused["error"]["code"]), (400, -1121))
        finally:
            client.stop()
        return check_book(book["result"]["bids"], book["result"]["asks"], most=5)


async def main() -> int:
    """Run the checks."""
    checks = Checks()
    await checks.run_all("", Connector(listeners()["binance-spot"]).checks())
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
