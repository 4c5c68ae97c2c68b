"""Which REST requests the recorded client made, how often, and what was answered.

Snapshots follow each difference message at once (every 100 ms): a client that asks for one at any
moment gets a book that joins the differences it is about to receive. No venue's rate limit would
bear that; a made-up market has none.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

from demo_market import exchange_info, spot_rest, usdm_rest
from demo_market.feed import Feed
from demo_market.history import DAY_MS, HOUR_MS
from demo_market.instrument import instruments
from demo_market.market import Market
from demo_market.spot_wire import json_text

ONCE = 0
MINUTE_MS = 60_000
# How often prices and how often lists are asked for: demos and bots look at BTCUSDT most.
PERIODS = {"BTCUSDT": (2000, 10_000), "ETHUSDT": (10_000, 30_000)}
KLINE_LIMITS = {
    "1m": ("3", "5", "10", "20", "50", "100", "", "1000"),
    "5m": ("3", "20", "100", ""),
    "1h": ("3", "24", "100", ""),
    "1d": ("30", "100", ""),
}
# An omitted limit is 500 rows, and a thousand are what makes the file large: the first are asked
# for every minute, the second at the start and on the hour; of ETHUSDT there are fewer.
LARGE_PERIODS = {
    "BTCUSDT": {"": MINUTE_MS, "1000": HOUR_MS},
    "ETHUSDT": {"": HOUR_MS, "1000": ONCE},
}
SPOT_BOOKS = {"1000": 1000, "500": 500, "": 100, "50": 50, "20": 20, "10": 10, "5": 5, "5000": 5000}
USDM_BOOKS = {"1000": 1000, "": 500, "100": 100, "50": 50, "20": 20, "10": 10, "5": 5}
# Books that are asked for after every difference message, besides those of a thousand levels:
# 5 to look at the top, 500 because python-binance starts its depth cache from it.
DIFFERENCE_MS = 100
FRESH_BOOKS = {"binance-spot": {"5", "500"}, "binance-usdm": {"5"}}
TRADE_LIMITS = ("5", "10", "20", "50", "100", "", "1000")
PAGE_ROWS = 1000


class Poll(NamedTuple):
    """One request made every so often; the answer is told from the state at that moment."""

    target: str
    period_ms: int
    answer: Callable[[int], object]
    feed: Feed | None = None  # asked again only when this feed's book has moved


class Exchange(NamedTuple):
    """A request and its answer."""

    target: str
    status: int
    body: bytes


class Polling:
    """The requests of one market. Call `due` once per tick, after the tick's messages."""

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._polls = list(_polls(market, seed))
        self._update_ids: dict[str, int] = {}

    def opening(self) -> Iterator[Exchange]:
        """Yield what is asked at the tape's start: everything once, and the mistakes."""
        for poll in self._polls:
            yield self._asked(poll, self._market.start_ms)
        yield from _mistakes(self._market.name)

    def due(self, at_ms: int) -> Iterator[Exchange]:
        """Yield what is asked at a tick."""
        for poll in self._polls:
            if poll.period_ms == ONCE or at_ms % poll.period_ms:
                continue
            if poll.feed is not None:
                update_id = poll.feed.trading.update_id
                if self._update_ids.get(poll.target) == update_id:
                    continue
                self._update_ids[poll.target] = update_id
            yield self._asked(poll, at_ms)

    def _asked(self, poll: Poll, at_ms: int) -> Exchange:
        return Exchange(poll.target, 200, json_text(poll.answer(at_ms)))


def target(path: str, **params: object) -> str:
    """Return a request target; parameters that are empty are left out."""
    pairs = [f"{name}={quote(str(value))}" for name, value in params.items() if value != ""]
    return path + ("?" + "&".join(pairs) if pairs else "")


def _polls(market: Market, seed: int) -> Iterator[Poll]:
    is_spot = market.name == "binance-spot"
    base = "/api/v3/" if is_spot else "/fapi/v1/"
    yield Poll(base + "ping", ONCE, lambda _: {})
    yield Poll(base + "time", ONCE, lambda at_ms: {"serverTime": at_ms})
    yield from _spot_wide(market) if is_spot else _usdm_wide(market, seed)
    for feed in market.feeds:
        yield from _books(feed, base)
        yield from _trades(feed, base)
        yield from _klines(feed, base)
        yield from _spot_prices(feed) if is_spot else _usdm_prices(feed, seed)


def _books(feed: Feed, base: str) -> Iterator[Poll]:
    is_spot = base == "/api/v3/"
    rest, symbol = spot_rest if is_spot else usdm_rest, feed.instrument.symbol
    books = SPOT_BOOKS if is_spot else USDM_BOOKS
    often = {"1000"} | (FRESH_BOOKS[feed.instrument.market] if symbol == "BTCUSDT" else set())
    for limit, rows in books.items():
        period_ms = DIFFERENCE_MS if limit in often else PERIODS[symbol][0]
        asked = target(base + "depth", symbol=symbol, limit=limit)
        yield Poll(asked, period_ms, _on(rest.depth, feed, rows), feed)


