"""What each event of a symbol tells under a shock: by its own id or time, never by when it came."""

from fractions import Fraction

import pytest

from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import (
    UNLINKED,
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.market_view import Increments
from replayx.market.shocked_symbol import ShockedSymbol, Timetables

MS = 1_000_000
HALF = Distortion.of_prices(Fraction(1, 2), size=Fraction(1, 4))
GRID = Grid.of(Increments("0.01", "0.1"))
# In force from 1000 ms to 1999 ms, and for the ids 51 to 80.
TABLES = Timetables(
    Timetable([(999, HALF), (1999, NONE)]),
    Timetable([(1000 * MS - 1, HALF), (2000 * MS - 1, NONE)]),
    Timetable([(50, HALF), (80, NONE)]),
)
IN, OUT = 1500 * MS, 2500 * MS


def agg(number, price, time_ms):
    return AggTrade("X", number, price, "2.0", number, number, time_ms, False)


TRADES = (agg(1, "10.00", 900), agg(2, "12.00", 1100), agg(3, "8.00", 1200), agg(4, "9.00", 2100))


def symbol(trades=TRADES, by_id=TABLES.by_id):
    return ShockedSymbol(GRID, TABLES._replace(by_id=by_id), trades)


def candle(prices, first_id, last_id, count=4, end_ms=5999, paid="78.00", start_ms=0):
    opened, high, low, close = prices.split()
    return Candle(
        "X", start_ms, end_ms, opened, high, low, close, "8.0", paid, count, "8.0", paid,
        first_id, last_id,
    )  # fmt: skip


def four(one):
    return " ".join((one.open, one.high, one.low, one.close))


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Trade("X", 1, "7.01", "2.0", 1000, True, "14.02"),
         Trade("X", 1, "3.51", "2.0", 1000, True, "7.02")),
        (Trade("X", 1, "7.01", "2.0", 999, True), None),
        (agg(9, "7.00", 1999), agg(9, "3.50", 1999)),
        (BookTop("X", 51, "7.01", "4.0", "7.03", "0.2"),
         BookTop("X", 51, "3.50", "1.0", "3.52", "0.1")),
        (BookTop("X", 50, "7.01", "4.0", "7.03", "0.1"), None),
        (BookTop("X", 60, "", "", "7.03", "4.0"), BookTop("X", 60, "", "", "3.52", "1.0")),
        (BookSnapshot("X", 80, (("7.00", "4.0"),), ()),
         BookSnapshot("X", 80, (("3.50", "1.0"),), ())),
        (BookSnapshot("X", 81, (("7.00", "4.0"),), ()), None),
        (MarkPrice("X", "7.01", "7.00", "", "0.1", 0, 1500),
         MarkPrice("X", "3.50", "3.50", "", "0.1", 0, 1500)),
        (MarkPrice("X", "7.00", "7.00", "7.00", "0.1", 0, 2500), None),
        (AveragePrice("X", 1, "9.75", 1250), AveragePrice("X", 1, "6.50", 1250)),
        (BookDelta("X", 60, 60, (), (), 1500), None),
    ],
)  # fmt: skip
def test_an_event_tells(event, told):
    for at_ns in (0, IN, OUT):
        assert symbol().told(event, at_ns) == (event if told is None else told)


def test_books_without_ids_go_by_when_they_came():
    top = BookTop("X", UNLINKED, "7.00", "4.0", "8.00", "4.0")
    assert symbol().told(top, IN).bid == "3.50"
    assert symbol().told(top, OUT) is top
    numbered = BookTop("X", 60, "7.00", "4.0", "8.00", "4.0")
    assert symbol(by_id=None).told(numbered, IN).bid == "3.50"
    assert symbol(by_id=None).told(numbered, OUT) is numbered


def test_a_candle_of_many_trades_has_theirs():
    told = symbol().told(candle("10.00 12.00 8.00 9.00", 1, 4), OUT)
    assert four(told) == "10.00 10.00 4.00 9.00"
    assert told.quote_volume == told.taker_quote_volume == "58.00"
    assert told.volume == "8.0"


def test_a_candle_from_before_the_tape_keeps_what_only_it_knows():
    told = symbol().told(candle("7.00 20.00 8.00 8.00", -1, -1, start_ms=-5000), IN)
    assert four(told) == "7.00 20.00 4.00 4.00"


def test_a_candle_of_other_trades_is_as_it_was():
    one = candle("9.00 9.00 9.00 9.00", 4, 4, count=1)
    assert symbol().told(one, OUT) is one


def test_a_candle_without_trades_is_at_the_last_price():
    one = candle("8.00 8.00 8.00 8.00", -1, -1, count=0, end_ms=2050, start_ms=2000)
    assert four(symbol().told(one, OUT)) == "4.00 4.00 4.00 4.00"


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "told"),
    [
        (0, 999, "10.00 12.00 8.00 9.00"),
        (1000, 1999, "5.00 6.00 4.00 4.50"),
        (0, 1500, "10.00 12.00 4.50 4.50"),
        (1500, 5999, "5.00 12.00 4.50 9.00"),
    ],
)
def test_a_candle_of_trades_that_no_stream_told(start_ms, end_ms, told):
    one = candle("10.00 12.00 8.00 9.00", 1, 4, start_ms=start_ms, end_ms=end_ms)
    assert four(symbol(trades=()).told(one, OUT)) == told


def test_a_ticker_has_the_trades_and_quotes_of_the_shock():
    top = BookTop("X", UNLINKED, "8.00", "4.0", "8.02", "4.0")
    one = Ticker(
        "X", 0, 1300, "10.00", "12.00", "8.00", "8.00", "6.0", "60.00", 1, 3, 3, top=top
    )  # fmt: skip
    told = symbol().told(one, IN)
    assert (told.open, told.high, told.low, told.last) == ("10.00", "10.00", "4.00", "4.00")
    assert told.quote_volume == "40.00"
    assert (told.top.bid, told.top.ask) == ("4.00", "4.01")
    before = Ticker("X", 0, 950, "10.00", "10.00", "10.00", "10.00", "2.0", "20.00", 1, 1, 1)
    assert symbol().told(before, 950 * MS) is before
