from decimal import ROUND_DOWN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from replayx.market.candles import CandleRows
from replayx.market.instant import Instant
from replayx.market.statistics import average_price, day, window
from replayx.market.told_candles import ToldCandles
from tests.market.brute_candles import as_candle, brute_candles, total
from tests.market.trades import SYMBOL, Tape, tapes, trade

MINUTE = 60_000
T0 = 1_700_000_000_000


@given(data=st.data())
def test_a_window_is_what_its_trades_add_up_to(data):
    tape = data.draw(tapes())
    count = data.draw(st.integers(1, len(tape.trades)))
    shift_ms = data.draw(st.sampled_from((0, 5_000, -777)))
    at = tape.at(count, shift_ms=shift_ms)
    start_ms = at.now_ms - data.draw(st.integers(0, 900_000))
    inside = [one for one in tape.trades[:count] if one.time_ms + shift_ms >= start_ms]
    before = [one for one in tape.trades[:count] if one.time_ms + shift_ms < start_ms]
    found = window(tape.rows, start_ms, at)
    expected = total(inside)
    assert (found.symbol, found.start_ms, found.end_ms) == (SYMBOL, start_ms, at.now_ms)
    for name in ("open", "high", "low", "volume", "quote_volume"):
        assert Decimal(getattr(found, name)) == expected[name]
    assert Decimal(found.last) == expected["close"]
    assert found.last_quantity == inside[-1].quantity
    assert (found.first_id, found.last_id) == (inside[0].id, inside[-1].id)
    assert found.trade_count == len(inside)
    assert found.previous_close == (before[-1].price if before else "")


def test_a_window_without_trades_has_the_price_before_it():
    tape = Tape([trade(5, T0, "7.00")], [])
    found = window(tape.rows, T0 + 1_000, tape.at(1, T0 + 5_000))
    assert (found.open, found.last, found.volume, found.trade_count) == ("7.00", "7.00", "0.000", 0)
    assert (found.first_id, found.last_id, found.last_quantity) == (-1, -1, "")


def test_nothing_is_known_of_nothing():
    rows, at = CandleRows(SYMBOL, [].__getitem__), Instant(T0, 3)
    assert window(rows, T0 - 5, at) is None
    assert day(rows, at) is None
    assert average_price(rows, at) is None


def test_a_day_reaches_back_into_recorded_candles():
    old = [trade(k, T0 - T0 % MINUTE + k * MINUTE, f"{k + 1}.00") for k in range(5)]
    now_ms = T0 - T0 % MINUTE + 5 * MINUTE
    rows = CandleRows(SYMBOL, [[], [trade(5, now_ms + 9, "9.00")]].__getitem__)
    candles = [as_candle(SYMBOL, row) for row in brute_candles(old, "1m", now_ms)[:5]]
    rows.add_candles(0, ToldCandles("1m", candles, now_ms, is_answer=True))
    rows.add_trades(1, [trade(5, now_ms + 9, "9.00")])
    found = day(rows, Instant(now_ms + 10, 2))
    assert (found.open, found.last, found.high, found.low) == ("1.00", "9.00", "9.00", "1.00")
    assert (found.trade_count, found.volume, found.quote_volume) == (6, "6.000", "24.00000")
    assert found.start_ms == now_ms + 10 - 24 * 60 * MINUTE


@given(data=st.data())
def test_the_average_price_weighs_by_size(data):
    tape = data.draw(tapes())
    count = data.draw(st.integers(1, len(tape.trades)))
    minutes = data.draw(st.sampled_from((1, 5)))
    at = tape.at(count, tape.trades[count - 1].time_ms + data.draw(st.integers(0, 600_000)))
    known = tape.trades[:count]
    inside = [one for one in known if one.time_ms >= at.now_ms - minutes * MINUTE]
    found = average_price(tape.rows, at, minutes=minutes)
    price = Decimal(known[-1].price)
    if inside:
        sums = total(inside)
        price = sums["quote_volume"] / sums["volume"]
    assert found.price == str(price.quantize(Decimal("1E-8"), ROUND_DOWN))
    assert (found.minutes, found.time_ms) == (minutes, known[-1].time_ms)
