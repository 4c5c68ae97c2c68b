"""A market of a few trades, as answers are derived from it: small enough to check by eye."""

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.market_view import Increments

NOW_MS = 1_700_000_090_500
MINUTE_MS = 60_000
START_MS = NOW_MS - NOW_MS % MINUTE_MS - MINUTE_MS  # of the first of two candles
BTC = "BTCUSDT"

TRADES = tuple(
    Trade(BTC, 100 + k, f"2000{k}.10000000", "0.50000000", START_MS + 10_000 * k, k % 2 == 0)
    for k in range(9)
)


class SmallMarket:
    """BTCUSDT has everything, ETHUSDT nothing but best quotes, XRPUSDT is only named."""

    now_ms = NOW_MS

    def __init__(self):
        self.asked = []

    def symbols(self):
        return (BTC, "ETHUSDT", "XRPUSDT")

    def book(self, symbol, levels):
        if symbol != BTC:
            return None
        bids = tuple((f"{20000 - k}.00000000", "1.00000000") for k in range(200))
        asks = tuple((f"{20001 + k}.00000000", "2.00000000") for k in range(200))
        return BookSnapshot(BTC, 77, bids[:levels], asks[:levels], NOW_MS - 5)

    def top(self, symbol):
        if symbol == BTC:
            return BookTop(BTC, 77, "20000.0", "1.00", "20001.0", "2.00", NOW_MS - 5)
        if symbol == "ETHUSDT":
            return BookTop(symbol, 5, "1500.0", "3.00", "", "", NOW_MS - 7)
        return None

    def trades(self, symbol, limit, *, from_id=None):
        if symbol != BTC:
            return ()
        if from_id is None:
            return TRADES[-limit:]
        return tuple(one for one in TRADES if one.id >= from_id)[:limit]

    def agg_trades(self, symbol, limit, *, from_id=None, start_ms=None, end_ms=None):
        found = [
            AggTrade(BTC, one.id - 60, one.price, one.quantity, one.id, one.id, one.time_ms,
                     one.buyer_is_maker)
            for one in TRADES
            if symbol == BTC
        ]  # fmt: skip
        found = [one for one in found if end_ms is None or one.time_ms <= end_ms]
        if from_id is not None:
            return [one for one in found if one.id >= from_id][:limit]
        if start_ms is not None:
            return [one for one in found if one.time_ms >= start_ms][:limit]
        return found[-limit:]

    def candles(self, symbol, interval, limit, *, start_ms=None, end_ms=None, zone_ms=0):
        self.asked.append((interval, limit, start_ms, end_ms, zone_ms))
        if symbol != BTC:
            return ()
        found = [
            Candle(BTC, at, at + MINUTE_MS - 1, "1.0", "4.0", "0.5", "2.0", "9.0", "18.0", 2,
                   "4.0", "8.0")
            for at in (START_MS, START_MS + MINUTE_MS)
        ]  # fmt: skip
        found = [one for one in found if end_ms is None or one.start_ms <= end_ms]
        if start_ms is not None:
            return [one for one in found if one.start_ms >= start_ms][:limit]
        return found[-limit:]

    def window(self, symbol, start_ms):
        return self._statistics(symbol, start_ms)

    def day(self, symbol):
        return self._statistics(symbol, NOW_MS - 86_400_000)

    def _statistics(self, symbol, start_ms):
        if symbol != BTC:
            return None
        return Ticker(
            *(BTC, start_ms, NOW_MS, "2000.00", "4.00", "0.50", "1999.50", "10.000", "18.00"),
            *(100, 108, 9),
        )

    def average_price(self, symbol):
        return AveragePrice(BTC, 5, "9.35751834", NOW_MS - 9) if symbol == BTC else None

    def mark_price(self, symbol):
        return MarkPrice(BTC, "1", "2", "3", "4", 5, 6) if symbol == BTC else None

    def increments(self, symbol):
        if symbol == BTC:
            return Increments("0.01000000", "0.00001000")
        return Increments("0.10", "0.001") if symbol == "ETHUSDT" else None
