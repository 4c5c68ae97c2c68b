"""Deriving answers: requests for market data, answered from the market at one instant.

Shapes, order and types: rest-api.md; derivatives docs. Parameters the venue does not know are not
counted (-1101, -1104): a key does not tell what was dropped from it.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import msgspec

from replayx.market.events import MarketFeed
from replayx.market.market_view import MarketView
from replayx.venues.binance import (
    coverage,
    derive_klines,
    derive_tickers,
    derive_trades,
    exchange_info,
    replies,
)
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.market_feeds import endpoint
from replayx.venues.binance.parameters import Parameters, Refused, symbols_of
from replayx.venues.binance.question import Question
from replayx.venues.venue import HttpReply, RequestKey

Derivation = Callable[[Question], object | None]

# What is answered with a list of what happened.
_LISTS = frozenset(
    (
        *("trades", "historicalTrades", "aggTrades"),
        *("klines", "uiKlines", "continuousKlines"),
    )
)
_SPOT_LEVELS = 100
_USDM_LEVELS = 500
# derivatives docs, Order Book: "Valid limits".
_USDM_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
# A client for all of Binance's markets (ccxt, as it comes) asks each for its symbols at first,
# wherever it is pointed at: a market that is not on the tape has none.
_LISTINGS = frozenset(f"/{api}/exchangeInfo" for api in ("api/v3", "fapi/v1", "dapi/v1"))
# BTCUSDT's; no stream tells it, and it is the same for nearly all contracts (derivatives docs).
_INTEREST_RATE = "0.00010000"


def derives(dialect: Dialect, key: RequestKey) -> bool:
    """Say whether `derive` may answer such a request."""
    return _derivation(dialect, key) is not None


def derive(dialect: Dialect, key: RequestKey, market: MarketView) -> HttpReply | None:
    """Answer a request from the market, or refuse it; None: it has to be looked up."""
    derivation = _derivation(dialect, key)
    if derivation is None:
        return None
    question = Question(dialect, Parameters(dialect, key), market)
    try:
        answer = derivation(question)
    except Refused as refusal:
        return replies.error(dialect, 400, refusal.code, refusal.text)
    return None if answer is None else replies.reply(dialect, 200, msgspec.json.encode(answer))


def nothing(dialect: Dialect, key: RequestKey, feeds: Iterable[MarketFeed]) -> HttpReply | None:
    """Answer with an empty list, as the venue does where there is nothing: whoever pages through
    history ends with it. None: a tape of these feeds tells nothing of the kind at any time.
    """
    name = endpoint(dialect, key.path) or ""
    is_other = dict(key.params).get("contractType", "PERPETUAL") != "PERPETUAL"
    if key.method != "GET" or name not in _LISTS or is_other:
        return None
    if not any(coverage.follows(name, symbol, feeds) for symbol in symbols_of(key)):
        return None
    return replies.reply(dialect, 200, b"[]")


def _derivation(dialect: Dialect, key: RequestKey) -> Derivation | None:
    if key.method != "GET":
        return None
    name = endpoint(dialect, key.path)
    if name is None:
        return exchange_info.no_symbols if key.path in _LISTINGS else None
    return (USDM if dialect.diffs_are_linked else SPOT).get(name)


def prefers_recording(dialect: Dialect, key: RequestKey) -> bool:
    """Say whether a recorded answer is better than a derived one.

    exchangeInfo is guessed where it is derived; answers about all symbols are about many more than
    a tape has streams of.
    """
    name = endpoint(dialect, key.path) or ""
    if name == "exchangeInfo" or key.path in _LISTINGS:
        return True
    if not name.startswith("ticker") and name != "premiumIndex":
        return False
    names = [parameter for parameter, _ in key.params]
    return "symbol" not in names and "symbols" not in names


def _depth(question: Question) -> object | None:
    symbol = question.symbol()
    if question.is_futures:
        limit = question.params.integer("limit")
        if limit is not None and limit not in _USDM_LIMITS:
            raise Refused(-4021, f"{limit} is not valid depth limit.")
        return _futures_depth(question, symbol, _USDM_LEVELS if limit is None else limit)
    question.params.trades_now()
    book = question.market.book(
        symbol, question.params.limit(_SPOT_LEVELS, question.dialect.depth_limit)
    )
    if book is None:
        return None
    return {"lastUpdateId": book.last_id, "bids": book.bids, "asks": book.asks}


def _futures_depth(question: Question, symbol: str, limit: int) -> object | None:
    book = question.market.book(symbol, limit)
    if book is None:
        return None
    now_ms = question.market.now_ms
    return {
        "lastUpdateId": book.last_id,
        "E": now_ms,
        # Before the first snapshot the book is that one, which is still to come.
        "T": min(book.time_ms or now_ms, now_ms),
        "bids": book.bids,
        "asks": book.asks,
    }


def _average_price(question: Question) -> object | None:
    average = question.market.average_price(question.symbol())
    if average is None:
        return None
    return {"mins": average.minutes, "price": average.price, "closeTime": average.time_ms}


def _premium_index(question: Question) -> object | None:
    return question.for_each(_premium_of)


def _premium_of(question: Question, symbol: str) -> object | None:
    mark = question.market.mark_price(symbol)
    if mark is None:
        return None
    return {
        "symbol": symbol,
        "markPrice": mark.price,
        "indexPrice": mark.index_price,
        "estimatedSettlePrice": mark.settle_price,
        "lastFundingRate": mark.funding_rate,
        "interestRate": _INTEREST_RATE,
        "nextFundingTime": mark.next_funding_ms,
        "time": mark.time_ms,
    }


_BOTH: Mapping[str, Derivation] = MappingProxyType(
    {
        "depth": _depth,
        "trades": derive_trades.trades,
        "historicalTrades": derive_trades.historical_trades,
        "aggTrades": derive_trades.agg_trades,
        "klines": derive_klines.klines,
        "ticker/24hr": derive_tickers.day,
        "ticker/price": derive_tickers.price,
        "ticker/bookTicker": derive_tickers.book_ticker,
        "exchangeInfo": exchange_info.exchange_info,
    }
)
SPOT: Mapping[str, Derivation] = MappingProxyType(
    {
        **_BOTH,
        "uiKlines": derive_klines.klines,
        "avgPrice": _average_price,
        "ticker": derive_tickers.rolling,
        "ticker/tradingDay": derive_tickers.trading_day,
    }
)
USDM: Mapping[str, Derivation] = MappingProxyType(
    {
        **_BOTH,
        "continuousKlines": derive_klines.continuous_klines,
        "premiumIndex": _premium_index,
    }
)
