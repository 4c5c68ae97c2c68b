"""Tickers, derived: last prices, best quotes, statistics of a day or of a window."""

from replayx.market.events import BookTop, Ticker
from replayx.market.interval import DAY_MS, MINUTE_MS, Interval
from replayx.venues.binance import amounts
from replayx.venues.binance.encoding import first_trade_id
from replayx.venues.binance.question import Question

_Fields = dict[str, object]
_DAY = Interval.parse("1d")


def price(question: Question) -> object | None:
    """Answer for last prices."""
    return question.for_each(_price_of)


def _price_of(question: Question, symbol: str) -> _Fields | None:
    last = question.market.trades(symbol, 1)
    if last:
        found, time_ms = last[-1].price, last[-1].time_ms
    else:
        statistics = question.market.day(symbol)
        if statistics is None:
            return None
        found, time_ms = statistics.last, statistics.end_ms
    time = {"time": time_ms} if question.is_futures else {}
    return {"symbol": symbol, "price": found, **time}


def book_ticker(question: Question) -> object | None:
    """Answer for best quotes."""
    return question.for_each(_book_ticker_of)


def _book_ticker_of(question: Question, symbol: str) -> _Fields | None:
    top = question.market.top(symbol)
    if top is None:
        return None
    time = {"time": top.time_ms or question.market.now_ms} if question.is_futures else {}
    return {"symbol": symbol, **_quotes(top), **time}


def _quotes(top: BookTop) -> _Fields:
    """Return the quotes, zeros for a side that is empty."""
    zero_price = amounts.zero(top.bid or top.ask)
    zero_size = amounts.zero(top.bid_quantity or top.ask_quantity)
    return {
        "bidPrice": top.bid or zero_price,
        "bidQty": top.bid_quantity or zero_size,
        "askPrice": top.ask or zero_price,
        "askQty": top.ask_quantity or zero_size,
    }


def day(question: Question) -> object | None:
    """Answer for the statistics of 24 hours."""
    return question.for_each(_mini_day_of if _is_mini(question) else _day_of)


def rolling(question: Question) -> object | None:
    """Answer for the statistics of a window that ends now.

    rest-api.md: it begins on a minute, up to 59 999 ms before what was asked for.
    """
    start_ms = question.market.now_ms - question.params.window_ms()
    start_ms -= start_ms % MINUTE_MS
    return _since(question, start_ms, question.market.now_ms)


def trading_day(question: Question) -> object | None:
    """Answer for the statistics of today, in a time zone. `closeTime` is when it will end."""
    zone_ms = question.params.zone_ms()
    start_ms = _DAY.start_of(question.market.now_ms, zone_ms)
    return _since(question, start_ms, start_ms + DAY_MS - 1)


def _is_mini(question: Question) -> bool:
    return not question.is_futures and question.params.is_mini()


def _since(question: Question, start_ms: int, end_ms: int) -> object | None:
    form = _mini if question.params.is_mini() else _window

    def answer(question: Question, symbol: str) -> _Fields | None:
        statistics = question.market.window(symbol, start_ms)
        if statistics is None:
            return None
        return form(statistics, start_ms, end_ms)

    return question.for_each(answer, all_if_none=False)


def _mini_day_of(question: Question, symbol: str) -> _Fields | None:
    statistics = question.market.day(symbol)
    if statistics is None:
        return None
    return _mini(statistics, statistics.start_ms, statistics.end_ms)


def _day_of(question: Question, symbol: str) -> _Fields | None:
    statistics = question.market.day(symbol)
    if statistics is None:
        return None
    top = question.market.top(symbol) or statistics.top or _no_quotes(statistics)
    futures = question.is_futures
    last_quantity = statistics.last_quantity or _last_quantity(question, statistics)
    before = {"prevClosePrice": statistics.previous_close or statistics.open}
    return {
        **_changes(statistics),
        **({} if futures else before),
        "lastPrice": statistics.last,
        "lastQty": last_quantity,
        **({} if futures else _quotes(top)),
        "openPrice": statistics.open,
        "highPrice": statistics.high,
        "lowPrice": statistics.low,
        **_amounts(statistics),
        **_span(statistics, statistics.start_ms, statistics.end_ms),
    }


def _no_quotes(statistics: Ticker) -> BookTop:
    nothing, none = amounts.zero(statistics.last), amounts.zero(statistics.volume)
    return BookTop(statistics.symbol, 0, nothing, none, nothing, none)


def _last_quantity(question: Question, statistics: Ticker) -> str:
    last = question.market.trades(statistics.symbol, 1)
    return last[-1].quantity if last else amounts.zero(statistics.volume)


def _window(statistics: Ticker, start_ms: int, end_ms: int) -> _Fields:
    return {
        **_changes(statistics),
        "openPrice": statistics.open,
        "highPrice": statistics.high,
        "lowPrice": statistics.low,
        "lastPrice": statistics.last,
        **_amounts(statistics),
        **_span(statistics, start_ms, end_ms),
    }


def _mini(statistics: Ticker, start_ms: int, end_ms: int) -> _Fields:
    return {
        "symbol": statistics.symbol,
        "openPrice": statistics.open,
        "highPrice": statistics.high,
        "lowPrice": statistics.low,
        "lastPrice": statistics.last,
        **_amounts(statistics),
        **_span(statistics, start_ms, end_ms),
    }


def _changes(statistics: Ticker) -> _Fields:
    last, first = statistics.last, statistics.open
    return {
        "symbol": statistics.symbol,
        "priceChange": amounts.difference(last, first),
        "priceChangePercent": amounts.percentage(last, first),
        "weightedAvgPrice": amounts.average(statistics.quote_volume, statistics.volume, last),
    }


def _amounts(statistics: Ticker) -> _Fields:
    return {"volume": statistics.volume, "quoteVolume": statistics.quote_volume}


def _span(statistics: Ticker, start_ms: int, end_ms: int) -> _Fields:
    return {
        "openTime": start_ms,
        "closeTime": end_ms,
        "firstId": first_trade_id(statistics),
        "lastId": statistics.last_id,
        "count": statistics.trade_count,
    }
