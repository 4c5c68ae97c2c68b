"""Encoding events as the payloads of Binance's streams, fields in the venue's order.

The forms are those of the dialect's API date: on USDⓈ-M with `ps` and `st`, which older captures
do not have. What no event knows is left out or neutral: `ap` of mark prices, `nq` is all of `q`,
`B` of candles is "0", and a partial book of USDⓈ-M names only its last id.

Origin: web-socket-streams.md; derivatives docs.
"""

import msgspec

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarketEvent,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance import amounts
from replayx.venues.binance.dialect import Dialect

_Fields = dict[str, object]
# derivatives docs, 2026-06: st 1 is USDⓈ-M, 2 COIN-M.
_USDM = 1
_ZERO = "0.00000000"
_encode = msgspec.json.encode


def encode(dialect: Dialect, channel: str, event: MarketEvent, now_ms: int) -> bytes:
    """Return an event as the payload of a stream, sent at `now_ms`."""
    futures = dialect.diffs_are_linked
    match event:
        case Trade():
            fields = _futures_trade(event, now_ms) if futures else _trade(event, now_ms)
        case AggTrade():
            fields = _agg_trade(event, now_ms, futures)
        case BookDelta():
            fields = _futures_delta(event, now_ms) if futures else _delta(event, now_ms)
        case BookSnapshot():
            fields = _futures_levels(event, now_ms) if futures else _levels(event)
        case BookTop():
            fields = _futures_top(event, now_ms) if futures else _top(event)
        case Candle():
            fields = _candle(channel, event, now_ms)
        case Ticker():
            fields = _statistics(channel, event, now_ms, futures)
        case AveragePrice():
            fields = _average_price(event, now_ms)
        case MarkPrice():
            fields = _mark_price(event, now_ms)
        case _:
            raise AssertionError(f"{type(event).__name__} is told by no stream")
    return _encode(fields)


def pair_of(symbol: str) -> str:
    """Return what a futures symbol trades: BTCUSDT, of BTCUSDT_260925 too."""
    return symbol.partition("_")[0]


def _head(kind: str, symbol: str, now_ms: int) -> _Fields:
    return {"e": kind, "E": now_ms, "s": symbol}


def _trade(event: Trade, now_ms: int) -> _Fields:
    return {
        **_head("trade", event.symbol, now_ms),
        "t": event.id,
        "p": event.price,
        "q": event.quantity,
        "T": event.time_ms,
        "m": event.buyer_is_maker,
        "M": True,
    }


def _futures_trade(event: Trade, now_ms: int) -> _Fields:
    return {
        "e": "trade",
        "E": now_ms,
        "T": event.time_ms,
        "s": event.symbol,
        "t": event.id,
        "p": event.price,
        "q": event.quantity,
        "X": "MARKET",
        "m": event.buyer_is_maker,
    }


def _agg_trade(event: AggTrade, now_ms: int, futures: bool) -> _Fields:
    return {
        **_head("aggTrade", event.symbol, now_ms),
        "a": event.id,
        "p": event.price,
        "q": event.quantity,
        **({"nq": event.quantity} if futures else {}),
        "f": event.first_id,
        "l": event.last_id,
        "T": event.time_ms,
        "m": event.buyer_is_maker,
        **({"st": _USDM} if futures else {"M": True}),
    }


def _delta(event: BookDelta, now_ms: int) -> _Fields:
    return {
        **_head("depthUpdate", event.symbol, now_ms),
        "U": event.first_id,
        "u": event.last_id,
        "b": event.bids,
        "a": event.asks,
    }


def _futures_depth(symbol: str, time_ms: int, now_ms: int) -> _Fields:
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "T": time_ms or now_ms,
        "s": symbol,
        "ps": pair_of(symbol),
        "st": _USDM,
    }


def _futures_delta(event: BookDelta, now_ms: int) -> _Fields:
    return {
        **_futures_depth(event.symbol, event.time_ms, now_ms),
        "U": event.first_id,
        "u": event.last_id,
        "pu": event.previous_id,
        "b": event.bids,
        "a": event.asks,
    }


def _futures_levels(event: BookSnapshot, now_ms: int) -> _Fields:
    return {
        **_futures_depth(event.symbol, event.time_ms, now_ms),
        "U": event.last_id,
        "u": event.last_id,
        "pu": event.last_id,
        "b": event.bids,
        "a": event.asks,
    }


def _levels(event: BookSnapshot) -> _Fields:
    return {"lastUpdateId": event.last_id, "bids": event.bids, "asks": event.asks}


