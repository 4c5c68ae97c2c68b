"""USDⓈ-M futures stream payloads, key order and types as the venue sends them.

Origin: the derivatives documentation of 2026-10: pair (`ps`) and book (`st`, 1 = USDⓈ-M) stand in
most payloads since the engines were joined; klines and trades have neither.
"""

from demo_market.candles import Candle, Trade
from demo_market.day_ticker import window
from demo_market.instrument import Instrument
from demo_market.pricing import Mark
from demo_market.spot_wire import bar, json_text
from demo_market.trading import AggTrade, Differences, Trading

USDM_BOOK = 1


def trade(one: Instrument, event_ms: int, made: Trade) -> bytes:
    """Return a `@trade` payload."""
    return json_text(
        {
            "e": "trade",
            "E": event_ms,
            "T": made.at_ms,
            "s": one.symbol,
            "t": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "X": "MARKET",
            "m": made.buyer_is_maker,
        }
    )


def agg_trade(one: Instrument, event_ms: int, made: AggTrade) -> bytes:
    """Return an `@aggTrade` payload; `nq` is the quantity without retail price improvement."""
    return json_text(
        {
            "e": "aggTrade",
            "E": event_ms,
            "s": one.symbol,
            "a": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "nq": one.lots(made.lots),
            "f": made.first_id,
            "l": made.last_id,
            "T": made.at_ms,
            "m": made.buyer_is_maker,
            "st": USDM_BOOK,
        }
    )


def book_ticker(trading: Trading, event_ms: int) -> bytes:
    """Return a `@bookTicker` payload."""
    one = trading.instrument
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return json_text(
        {
            "e": "bookTicker",
            "u": trading.update_id,
            "E": event_ms,
            "T": trading.changed_ms,
            "s": one.symbol,
            "ps": one.symbol,
            "b": one.price(bid),
            "B": one.lots(bid_lots),
            "a": one.price(ask),
            "A": one.lots(ask_lots),
            "st": USDM_BOOK,
        }
    )


def differences(one: Instrument, event_ms: int, changed: Differences, previous: int) -> bytes:
    """Return a `@depth` payload: `pu` is the u before, ids may skip."""
    ids = (changed.first_id, changed.last_id, previous)
    return _depth(one, event_ms, ids, one.levels(changed.bids), one.levels(changed.asks))


def partial(trading: Trading, event_ms: int, count: int, ids: tuple[int, int]) -> bytes:
    """Return a `@depth5|10|20` payload: the envelope of a difference; ids are U and pu."""
    one, book = trading.instrument, trading.book
    bids, asks = one.levels(book.bids.top(count)), one.levels(book.asks.top(count))
    return _depth(one, event_ms, (ids[0], trading.update_id, ids[1]), bids, asks)


def _depth(
    one: Instrument,
    event_ms: int,
    ids: tuple[int, int, int],
    bids: list[tuple[str, str]],
    asks: list[tuple[str, str]],
) -> bytes:
    return json_text(
        {
            "e": "depthUpdate",
            "E": event_ms,
            "T": event_ms - 1,
            "s": one.symbol,
            "ps": one.symbol,
            "st": USDM_BOOK,
            "U": ids[0],
            "u": ids[1],
            "pu": ids[2],
            "b": bids,
            "a": asks,
        }
    )


def kline(one: Instrument, event_ms: int, interval: str, candle: Candle, *, closed: bool) -> bytes:
    """Return a `@kline_<interval>` payload."""
    k = bar(one, interval, candle, closed=closed)
    return json_text({"e": "kline", "E": event_ms, "s": one.symbol, "k": k})


def continuous_kline(
    one: Instrument, event_ms: int, interval: str, candle: Candle, *, closed: bool
) -> bytes:
    """Return a `<pair>_perpetual@continuousKline_<interval>` payload."""
    k = bar(one, interval, candle, closed=closed)
    del k["s"]
    head = {"e": "continuous_kline", "E": event_ms, "ps": one.symbol, "ct": "PERPETUAL"}
    return json_text({**head, "k": k})


def mini_ticker(trading: Trading, event_ms: int) -> dict[str, object]:
    """Return a `@miniTicker` payload, not yet text."""
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
        "q": one.worth(day.worth, decimals=2),
        "ps": one.symbol,
        "st": USDM_BOOK,
    }


def ticker(trading: Trading, event_ms: int) -> bytes:
    """Return a `@ticker` payload: no bid, ask or previous close here."""
    one = trading.instrument
    day = window(trading.candles["1m"], event_ms)
    return json_text(
        {
            "e": "24hrTicker",
            "E": event_ms,
            "s": one.symbol,
            "p": one.price(day.change),
            "P": day.percent,
            "w": one.price(day.mean),
            "c": one.price(day.close),
            "Q": one.lots(trading.last_trade.lots),
            "o": one.price(day.open),
            "h": one.price(day.high),
            "l": one.price(day.low),
            "v": one.lots(day.lots),
            "q": one.worth(day.worth, decimals=2),
            "O": day.open_ms,
            "C": day.close_ms,
            "F": day.first_id,
            "L": day.last_id,
            "n": day.count,
            "ps": one.symbol,
            "st": USDM_BOOK,
        }
    )


def mark_price(one: Instrument, event_ms: int, mark: Mark) -> dict[str, object]:
    """Return a `@markPrice` payload, not yet text: the all-market array holds it too."""
    return {
        "e": "markPriceUpdate",
        "E": event_ms,
        "s": one.symbol,
        "p": mark.mark,
        "i": mark.index,
        "P": mark.settle,
        "r": mark.funding_rate,
        "ap": mark.average,
        "T": mark.next_funding_ms,
        "st": USDM_BOOK,
    }


def force_order(one: Instrument, event_ms: int, made: AggTrade) -> bytes:
    """Return a `@forceOrder` payload: a position was closed by this taker order."""
    order = {
        "s": one.symbol,
        "S": "SELL" if made.buyer_is_maker else "BUY",
        "o": "LIMIT",
        "f": "IOC",
        "q": one.lots(made.lots),
        "p": one.price(made.price),
        "ap": one.price(made.price),
        "X": "FILLED",
        "l": one.lots(made.lots),
        "z": one.lots(made.lots),
        "T": made.at_ms,
    }
    head = {"e": "forceOrder", "E": event_ms}
    return json_text({**head, "o": order, "ps": one.symbol, "st": USDM_BOOK})
