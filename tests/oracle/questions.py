"""Requests at an instant, each with the answer that follows by definition."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

from tests.oracle.answer import ANY, Either, Near, Number, ValueOf
from tests.oracle.intervals import DAY_MS, MINUTE_MS, SPOT, USDM, bounds
from tests.oracle.market import AggTrade, Candle, Symbol, sums
from tests.oracle.told import Trade

HOUR_MS = 60 * MINUTE_MS
ZONES = (("0", 0), ("8", 8 * HOUR_MS), ("-1:00", -HOUR_MS), ("05:45", 345 * MINUTE_MS))
WINDOWS = (("1m", MINUTE_MS), ("17m", 17 * MINUTE_MS), ("3h", 3 * HOUR_MS), ("1d", DAY_MS))
AVERAGE_MINUTES = 5


class Question(NamedTuple):
    """A request and what its answer must be."""

    target: str
    expected: ValueOf


class Asker:
    """Makes up requests about a symbol at an instant; `now_ms` is the venue's time then."""

    def __init__(self, name: str, symbol: Symbol, now_ms: int, *, is_futures: bool) -> None:
        self._name = name
        self._symbol = symbol
        self._now_ms = now_ms
        self._is_futures = is_futures

    def questions(self, rng: Random, count: int) -> Iterator[Question]:
        """Yield requests of so many kinds, with parameters by chance."""
        kinds = [self._depth, self._top]
        if self._symbol.trades:
            kinds += [self._price, self._trades, self._trades_from, self._day]
            if self._symbol.agg_trades():
                kinds += [self._agg_last, self._agg_from, self._agg_span]
            kinds += [self._last_klines, self._klines_between]
            if not self._is_futures:
                kinds += [self._klines_of_zone, self._ui_klines]
                kinds += [self._average, self._window, self._trading_day, self._mini]
        for kind in rng.sample(kinds, min(count, len(kinds))):
            yield kind(rng)

    def _ask(self, path: str, expected: ValueOf, **parameters: object) -> Question:
        base = "/fapi/v1/" if self._is_futures else "/api/v3/"
        query = urlencode({"symbol": self._name, **parameters})
        return Question(f"{base}{path}?{query}", expected)

    # ---- book and quotes

    def _depth(self, rng: Random) -> Question:
        limits = (5, 10, 20, 50, 100, 500, 1000) if self._is_futures else (1, 7, 100, 1000, 5000)
        limit = rng.choice(limits)
        bids, asks = self._symbol.book.levels(limit)
        times = {"E": ANY, "T": ANY} if self._is_futures else {}
        levels = {"bids": [list(one) for one in bids], "asks": [list(one) for one in asks]}
        expected = {"lastUpdateId": self._symbol.book.last, **times, **levels}
        return self._ask("depth", expected, limit=limit)

    def _top(self, _rng: Random) -> Question:
        (bid, bids), (ask, asks) = self._symbol.top()
        expected = {"symbol": self._name, "bidPrice": bid, "bidQty": bids}
        expected |= {"askPrice": ask, "askQty": asks}
        return self._ask("ticker/bookTicker", expected | self._time())

    def _price(self, _rng: Random) -> Question:
        price = self._symbol.trades[-1].price
        expected = {"symbol": self._name, "price": price}
        return self._ask("ticker/price", expected | self._time())

    def _time(self) -> dict[str, ValueOf]:
        return {"time": ANY} if self._is_futures else {}

    # ---- trades

    def _trades(self, rng: Random) -> Question:
        limit = rng.choice((1, 10, 500, 1000))
        rows = [self._trade(one) for one in self._symbol.trades[-limit:]]
        return self._ask("trades", rows, limit=limit)

    def _trades_from(self, rng: Random) -> Question:
        trades = self._symbol.trades
        first, limit = rng.randrange(len(trades)), rng.choice((1, 10, 100))
        rows = [self._trade(one) for one in trades[first : first + limit]]
        return self._ask("historicalTrades", rows, fromId=trades[first].id, limit=limit)

    def _trade(self, trade: Trade) -> ValueOf:
        row = {
            "id": trade.id,
            "price": trade.price,
            "qty": trade.quantity,
            # Futures round it to their own precision.
            "quoteQty": (Near if self._is_futures else Number)(trade.cost),
            "time": trade.time_ms,
            "isBuyerMaker": trade.buyer_is_maker,
        }
        return row | ({"isRPITrade": False} if self._is_futures else {"isBestMatch": True})

    def _agg_last(self, rng: Random) -> Question:
        limit = rng.choice((1, 10, 500))
        return self._ask("aggTrades", self._aggs(lambda groups: groups[-limit:]), limit=limit)

    def _agg_from(self, rng: Random) -> Question:
        groups, limit = self._symbol.agg_trades(), rng.choice((1, 10, 500))
        first = rng.randrange(len(groups))
        rows = self._aggs(lambda groups: groups[first : first + limit])
        return self._ask("aggTrades", rows, fromId=groups[first].id, limit=limit)

    def _agg_span(self, rng: Random) -> Question:
        groups, limit = self._symbol.agg_trades(), rng.choice((1, 10, 500))
        start_ms = rng.choice(groups).members[0].time_ms - rng.randrange(3)
        end_ms = start_ms + rng.randrange(HOUR_MS)

        def inside(groups: list[AggTrade]) -> list[AggTrade]:
            return [one for one in groups if start_ms <= one.members[0].time_ms <= end_ms][:limit]

        span = {"startTime": start_ms, "endTime": end_ms}
        return self._ask("aggTrades", self._aggs(inside), **span, limit=limit)

    def _aggs(self, wanted: Callable[[list[AggTrade]], list[AggTrade]]) -> ValueOf:
        groups = self._symbol.agg_trades()
        rows = [self._agg(one) for one in wanted(groups)]
        if groups[-1].members[-1] is not self._symbol.trades[-1]:
            return rows
        return Either((rows, [self._agg(one) for one in wanted(groups[:-1])]))

    def _agg(self, group: AggTrade) -> ValueOf:
        first, last = group.members[0], group.members[-1]
        row = {"a": group.id, "p": first.price, "q": Number(group.quantity)}
        row |= {"nq": ANY} if self._is_futures else {}
        row |= {"f": first.id, "l": last.id, "T": first.time_ms, "m": first.buyer_is_maker}
        return row | ({} if self._is_futures else {"M": True})

    # ---- candles

    def _candle_kind(self, rng: Random) -> dict:
        interval = rng.choice(USDM if self._is_futures else SPOT)
        return {"interval": interval, "limit": rng.choice((1, 10, 500, 1000))}

    def _last_klines(self, rng: Random) -> Question:
        return self._candles("klines", self._candle_kind(rng))

    def _klines_between(self, rng: Random) -> Question:
        first_ms = self._symbol.trades[0].time_ms
        start_ms = rng.randrange(first_ms - MINUTE_MS, self._now_ms + 1)
        span = {"startTime": start_ms, "endTime": start_ms + rng.randrange(HOUR_MS)}
        for left_out in rng.choice(((), ("startTime",), ("endTime",))):
            del span[left_out]
        return self._candles("klines", self._candle_kind(rng) | span)

    def _klines_of_zone(self, rng: Random) -> Question:
        zone, zone_ms = rng.choice(ZONES)
        asked = self._candle_kind(rng) | {"timeZone": zone}
        return self._candles("klines", asked, zone_ms=zone_ms)

    def _ui_klines(self, rng: Random) -> Question:
        return self._candles("uiKlines", self._candle_kind(rng))

    def _candles(self, path: str, asked: dict, *, zone_ms: int = 0) -> Question:
        rows = self._symbol.candles(
            asked["interval"],
            self._now_ms,
            asked["limit"],
            start_ms=asked.get("startTime"),
            end_ms=asked.get("endTime"),
            zone_ms=zone_ms,
        )
        return self._ask(path, [_kline(row) for row in rows], **asked)

    # ---- statistics

    def _day(self, _rng: Random) -> Question:
        start_ms = self._now_ms - DAY_MS
        trades = self._symbol.window(start_ms)
        told = self._statistics(trades, start_ms)
        if not self._is_futures:
            (bid, bids), (ask, asks) = self._symbol.top()
            told |= {"prevClosePrice": ANY, "bidPrice": bid, "bidQty": bids}
            told |= {"askPrice": ask, "askQty": asks}
        told["lastQty"] = self._symbol.trades[-1].quantity
        order = ["symbol", "priceChange", "priceChangePercent", "weightedAvgPrice"]
        order += [] if self._is_futures else ["prevClosePrice"]
        order += ["lastPrice", "lastQty"]
        order += [] if self._is_futures else ["bidPrice", "bidQty", "askPrice", "askQty"]
        order += ["openPrice", "highPrice", "lowPrice", *_TAIL]
        return self._ask("ticker/24hr", {name: told[name] for name in order})

    def _mini(self, _rng: Random) -> Question:
        start_ms = self._now_ms - DAY_MS
        told = self._statistics(self._symbol.window(start_ms), start_ms)
        return self._ask("ticker/24hr", {name: told[name] for name in _MINI}, type="MINI")

    def _window(self, rng: Random) -> Question:
        word, size_ms = rng.choice(WINDOWS)
        start_ms = (self._now_ms - size_ms) // MINUTE_MS * MINUTE_MS
        told = self._statistics(self._symbol.window(start_ms), start_ms)
        return self._ask("ticker", {name: told[name] for name in _ROLLING}, windowSize=word)

    def _trading_day(self, rng: Random) -> Question:
        zone, zone_ms = rng.choice(ZONES)
        start_ms, _ = bounds("1d", self._now_ms, zone_ms)
        told = self._statistics(self._symbol.window(start_ms), start_ms) | {"closeTime": ANY}
        expected = {name: told[name] for name in _ROLLING}
        return self._ask("ticker/tradingDay", expected, timeZone=zone)

    def _average(self, _rng: Random) -> Question:
        start_ms = self._now_ms - AVERAGE_MINUTES * MINUTE_MS
        trades = self._symbol.window(start_ms)
        last = self._symbol.trades[-1]
        volume, cost = sums(trades)
        price = cost / volume if volume else Decimal(last.price)
        expected = {"mins": AVERAGE_MINUTES, "price": Near(price), "closeTime": last.time_ms}
        return self._ask("avgPrice", expected)

    def _statistics(self, trades: list[Trade], start_ms: int) -> dict[str, ValueOf]:
        told: dict[str, ValueOf] = {"symbol": self._name, "openTime": start_ms}
        told |= {"closeTime": self._now_ms, "count": len(trades)}
        if not trades:
            told |= dict.fromkeys(("priceChange", "priceChangePercent", "weightedAvgPrice"), ANY)
            told |= dict.fromkeys(("openPrice", "highPrice", "lowPrice", "lastPrice"), ANY)
            told |= {"volume": Number(Decimal(0)), "quoteVolume": Number(Decimal(0))}
            return told | {"firstId": -1, "lastId": -1}
        prices = [Decimal(trade.price) for trade in trades]
        volume, cost = sums(trades)
        change = prices[-1] - prices[0]
        return told | {
            "priceChange": Number(change),
            "priceChangePercent": Near(100 * change / prices[0]),
            "weightedAvgPrice": Near(cost / volume),
            "openPrice": trades[0].price,
            "highPrice": Number(max(prices)),
            "lowPrice": Number(min(prices)),
            "lastPrice": trades[-1].price,
            "volume": Number(volume),
            "quoteVolume": Number(cost),
            "firstId": trades[0].id,
            "lastId": trades[-1].id,
        }


_TAIL = ("volume", "quoteVolume", "openTime", "closeTime", "firstId", "lastId", "count")
_PRICES = ("openPrice", "highPrice", "lowPrice", "lastPrice")
_MINI = ("symbol", *_PRICES, *_TAIL)
_ROLLING = ("symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", *_PRICES, *_TAIL)


def _kline(row: Candle) -> ValueOf:
    return [
        row.start_ms,
        *(row.open, row.high, row.low, row.close),
        Number(row.volume),
        row.end_ms,
        Number(row.cost),
        row.count,
        *(Number(row.taker_volume), Number(row.taker_cost), "0"),
    ]
