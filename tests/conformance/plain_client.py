"""No exchange library: aiohttp for REST, websockets for streams and the WebSocket API."""

import asyncio
import json
import sys
from functools import partial

import aiohttp
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
from websockets.asyncio.client import connect

SYMBOL = "BTCUSDT"
STREAM = "btcusdt"
MINUTE_MS = 60_000


class Plain:
    """One market, spoken to by hand."""

    def __init__(self, http: aiohttp.ClientSession, urls: dict[str, str], *, is_futures: bool):
        self._http = http
        self._rest = origin(urls["rest"]) + ("/fapi/v1/" if is_futures else "/api/v3/")
        self._ws = origin(urls["ws"])
        self._wsapi = urls["wsapi"]
        self._is_futures = is_futures
        # USDⓈ-M serves books and trades on one path, everything else on another.
        self._public = self._ws + ("/public" if is_futures else "")
        self._market = self._ws + ("/market" if is_futures else "")

    def checks(self):
        """Return the checks by name."""
        names = (
            *("rest_time", "rest_types", "rest_mistakes", "rest_symbol_lists"),
            *("stream_control", "stream_mistakes", "stream_paths", "stream_ping"),
            *("stream_equal_bytes", "stream_partial_book", "stream_local_book", "wsapi"),
        )
        return {name: getattr(self, name) for name in names}

    async def get(self, path: str, *, status: int = 200, **params):
        """Return the JSON of a GET."""
        async with self._http.get(self._rest + path, params=params) as answer:
            text = await answer.text()
            claim(answer.status == status, f"{path} {params}: {answer.status} {text[:200]}")
            claim(answer.content_type == "application/json", answer.content_type)
            return json.loads(text)

    async def rest_time(self):
        """The venue's time moves, and stands near the events' times."""
        expect(await self.get("ping"), {})
        first = (await self.get("time"))["serverTime"]
        async with connect(f"{self._public}/ws/{STREAM}@depth@100ms") as socket:
            event_ms = json.loads(await socket.recv())["E"]
        last = (await self.get("time"))["serverTime"]
        claim(first < last, "the time stands still")
        claim(first - 1000 <= event_ms <= last, f"{first} .. {event_ms} .. {last}")
        return last

    async def rest_types(self):
        """Prices are strings, ids and times are integers."""
        book = await self.get("depth", symbol=SYMBOL, limit=10)
        check_book(book["bids"], book["asks"], most=10)
        rows = await self.get("klines", symbol=SYMBOL, interval="1m", limit=20)
        expect([type(value) for value in rows[0][:8]], [int] + [str] * 5 + [int, str])
        trades = await self.get("trades", symbol=SYMBOL, limit=20)
        check_rising(trade["id"] for trade in trades)
        expect({type(trade["price"]) for trade in trades}, {str})
        aggs = await self.get("aggTrades", symbol=SYMBOL, limit=20)
        expect([agg["f"] for agg in aggs[1:]], [agg["l"] + 1 for agg in aggs[:-1]])
        return check_bars(rows, MINUTE_MS, count=20)

    async def rest_mistakes(self):
        """Mistakes are answered with the venue's codes."""
        mistakes = (
            ("klines", {"symbol": "NOSUCHCOIN", "interval": "1m"}, -1121),
            ("klines", {"symbol": SYMBOL, "interval": "7m"}, -1120),
            ("depth", {}, -1102),
        )
        for path, params, code in mistakes:
            expect((await self.get(path, status=400, **params))["code"], code)
        never_asked = await self.get("kline", status=404, symbol=SYMBOL, interval="1m")
        claim("Nearest recorded" in never_asked["msg"], never_asked["msg"])
        return never_asked["msg"]

    async def rest_symbol_lists(self):
        """Answers about several symbols; parameter order and encoding do not matter."""
        info = await self.get("exchangeInfo")
        expect([one["symbol"] for one in info["symbols"]], ["BTCUSDT", "ETHUSDT"])
        if self._is_futures:
            return len(await self.get("ticker/24hr"))
        rows = await self.get("ticker/24hr", symbols='["ETHUSDT","BTCUSDT"]', type="MINI")
        expect({row["symbol"] for row in rows}, {"BTCUSDT", "ETHUSDT"})
        return len(rows)

    async def stream_control(self):
        """SUBSCRIBE, LIST_SUBSCRIPTIONS, UNSUBSCRIBE and properties, ids echoed with their type."""
        stream = f"{STREAM}@bookTicker"
        async with connect(self._public + "/ws") as socket:

            async def ask(identity, method, *params):
                await socket.send(json.dumps({"method": method, "params": params, "id": identity}))
                while "id" not in (answer := json.loads(await socket.recv())):
                    expect(answer.get("data", answer)["s"], SYMBOL)
                expect(answer["id"], identity)
                return answer["result"]

            expect(await ask(1, "SUBSCRIBE", stream), None)
            expect(await ask("two", "LIST_SUBSCRIPTIONS"), [stream])
            claim("u" in json.loads(await socket.recv()), "not a bookTicker")
            expect(await ask(3, "SET_PROPERTY", "combined", True), None)
            expect(json.loads(await socket.recv())["stream"], stream)
            expect(await ask(4, "GET_PROPERTY", "combined"), True)
        return "subscribed, listed, wrapped"

    async def stream_mistakes(self):
        """What is not a command is answered with an error, and the connection lives on."""
        async with connect(self._public + "/ws") as socket:
            for wrong in ("this is not json", '{"method":"NO_SUCH_METHOD","id":1}'):
                await socket.send(wrong)
                claim("error" in json.loads(await socket.recv()), wrong)
            await socket.send('{"method":"LIST_SUBSCRIPTIONS","id":2}')
            expect(json.loads(await socket.recv()), {"result": [], "id": 2})
        return "refused twice"

    async def stream_paths(self):
        """Every form of path delivers."""
        bare = (
            f"{self._public}/ws/{STREAM}@trade",
            f"{self._public}/ws/{STREAM}@trade/{STREAM}@bookTicker",
        )
        for address in bare:
            async with connect(address) as socket:
                expect(json.loads(await socket.recv())["s"], SYMBOL)
        streams = f"{STREAM}@aggTrade/{STREAM}@kline_1m/{STREAM}@miniTicker"
        async with connect(f"{self._market}/stream?streams={streams}") as socket:
            seen = set()
            while len(seen) < 3:
                message = json.loads(await socket.recv())
                expect(list(message), ["stream", "data"])
                seen.add(message["stream"])
        for empty in ("/ws", "/ws/", "/ws/0", "/stream"):
            async with connect(self._public + empty) as socket:
                await socket.send(
                    json.dumps({"method": "SUBSCRIBE", "params": [f"{STREAM}@trade"], "id": 1})
                )
                text = [await socket.recv(), await socket.recv()]
                claim(any('"result":null' in one for one in text), f"{empty}: {text}")
        return sorted(seen)

    async def stream_ping(self):
        """A client's ping is answered with its own payload."""
        address = f"{self._public}/ws/{STREAM}@trade"
        async with connect(address, ping_interval=None) as socket:
            return f"{await (await socket.ping(b'replayx')) * 1000:.1f} ms"

    async def stream_equal_bytes(self):
        """Two clients of one stream get the same bytes."""
        address = f"{self._public}/ws/{STREAM}@bookTicker"

        async def take(socket):
            return [await socket.recv() for _ in range(30)]

        async with connect(address) as one, connect(address, compression=None) as other:
            first, second = await asyncio.gather(take(one), take(other))
        shared = set(first) & set(second)
        claim(len(shared) >= 25, f"{len(shared)} of 30 in common")
        return f"{len(shared)} of 30"

    async def stream_partial_book(self):
        """Partial books are sorted, and fresh."""
        async with connect(f"{self._public}/ws/{STREAM}@depth20@100ms") as socket:
            first, second = [json.loads(await socket.recv()) for _ in range(2)]
        bids, asks, last = ("b", "a", "u") if self._is_futures else ("bids", "asks", "lastUpdateId")
        claim(first[last] < second[last], "the book stands still")
        return check_book(second[bids], second[asks], most=20)

    async def stream_local_book(self):
        """A local book by the venue's recipe, asked for at an arbitrary moment."""
        async with connect(f"{self._public}/ws/{STREAM}@depth@100ms") as socket:
            buffered = [json.loads(await socket.recv())]
            while True:
                snapshot = await self.get("depth", symbol=SYMBOL, limit=1000)
                if snapshot["lastUpdateId"] >= buffered[0]["U"]:
                    break
                buffered.append(json.loads(await socket.recv()))
            book = LocalBook(snapshot, is_futures=self._is_futures)
            for message in buffered:
                book.apply(message)
            while book.applied < 30:
                book.apply(json.loads(await socket.recv()))
        return f"{book.applied} differences joined"

    async def wsapi(self):
        """The WebSocket API answers what REST answers, ids echoed."""
        async with connect(self._wsapi) as socket:

            async def ask(method, **params):
                identity = method.replace(".", "-")  # an id has letters, digits, - and _ only
                request = {"id": identity, "method": method, "params": params}
                await socket.send(json.dumps(request))
                answer = json.loads(await socket.recv())
                expect(answer["id"], identity)
                return answer

            book = (await ask("depth", symbol=SYMBOL, limit=5))["result"]
            price = (await ask("ticker.price", symbol=SYMBOL))["result"]
            expect(price["symbol"], SYMBOL)
            refused = await ask("depth", symbol="NOSUCHCOIN")
            expect((refused["status"], refused["error"]["code"]), (400, -1121))
        return check_book(book["bids"], book["asks"], most=5)


async def main() -> int:
    """Run the checks of both markets."""
    checks, urls = Checks(), listeners()
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        make = partial(Plain, http)
        spot = make(urls["binance-spot"], is_futures=False)
        await checks.run_all("spot.", spot.checks())
        usdm = make(urls["binance-usdm"], is_futures=True)
        await checks.run_all("usdm.", usdm.checks())
    return min(1, checks.failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
