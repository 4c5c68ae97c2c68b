"""Binance Spot REST answers: the state of the market at the instant they are asked for.

Origin: binance-spot-api-docs, rest-api.md (2026-07); sections named at each answer's function.
"""

from demo_market.candles import MINUTE_MS, Candle
from demo_market.day_ticker import WindowStatistics, average_price, window
from demo_market.instrument import Instrument
from demo_market.trading import Trading


def depth(trading: Trading, _at_ms: int, limit: int) -> dict[str, object]:
    """Return an order book."""
    one, book = trading.instrument, trading.book
    return {
        "lastUpdateId": trading.update_id,
        "bids": one.levels(book.bids.top(limit)),
        "asks": one.levels(book.asks.top(limit)),
    }


def trades(trading: Trading, _at_ms: int, limit: int) -> list[dict[str, object]]:
    """Return the recent trades list."""
    one = trading.instrument
    return [
        {
            "id": made.id,
            "price": one.price(made.price),
            "qty": one.lots(made.lots),
            "quoteQty": one.worth(made.worth),
            "time": made.at_ms,
            "isBuyerMaker": made.buyer_is_maker,
            "isBestMatch": True,
        }
        for made in trading.trades[-limit:]
    ]


def agg_trades(trading: Trading, _at_ms: int, limit: int) -> list[dict[str, object]]:
    """Return the compressed trades list."""
    one = trading.instrument
    return [
        {
            "a": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "f": made.first_id,
            "l": made.last_id,
            "T": made.at_ms,
            "m": made.buyer_is_maker,
            "M": True,
        }
        for made in trading.agg_trades[-limit:]
    ]


def kline_row(one: Instrument, bar: Candle) -> list[object]:
    """Return one row of a klines answer."""
    return [
        bar.open_ms,
        one.price(bar.open),
        one.price(bar.high),
        one.price(bar.low),
        one.price(bar.close),
        one.lots(bar.lots),
        bar.close_ms,
        one.worth(bar.worth),
        bar.count,
        one.lots(bar.taker_lots),
        one.worth(bar.taker_worth),
        "0",
    ]


def klines(trading: Trading, _at_ms: int, interval: str, limit: int) -> list[list[object]]:
    """Return the newest bars, the forming one last."""
    return [kline_row(trading.instrument, bar) for bar in trading.candles[interval].bars[-limit:]]


def klines_until(
    trading: Trading, _at_ms: int, interval: str, end_ms: int, limit: int
) -> list[list[object]]:
    """Return the newest bars that opened up to `end_ms`."""
    bars = [bar for bar in trading.candles[interval].bars if bar.open_ms <= end_ms]
    return [kline_row(trading.instrument, bar) for bar in bars[-limit:]]


def price(trading: Trading, _at_ms: int) -> dict[str, object]:
    """Return the symbol price ticker."""
    one = trading.instrument
    return {"symbol": one.symbol, "price": one.price(trading.last_trade.price)}


def book_ticker(trading: Trading, _at_ms: int) -> dict[str, object]:
    """Return the symbol order book ticker."""
    one = trading.instrument
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return {
        "symbol": one.symbol,
        "bidPrice": one.price(bid),
        "bidQty": one.lots(bid_lots),
        "askPrice": one.price(ask),
        "askQty": one.lots(ask_lots),
    }


def average(trading: Trading, _at_ms: int) -> dict[str, object]:
    """Return the current average price."""
    one = trading.instrument
    mean = average_price(trading.candles["1m"])
    return {"mins": 5, "price": one.price(mean), "closeTime": trading.last_trade.at_ms}


def day(trading: Trading, at_ms: int) -> dict[str, object]:
    """Return the 24 h ticker."""
    one, last = trading.instrument, trading.last_trade
    stats = window(trading.candles["1m"], at_ms)
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return {
        "symbol": one.symbol,
        **_change(one, stats),
        "prevClosePrice": one.price(stats.previous_close),
        "lastPrice": one.price(stats.close),
        "lastQty": one.lots(last.lots),
        "bidPrice": one.price(bid),
        "bidQty": one.lots(bid_lots),
        "askPrice": one.price(ask),
        "askQty": one.lots(ask_lots),
        "openPrice": one.price(stats.open),
        "highPrice": one.price(stats.high),
        "lowPrice": one.price(stats.low),
        **_tail(one, stats),
    }


def mini_day(trading: Trading, at_ms: int) -> dict[str, object]:
    """Return the 24 h ticker of type MINI."""
    one = trading.instrument
    return {"symbol": one.symbol, **_prices(one, window(trading.candles["1m"], at_ms))}


def rolling(trading: Trading, at_ms: int, span_ms: int) -> dict[str, object]:
    """Return the rolling window ticker: its opening snaps to the minute."""
    snapped = at_ms // MINUTE_MS * MINUTE_MS - span_ms
    return _rolling(trading, at_ms, at_ms - snapped)


def trading_day(trading: Trading, at_ms: int) -> dict[str, object]:
    """Return the trading day ticker: since midnight UTC."""
    stats_ms = at_ms % (24 * 60 * MINUTE_MS)
    answer = _rolling(trading, at_ms, stats_ms)
    return {**answer, "closeTime": at_ms - stats_ms + 24 * 60 * MINUTE_MS - 1}


def _rolling(trading: Trading, at_ms: int, span_ms: int) -> dict[str, object]:
    one = trading.instrument
    stats = window(trading.candles["1m"], at_ms, span_ms=span_ms)
    return {"symbol": one.symbol, **_change(one, stats), **_prices(one, stats)}


def _change(one: Instrument, stats: WindowStatistics) -> dict[str, object]:
    return {
        "priceChange": one.price(stats.change),
        "priceChangePercent": stats.percent,
        "weightedAvgPrice": one.price(stats.mean),
    }


def _prices(one: Instrument, stats: WindowStatistics) -> dict[str, object]:
    return {
        "openPrice": one.price(stats.open),
        "highPrice": one.price(stats.high),
        "lowPrice": one.price(stats.low),
        "lastPrice": one.price(stats.close),
        **_tail(one, stats),
    }


def _tail(one: Instrument, stats: WindowStatistics) -> dict[str, object]:
    return {
        "volume": one.lots(stats.lots),
        "quoteVolume": one.worth(stats.worth),
        "openTime": stats.open_ms,
        "closeTime": stats.close_ms,
        "firstId": stats.first_id,
        "lastId": stats.last_id,
        "count": stats.count,
    }
