"""Candles by definition: group all trades by bucket, add up as decimals."""

from decimal import Decimal

from replayx.market.events import Candle
from tests.oracle.intervals import bounds


def total(trades):
    """Return what some trades add up to, by the names of a candle's fields."""
    trades = sorted(trades, key=lambda one: (one.time_ms, one.id))
    taker = [one for one in trades if not one.buyer_is_maker]
    return {
        "open": Decimal(trades[0].price),
        "high": max(Decimal(one.price) for one in trades),
        "low": min(Decimal(one.price) for one in trades),
        "close": Decimal(trades[-1].price),
        "volume": sum(Decimal(one.quantity) for one in trades),
        "quote_volume": sum(Decimal(one.quantity) * Decimal(one.price) for one in trades),
        "trade_count": len(trades),
        "taker_volume": sum(Decimal(one.quantity) for one in taker),
        "taker_quote_volume": sum(Decimal(one.quantity) * Decimal(one.price) for one in taker),
        "first_id": min(one.id for one in trades),
        "last_id": max(one.id for one in trades),
    }


def flat(close):
    """Return a candle in which nothing was traded."""
    zeros = ("volume", "quote_volume", "trade_count", "taker_volume", "taker_quote_volume")
    return (
        dict.fromkeys(("open", "high", "low", "close"), close)
        | dict.fromkeys(zeros, 0)
        | {"first_id": -1, "last_id": -1}
    )


def brute_candles(trades, interval, now_ms, *, shift_ms=0, zone_ms=0):
    """Return all candles from the first trade's to the one open now, as dicts."""
    times = [one.time_ms + shift_ms for one in trades]
    now_ms = max(now_ms, *times)
    start_ms, end_ms = bounds(interval, min(times), zone_ms)
    found, close = [], None
    while start_ms <= now_ms:
        here = [one for one in trades if start_ms <= one.time_ms + shift_ms <= end_ms]
        row = total(here) if here else flat(close)
        close = row["close"]
        found.append(row | {"start_ms": start_ms, "end_ms": end_ms, "is_closed": end_ms < now_ms})
        start_ms, end_ms = bounds(interval, end_ms + 1, zone_ms)
    return found


TEXTS = ("open", "high", "low", "close", "volume", "quote_volume")
TAKER_TEXTS = ("taker_volume", "taker_quote_volume")
OTHERS = ("trade_count", "first_id", "last_id", "start_ms", "end_ms", "is_closed")


def values(candle):
    """Return a candle as `brute_candles` gives it."""
    texts = {name: Decimal(getattr(candle, name)) for name in (*TEXTS, *TAKER_TEXTS)}
    return texts | {name: getattr(candle, name) for name in OTHERS}


def as_candle(symbol, row, *, has_ids=True):
    """Return a row of `brute_candles` as a venue tells it: a stream with ids, an answer without."""
    texts = {name: str(row[name]) for name in (*TEXTS, *TAKER_TEXTS)}
    others = {name: row[name] for name in OTHERS}
    if not has_ids:
        others |= {"first_id": -1, "last_id": -1, "is_closed": True}
    return Candle(symbol, **texts, **others)
