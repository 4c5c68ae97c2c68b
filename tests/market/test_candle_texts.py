from hypothesis import given

from replayx.market.candle_texts import candle_of_sum, flat_sum, sum_of_candle
from replayx.market.trade_sums import Digits, TradeColumns
from tests.market.trades import tapes

DIGITS = Digits(2, 3, 5)


@given(tapes())
def test_a_candle_says_all_that_its_sum_does(tape):
    known = TradeColumns(tape.trades, DIGITS).sum_of(0, len(tape.trades), -1)
    span = (known.first_ms, known.last_ms)
    candle = candle_of_sum(known, DIGITS, span, symbol="AAABBB", now_ms=span[1])
    assert not candle.is_closed
    assert sum_of_candle(candle, DIGITS) == known._replace(last_size=-1)
    wide = Digits(8, 8, 8)
    again = candle_of_sum(
        sum_of_candle(candle, wide), wide, span, symbol="AAABBB", now_ms=span[1] + 1
    )
    assert again.is_closed
    assert again.open == candle.open + "000000"


def test_nothing_has_the_price_before_it():
    candle = candle_of_sum(flat_sum(5, 700), DIGITS, (5, 9), symbol="AAABBB", now_ms=0)
    assert {candle.open, candle.high, candle.low, candle.close} == {"7.00"}
    assert (candle.volume, candle.quote_volume, candle.trade_count) == ("0.000", "0.00000", 0)
    assert (candle.first_id, candle.last_id) == (-1, -1)
