"""A ledger tells candles what their trades changed, as adding them up anew does."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import AggTrade
from replayx.market.market_view import Increments
from replayx.market.scaled import unscaled
from replayx.market.shocked_trades import Span, TradeLedger

GRID = Grid.of(Increments("0.01", "0.001"))


def trade(number, cents, size, *, is_sell=False):
    return AggTrade(
        "X", number, unscaled(cents, 2), unscaled(size, 3), 2 * number, 2 * number + 1,
        1000 + 10 * number, is_sell,
    )  # fmt: skip


TRADES = st.lists(
    st.tuples(st.integers(1, 20_000), st.integers(1, 5_000), st.booleans()),
    min_size=1, max_size=700,
)  # fmt: skip


@given(TRADES, st.fractions(Fraction(1, 10), 5, max_denominator=50), st.data())
def test_what_changes_is_what_the_trades_changed(rows, factor, data):
    shock = Distortion.of_prices(factor)
    start = data.draw(st.integers(0, len(rows)))
    end = data.draw(st.integers(start, len(rows)))
    by_ms = Timetable([(999 + 10 * start, shock), (999 + 10 * end, NONE)])
    trades = [trade(n, cents, size, is_sell=sell) for n, (cents, size, sell) in enumerate(rows)]
    ledger = TradeLedger(GRID, by_ms, trades)
    first = data.draw(st.integers(0, len(rows) - 1))
    stop = data.draw(st.integers(first + 1, len(rows)))
    told = [
        int(GRID.trade(shock if start <= n < end else NONE, one.price).replace(".", ""))
        for n, one in enumerate(trades)
    ]
    span = ledger.by_ids(2 * first, 2 * stop - 1)
    assert span == Span(first, stop) == ledger.by_times(1000 + 10 * first, 999 + 10 * stop)
    inside = range(first, stop)
    assert ledger.is_changed(span) == any(told[n] != rows[n][0] for n in inside)
    old = [rows[n][0] for n in inside]
    assert ledger.high(span, unscaled(max(old), 2)) == unscaled(max(told[n] for n in inside), 2)
    assert ledger.low(span, unscaled(min(old), 2)) == unscaled(min(told[n] for n in inside), 2)
    # What a candle knows beside the ledger stays.
    assert ledger.high(span, "300.00") == unscaled(max(30000, *(told[n] for n in inside)), 2)
    assert ledger.low(span, "0.00") == "0.00"
    paid, worth = (sum(price * rows[n][1] for n, price in zip(inside, prices, strict=True))
                   for prices in (old, [told[n] for n in inside]))  # fmt: skip
    assert ledger.amount(span, unscaled(paid, 5)) == unscaled(worth, 5)
    buys = [sum(prices[n] * rows[n][1] for n in inside if not rows[n][2])
            for prices in ([row[0] for row in rows], told)]  # fmt: skip
    assert ledger.amount(span, unscaled(buys[0], 5), of_takers=True) == unscaled(buys[1], 5)
    assert ledger.open(span, trades[first].price, 2 * first) == unscaled(told[first], 2)
    assert ledger.close(span, trades[stop - 1].price) == unscaled(told[stop - 1], 2)


def test_what_no_trade_told_is_not_known():
    ledger = TradeLedger(GRID, Timetable([]), [trade(3, 100, 1), trade(4, 200, 1)])
    span = ledger.by_ids(6, 9)
    assert ledger.open(span, "1.00", 5) is None  # the first was trade 5
    assert ledger.open(span, "1.01", -1) is None
    assert ledger.open(span, "1.00", -1) == "1.00"
    assert ledger.close(span, "3.00") is None
    assert ledger.before(1035, "1.00") == "1.00"
    assert ledger.before(1030, "1.00") is None
    assert ledger.by_ids(0, 5) == Span(0, 0)
    assert ledger.by_ids(100, 200) == Span(2, 2)
    assert len(ledger) == 2


@pytest.mark.parametrize(("mean", "told"), [("1.00", "0.50"), ("1.00000", "0.50000")])
def test_an_average_moves_by_what_its_trades_did(mean, told):
    half = Timetable([(0, Distortion.of_prices(Fraction(1, 2)))])
    ledger = TradeLedger(GRID, half, [trade(1, 100, 5), trade(2, 100, 7)])
    assert ledger.mean(Span(0, 2), mean) == told
    assert ledger.mean(Span(0, 0), mean) == mean
