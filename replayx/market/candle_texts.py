"""Candles as the numbers that add up, and sums as the texts of a candle."""

from replayx.market.events import Candle
from replayx.market.scaled import scaled, unscaled
from replayx.market.trade_sums import Digits, TradeSum


def sum_of_candle(candle: Candle, digits: Digits) -> TradeSum:
    """Return what a candle tells as a sum; which trade was its last is not in it."""
    return TradeSum(
        first_ms=candle.start_ms,
        last_ms=candle.end_ms,
        run=-1,
        first_id=candle.first_id,
        last_id=candle.last_id,
        trade_count=candle.trade_count,
        open=scaled(candle.open, digits.price),
        high=scaled(candle.high, digits.price),
        low=scaled(candle.low, digits.price),
        close=scaled(candle.close, digits.price),
        volume=scaled(candle.volume, digits.size),
        amount=scaled(candle.quote_volume, digits.amount),
        taker_volume=scaled(candle.taker_volume, digits.size),
        taker_amount=scaled(candle.taker_quote_volume, digits.amount),
    )


def candle_of_sum(
    known: TradeSum, digits: Digits, span: tuple[int, int], *, symbol: str, now_ms: int
) -> Candle:
    """Return a sum as the candle of a span, both ends inclusive."""
    price, size, amount = digits
    start_ms, end_ms = span
    return Candle(
        symbol=symbol,
        start_ms=start_ms,
        end_ms=end_ms,
        open=unscaled(known.open, price),
        high=unscaled(known.high, price),
        low=unscaled(known.low, price),
        close=unscaled(known.close, price),
        volume=unscaled(known.volume, size),
        quote_volume=unscaled(known.amount, amount),
        trade_count=known.trade_count,
        taker_volume=unscaled(known.taker_volume, size),
        taker_quote_volume=unscaled(known.taker_amount, amount),
        first_id=known.first_id,
        last_id=known.last_id,
        is_closed=end_ms < now_ms,
    )


def flat_sum(start_ms: int, price: int) -> TradeSum:
    """Return the sum of no trades: its prices are the last one before."""
    return TradeSum(start_ms, start_ms, -1, -1, -1, 0, price, price, price, price, 0, 0, 0, 0)