def _on(function: Callable[..., object], feed: Feed, *rest: object) -> Callable[[int], object]:
    """Return a poll's answer from an answer function of (trading, time, ...)."""
    return lambda at_ms: function(feed.trading, at_ms, *rest)


def _trades(feed: Feed, base: str) -> Iterator[Poll]:
    rest = spot_rest if base == "/api/v3/" else usdm_rest
    symbol, period_ms = feed.instrument.symbol, PERIODS[feed.instrument.symbol][1]
    for path, function in (("trades", rest.trades), ("aggTrades", rest.agg_trades)):
        for limit in TRADE_LIMITS:
            every_ms = LARGE_PERIODS[symbol].get(limit, period_ms)
            if every_ms == ONCE:
                continue
            asked = target(base + path, symbol=symbol, limit=limit)
            yield Poll(asked, every_ms, _on(function, feed, int(limit or 500)))
    yield Poll(
        target(base + "aggTrades", symbol=symbol, limit=1),
        period_ms,
        _on(rest.agg_trades, feed, 1),
    )
    asked = target(base + "historicalTrades", symbol=symbol, limit=100)
    yield Poll(asked, MINUTE_MS, _on(rest.trades, feed, 100))


def _klines(feed: Feed, base: str) -> Iterator[Poll]:
    symbol, period_ms = feed.instrument.symbol, PERIODS[feed.instrument.symbol][1]
    for interval, limits in KLINE_LIMITS.items():
        for limit in limits:
            every_ms = LARGE_PERIODS[symbol].get(limit, period_ms)
            if every_ms == ONCE or (interval != "1m" and limit == "" and symbol != "BTCUSDT"):
                continue
            if interval != "1m":  # long bars: nobody asks for them often
                every_ms = MINUTE_MS if limit else LARGE_PERIODS[symbol]["1000"]
            asked = target(base + "klines", symbol=symbol, interval=interval, limit=limit)
            rows = int(limit or 500)
            yield Poll(asked, every_ms, _on(spot_rest.klines, feed, interval, rows))
    if symbol == "BTCUSDT":
        yield _history_page(feed, base)
    if base == "/api/v3/":
        asked = target(base + "uiKlines", symbol=symbol, interval="1m", limit=3)
        yield Poll(asked, period_ms, _on(spot_rest.klines, feed, "1m", 3))
        return
    for limit in ("3", "100"):
        asked = target(
            base + "continuousKlines",
            pair=symbol,
            contractType="PERPETUAL",
            interval="1m",
            limit=limit,
        )
        yield Poll(asked, period_ms, _on(spot_rest.klines, feed, "1m", int(limit)))


def _history_page(feed: Feed, base: str) -> Poll:
    """Return the page of one-minute bars before the thousand that any client can ask for."""
    bars = feed.trading.candles["1m"].bars
    end_ms = bars[-PAGE_ROWS].open_ms - 1
    asked = target(
        base + "klines",
        symbol=feed.instrument.symbol,
        interval="1m",
        endTime=end_ms,
        limit=PAGE_ROWS,
    )
    return Poll(asked, ONCE, _on(spot_rest.klines_until, feed, "1m", end_ms, PAGE_ROWS))


def _spot_prices(feed: Feed) -> Iterator[Poll]:
    symbol = feed.instrument.symbol
    second_ms, period_ms = PERIODS[symbol]
    one = partial(target, symbol=symbol)
    for path, function in (("price", spot_rest.price), ("bookTicker", spot_rest.book_ticker)):
        yield Poll(one("/api/v3/ticker/" + path), second_ms, _on(function, feed))
    yield Poll(one("/api/v3/avgPrice"), period_ms, _on(spot_rest.average, feed))
    day = "/api/v3/ticker/24hr"
    yield Poll(one(day), second_ms, _on(spot_rest.day, feed))
    yield Poll(one(day, type="MINI"), period_ms, _on(spot_rest.mini_day, feed))
    rolling = "/api/v3/ticker"
    yield Poll(one(rolling), period_ms, _on(spot_rest.rolling, feed, DAY_MS))
    for name, span_ms in (("1h", HOUR_MS), ("4h", 4 * HOUR_MS)):
        asked = one(rolling, windowSize=name)
        yield Poll(asked, period_ms, _on(spot_rest.rolling, feed, span_ms))
    yield Poll(one("/api/v3/ticker/tradingDay"), period_ms, _on(spot_rest.trading_day, feed))


def _spot_wide(market: Market) -> Iterator[Poll]:
    everyone = instruments(market.name)
    info = "/api/v3/exchangeInfo"
    yield Poll(info, ONCE, partial(exchange_info.spot_info, everyone))
    for one in everyone:
        answer = partial(exchange_info.spot_info, (one,))
        yield Poll(target(info, symbol=one.symbol), ONCE, answer)
    for symbols, feeds in _lists(market):
        chosen = tuple(feed.instrument for feed in feeds)
        yield Poll(target(info, symbols=symbols), ONCE, partial(exchange_info.spot_info, chosen))
        yield from _spot_lists(symbols, feeds)
    yield from _spot_lists("", market.feeds)


