"""Binance Spot stream payloads, key order and types as the venue sends them.

Origin: binance-spot-api-docs, web-socket-streams.md (2026-07).
"""

import msgspec

from demo_market.candles import Candle, Trade
from demo_market.day_ticker import average_price, window
from demo_market.instrument import Instrument
from demo_market.trading import AggTrade, Differences, Trading

json_text = msgspec.json.encode


def trade(one: Instrument, event_ms: int, made: Trade) -> bytes:
    """Return a `@trade` payload."""
    return json_text(
        {
            "e": "trade",
            "E": event_ms,
            "s": one.symbol,
            "t": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "T": made.at_ms,
            "m": made.buyer_is_maker,
            "M": True,
        }
    )


def agg_trade(one: Instrument, event_ms: int, made: AggTrade) -> bytes:
    """Return an `@aggTrade` payload."""
    return json_text(
        {
            "e": "aggTrade",
            "E": event_ms,
            "s": one.symbol,
            "a": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "f": made.first_id,
            "l": made.last_id,
            "T": made.at_ms,
            "m": made.buyer_is_maker,
            "M": True,
        }
    )


def book_ticker(trading: Trading, _event_ms: int) -> bytes:
    """Return a `@bookTicker` payload: no event type, no time."""
    one = trading.instrument
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return json_text(
        {
            "u": trading.update_id,
            "s": one.symbol,
            "b": one.price(bid),
            "B": one.lots(bid_lots),
            "a": one.price(ask),
            "A": one.lots(ask_lots),
        }
    )


def differences(one: Instrument, event_ms: int, changed: Differences, previous: int) -> bytes:
    """Return a `@depth` payload: U is always the u before plus one."""
    return json_text(
        {
            "e": "depthUpdate",
            "E": event_ms,
            "s": one.symbol,
            "U": previous + 1,
            "u": changed.last_id,
            "b": one.levels(changed.bids),
            "a": one.levels(changed.asks),
        }
    )


def partial(trading: Trading, _event_ms: int, count: int, _ids: tuple[int, int]) -> bytes:
    """Return a `@depth5|10|20` payload: no symbol, no time."""
    one, book = trading.instrument, trading.book
    return json_text(
        {
            "lastUpdateId": trading.update_id,
            "bids": one.levels(book.bids.top(count)),
            "asks": one.levels(book.asks.top(count)),
        }
    )


def bar(one: Instrument, interval: str, candle: Candle, *, closed: bool) -> dict[str, object]:
    """Return the `k` of a kline payload."""
    return {
        "t": candle.open_ms,
        "T": candle.close_ms,
        "s": one.symbol,
        "i": interval,
        "f": candle.first_id,
        "L": candle.last_id,
        "o": one.price(candle.open),
        "c": one.price(candle.close),
        "h": one.price(candle.high),
        "l": one.price(candle.low),
        "v": one.lots(candle.lots),
        "n": candle.count,
        "x": closed,
        "q": one.worth(candle.worth),
        "V": one.lots(candle.taker_lots),
        "Q": one.worth(candle.taker_worth),
        "B": "0",
    }


def kline(one: Instrument, event_ms: int, interval: str, candle: Candle, *, closed: bool) -> bytes:
    """Return a `@kline_<interval>` payload."""
    k = bar(one, interval, candle, closed=closed)
    return json_text({"e": "kline", "E": event_ms, "s": one.symbol, "k": k})


def mini_ticker(trading: Trading, event_ms: int) -> dict[str, object]:
    """Return a `@miniTicker` payload, not yet text: the all-market array holds it too."""
    one = trading.instrument
    day = window(trading.candles["1m"], event_ms)
    return {
        "e": "24hrMiniTicker",
        "E": event_ms,
        "s": one.symbol,
        "c": one.price(day.close),
        "o": one.price(day.open),
        "h": one.price(day.high),
        "l": one.price(day.low),
        "v": one.lots(day.lots),
        "q": one.worth(day.worth),
    }


def ticker(trading: Trading, event_ms: int) -> bytes:
    """Return a `@ticker` payload."""
    one = trading.instrument
    day = window(trading.candles["1m"], event_ms)
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return json_text(
        {
            "e": "24hrTicker",
            "E": event_ms,
            "s": one.symbol,
            "p": one.price(day.change),
            "P": day.percent,
            "w": one.price(day.mean),
            "x": one.price(day.previous_close),
            "c": one.price(day.close),
            "Q": one.lots(trading.last_trade.lots),
            "b": one.price(bid),
            "B": one.lots(bid_lots),
            "a": one.price(ask),
            "A": one.lots(ask_lots),
            "o": one.price(day.open),
            "h": one.price(day.high),
            "l": one.price(day.low),
            "v": one.lots(day.lots),
            "q": one.worth(day.worth),
            "O": day.open_ms,
            "C": day.close_ms,
            "F": day.first_id,
            "L": day.last_id,
            "n": day.count,
        }
    )


def average(trading: Trading, event_ms: int) -> bytes:
    """Return an `@avgPrice` payload."""
    one = trading.instrument
    return json_text(
        {
            "e": "avgPrice",
            "E": event_ms,
            "s": one.symbol,
            "i": "5m",
            "w": one.price(average_price(trading.candles["1m"])),
            "T": trading.last_trade.at_ms,
        }
    )
