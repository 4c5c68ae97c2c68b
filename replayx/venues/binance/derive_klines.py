"""Candles, derived."""

from replayx.market.events import Candle
from replayx.venues.binance.parameters import Refused, invalid
from replayx.venues.binance.question import Question

_DEFAULT = 500
_SPOT_MAX = 1000
_USDM_MAX = 1500
_CONTRACTS = frozenset(
    (
        *("PERPETUAL", "TRADIFI_PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"),
        *("CURRENT_MONTH", "NEXT_MONTH"),
    )
)


def klines(question: Question) -> object | None:
    """Answer for candles of a symbol."""
    return _candles(question, question.symbol())


def continuous_klines(question: Question) -> object | None:
    """Answer for candles of a pair: a perpetual is its own; others change underneath."""
    pair = question.params.required("pair")
    contract = question.params.required("contractType")
    if contract not in _CONTRACTS:
        raise invalid("contractType")
    if contract != "PERPETUAL":
        return None
    if pair not in question.market.symbols():
        raise Refused(-1121, "Invalid symbol.")
    return _candles(question, pair)


def _candles(question: Question, symbol: str) -> object | None:
    params, market = question.params, question.market
    interval = params.interval()
    limit = params.limit(_DEFAULT, _USDM_MAX if question.is_futures else _SPOT_MAX)
    start_ms, end_ms = params.times()
    zone_ms = 0 if question.is_futures else params.zone_ms()
    if start_ms is not None and end_ms is not None and start_ms > end_ms:
        return ()
    found = market.candles(
        symbol, interval, limit, start_ms=start_ms, end_ms=end_ms, zone_ms=zone_ms
    )
    if not found and start_ms is not None:
        before = market.candles(symbol, interval, 1, end_ms=start_ms, zone_ms=zone_ms)
        last = market.candles(symbol, interval, 1, zone_ms=zone_ms)
        if last and last[-1].start_ms < start_ms:
            return ()  # what has not begun yet
        if before and end_ms is not None and end_ms <= before[-1].end_ms:
            return ()  # within one candle, none begins
    return [_row(candle) for candle in found] or None


def _row(candle: Candle) -> tuple[object, ...]:
    return (
        candle.start_ms,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        candle.end_ms,
        candle.quote_volume,
        candle.trade_count,
        candle.taker_volume,
        candle.taker_quote_volume,
        "0",
    )