def _lists(market: Market) -> Iterator[tuple[str, list[Feed]]]:
    """Yield the `symbols` parameters worth asking with, each with its feeds."""
    for feeds in ([market.feeds[0]], [market.feeds[1]], market.feeds):
        names = ",".join(f'"{feed.instrument.symbol}"' for feed in feeds)
        yield f"[{names}]", feeds


def _spot_lists(symbols: str, feeds: list[Feed]) -> Iterator[Poll]:
    """Yield the many-symbol tickers for one `symbols` parameter, or for none."""
    period_ms = PERIODS["BTCUSDT"][1]
    ticker = "/api/v3/ticker/"
    answers = {
        target(ticker + "24hr", symbols=symbols): spot_rest.day,
        target(ticker + "24hr", symbols=symbols, type="MINI"): spot_rest.mini_day,
        target(ticker + "price", symbols=symbols): spot_rest.price,
        target(ticker + "bookTicker", symbols=symbols): spot_rest.book_ticker,
    }
    for asked, function in answers.items():
        yield Poll(asked, period_ms, _each(function, feeds))


def _each(function: Callable[..., object], feeds: list[Feed]) -> Callable[[int], object]:
    return lambda at_ms: [function(feed.trading, at_ms) for feed in feeds]


def _usdm_prices(feed: Feed, seed: int) -> Iterator[Poll]:
    symbol = feed.instrument.symbol
    second_ms, period_ms = PERIODS[symbol]
    one = partial(target, symbol=symbol)
    for path in ("/fapi/v1/ticker/price", "/fapi/v2/ticker/price"):
        yield Poll(one(path), period_ms, _on(usdm_rest.price, feed))
    yield Poll(one("/fapi/v1/ticker/bookTicker"), second_ms, _on(usdm_rest.book_ticker, feed))
    yield Poll(one("/fapi/v1/ticker/24hr"), second_ms, _on(usdm_rest.day, feed))
    yield Poll(one("/fapi/v1/premiumIndex"), second_ms, partial(usdm_rest.premium_index, feed))
    yield Poll(one("/fapi/v1/openInterest"), period_ms, partial(usdm_rest.open_interest, feed))
    for limit in ("1", "3", "10", "", "1000"):
        asked = target("/fapi/v1/fundingRate", symbol=symbol, limit=limit)
        yield Poll(asked, ONCE, _funding(feed, seed, int(limit or 100)))


def _funding(feed: Feed, seed: int, limit: int) -> Callable[[int], object]:
    return lambda at_ms: usdm_rest.funding_rates(feed, at_ms, seed, limit)


def _usdm_wide(market: Market, seed: int) -> Iterator[Poll]:
    period_ms, feeds = PERIODS["BTCUSDT"][1], market.feeds
    info = partial(exchange_info.usdm_info, instruments(market.name))
    yield Poll("/fapi/v1/exchangeInfo", ONCE, info)
    # Clients that trade all of Binance load the COIN-M rules from the same place.
    yield Poll("/dapi/v1/exchangeInfo", ONCE, exchange_info.coinm_info)
    yield Poll("/fapi/v1/fundingInfo", ONCE, partial(usdm_rest.funding_info, feeds))
    for path in ("/fapi/v1/ticker/price", "/fapi/v2/ticker/price"):
        yield Poll(path, period_ms, _each(usdm_rest.price, feeds))
    yield Poll("/fapi/v1/ticker/bookTicker", period_ms, _each(usdm_rest.book_ticker, feeds))
    yield Poll("/fapi/v1/ticker/24hr", period_ms, _each(usdm_rest.day, feeds))
    yield Poll(
        "/fapi/v1/premiumIndex",
        period_ms,
        lambda at_ms: [usdm_rest.premium_index(feed, at_ms) for feed in feeds],
    )
    yield Poll(
        "/fapi/v1/fundingRate",
        ONCE,
        lambda at_ms: [
            row for feed in feeds for row in usdm_rest.funding_rates(feed, at_ms, seed, 50)
        ],
    )


def _mistakes(market: str) -> Iterator[Exchange]:
    """Yield requests that the venue refuses, with its words."""
    base = "/api/v3/" if market == "binance-spot" else "/fapi/v1/"
    invalid_symbol = {"code": -1121, "msg": "Invalid symbol."}
    invalid_interval = {"code": -1120, "msg": "Invalid interval."}
    missing = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
    no_symbol = {"code": -1102, "msg": missing}
    nobody = partial(target, symbol="NOSUCHCOIN")
    refused = {
        target(base + "klines", symbol="NOSUCHCOIN", interval="1m"): invalid_symbol,
        nobody(base + "depth"): invalid_symbol,
        nobody(base + "trades"): invalid_symbol,
        nobody(base + "ticker/price"): invalid_symbol,
        nobody(base + "ticker/24hr"): invalid_symbol,
        nobody(base + "exchangeInfo"): invalid_symbol,
        target(base + "klines", symbol="BTCUSDT", interval="7m"): invalid_interval,
        base + "depth": no_symbol,
        base + "klines": no_symbol,
    }
    for asked, error in refused.items():
        yield Exchange(asked, 400, json_text(error))