def _quotes(event: BookTop) -> _Fields:
    """Return the quotes, zeros for a side that is empty."""
    return {
        "b": event.bid or amounts.zero(event.ask or _ZERO),
        "B": event.bid_quantity or amounts.zero(event.ask_quantity or _ZERO),
        "a": event.ask or amounts.zero(event.bid or _ZERO),
        "A": event.ask_quantity or amounts.zero(event.bid_quantity or _ZERO),
    }


def _top(event: BookTop) -> _Fields:
    return {"u": event.last_id, "s": event.symbol, **_quotes(event)}


def _futures_top(event: BookTop, now_ms: int) -> _Fields:
    return {
        "e": "bookTicker",
        "u": event.last_id,
        "E": now_ms,
        "T": event.time_ms or now_ms,
        "s": event.symbol,
        "ps": pair_of(event.symbol),
        **_quotes(event),
        "st": _USDM,
    }


def _candle(channel: str, event: Candle, now_ms: int) -> _Fields:
    word = channel.partition("@")[2].partition("@")[0]
    kind, _, interval = word.partition("_")
    continuous = kind == "continuousKline"
    bar = {
        "t": event.start_ms,
        "T": event.end_ms,
        **({} if continuous else {"s": event.symbol}),
        "i": interval,
        "f": event.first_id,
        "L": event.last_id,
        "o": event.open,
        "c": event.close,
        "h": event.high,
        "l": event.low,
        "v": event.volume,
        "n": event.trade_count,
        "x": event.is_closed,
        "q": event.quote_volume,
        "V": event.taker_volume,
        "Q": event.taker_quote_volume,
        "B": "0",
    }
    if continuous:
        named: _Fields = {"ps": event.symbol, "ct": "PERPETUAL"}
        return {"e": "continuous_kline", "E": now_ms, **named, "k": bar}
    return {**_head("kline", event.symbol, now_ms), "k": bar}


def _statistics(channel: str, event: Ticker, now_ms: int, futures: bool) -> _Fields:
    word = channel.partition("@")[2]
    tail: _Fields = {"ps": pair_of(event.symbol), "st": _USDM} if futures else {}
    if word == "miniTicker":
        return {**_head("24hrMiniTicker", event.symbol, now_ms), **_prices(event), **tail}
    if word != "ticker":
        return _window(word.removeprefix("ticker_"), event, now_ms)
    extras = {} if futures else {"x": event.previous_close or event.open}
    top = event.top or BookTop(event.symbol, 0, "", "", "", "")
    return {
        **_head("24hrTicker", event.symbol, now_ms),
        **_changes(event),
        "w": amounts.average(event.quote_volume, event.volume, event.last),
        **extras,
        "c": event.last,
        "Q": event.last_quantity or amounts.zero(event.volume),
        **({} if futures else _quotes(top)),
        "o": event.open,
        "h": event.high,
        "l": event.low,
        "v": event.volume,
        "q": event.quote_volume,
        **_span(event),
        **tail,
    }


def _window(window: str, event: Ticker, now_ms: int) -> _Fields:
    return {
        **_head(f"{window}Ticker", event.symbol, now_ms),
        **_changes(event),
        "o": event.open,
        "h": event.high,
        "l": event.low,
        "c": event.last,
        "w": amounts.average(event.quote_volume, event.volume, event.last),
        "v": event.volume,
        "q": event.quote_volume,
        **_span(event),
    }


def _changes(event: Ticker) -> _Fields:
    return {
        "p": amounts.difference(event.last, event.open),
        "P": amounts.percentage(event.last, event.open),
    }


def _prices(event: Ticker) -> _Fields:
    return {
        "c": event.last,
        "o": event.open,
        "h": event.high,
        "l": event.low,
        "v": event.volume,
        "q": event.quote_volume,
    }


def _span(event: Ticker) -> _Fields:
    return {
        "O": event.start_ms,
        "C": event.end_ms,
        "F": first_trade_id(event),
        "L": event.last_id,
        "n": event.trade_count,
    }


def first_trade_id(event: Ticker) -> int:
    """Return the id of a window's first trade: ids have no gaps, so that the count tells it."""
    if event.first_id < 0 <= event.last_id and event.trade_count:
        return event.last_id - event.trade_count + 1
    return event.first_id


def _average_price(event: AveragePrice, now_ms: int) -> _Fields:
    return {
        **_head("avgPrice", event.symbol, now_ms),
        "i": f"{event.minutes}m",
        "w": event.price,
        "T": event.time_ms,
    }


def _mark_price(event: MarkPrice, now_ms: int) -> _Fields:
    return {
        **_head("markPriceUpdate", event.symbol, now_ms),
        "p": event.price,
        "i": event.index_price,
        "P": event.settle_price,
        "r": event.funding_rate,
        "T": event.next_funding_ms,
        "st": _USDM,
    }
