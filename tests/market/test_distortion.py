"""Whatever the factor: bids stay below asks, trades between them, and extremes what they were."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.distortion import NONE, ONE, Distortion, Grid, Timetable, is_nothing
from replayx.market.market_view import Increments
from replayx.market.scaled import scaled, unscaled

GRID = Grid.of(Increments("0.01000000", "0.00100000"))
FACTORS = st.fractions(Fraction(1, 50), 20, max_denominator=1000)
PRICES = st.integers(1, 10**7).map(lambda ticks: unscaled(ticks * 10**6, 8))


def number(text):
    return scaled(text, 8)


def by(**shares):
    return Distortion(**{name: Fraction(share) for name, share in shares.items()})


@given(FACTORS, PRICES, PRICES)
def test_a_bid_below_an_ask_stays_below_it(factor, one, other):
    low, high = sorted((one, other), key=number)
    moved = Distortion.of_prices(factor)
    bid, ask = GRID.bid(moved, low), GRID.ask(moved, high)
    assert number(bid or "0") <= number(ask)
    if low != high and bid:
        assert number(bid) < number(ask)
    for text in (bid, ask):
        assert not text or number(text) % 10**6 == 0


@given(FACTORS, PRICES)
def test_a_trade_stays_between_bid_and_ask(factor, price):
    moved = Distortion.of_prices(factor)
    bid, traded, ask = (act(moved, price) for act in (GRID.bid, GRID.trade, GRID.ask))
    assert number(bid or "0") <= number(traded) <= number(ask)
    assert not is_nothing(traded)
    assert abs(Fraction(number(traded)) - number(price) * factor) <= 10**6


@given(FACTORS, st.lists(PRICES, min_size=1))
def test_the_highest_of_some_trades_stays_the_highest(factor, prices):
    moved = Distortion.of_prices(factor)
    told = [GRID.trade(moved, price) for price in prices]
    assert number(GRID.trade(moved, max(prices, key=number))) == max(map(number, told))
    assert number(GRID.trade(moved, min(prices, key=number))) == min(map(number, told))


@pytest.mark.parametrize(
    ("shares", "text", "bid", "ask", "trade"),
    [
        ({}, "100.00000000", "100.00000000", "100.00000000", "100.00000000"),
        ({"bid": "0.9", "ask": "0.9", "price": "0.9"}, "100.01000000",
         "90.00000000", "90.01000000", "90.01000000"),
        ({"bid": "1.01"}, "100.00000000", "101.00000000", "100.00000000", "100.00000000"),
        ({"bid": "0.5", "ask": "0.5", "price": "0.5"}, "0.01", "", "0.01", "0.01"),
        ({"bid": "0.5", "ask": "0.5", "price": "0.5"}, "64000.1", "32000.05", "32000.05",
         "32000.05"),
        ({"bid": "2", "ask": "2", "price": "2"}, "7", "14", "14", "14"),
        ({"bid": "0.9", "ask": "0.9", "price": "0.9"}, "", "", "", ""),
        ({"bid": "0.9", "ask": "0.9", "price": "0.9"}, "none", "none", "none", "none"),
    ],
)  # fmt: skip
def test_prices(shares, text, bid, ask, trade):
    moved = by(**shares)
    assert GRID.bid(moved, text) == bid
    assert GRID.ask(moved, text) == ask
    assert GRID.trade(moved, text) == trade


@pytest.mark.parametrize(
    ("text", "share", "told"),
    [
        ("1.00000000", "0.2", "0.20000000"),
        ("0.00300000", "0.5", "0.00100000"),
        ("0.00100000", "0.5", "0.00100000"),  # something stays something
        ("0.00000000", "0.5", "0.00000000"),
        ("5.5", "1", "5.5"),
    ],
)
def test_sizes(text, share, told):
    assert GRID.size(text, Fraction(share)) == told


def test_a_side_that_is_hidden_has_no_prices():
    assert GRID.bid(Distortion(has_bids=False), "5") == ""
    assert GRID.ask(Distortion(has_asks=False), "5") == ""
    assert GRID.ask(Distortion(has_bids=False), "5") == "5"


def test_distortions_together_are_their_product():
    one = Distortion.of_prices(Fraction(1, 2), size=Fraction(1, 4))
    both = one.joined(Distortion(bid=Fraction(3), has_asks=False))
    assert both == Distortion(
        bid=Fraction(3, 2), ask=Fraction(1, 2), price=Fraction(1, 2), size=Fraction(1, 4),
        has_asks=False,
    )  # fmt: skip
    assert one.joined(NONE) == one


def test_a_distortion_is_in_force_behind_its_start():
    low, lower = by(price="0.9"), by(price="0.8")
    table = Timetable([(10, low), (20, lower), (20, low), (30, NONE)])
    assert [table.at(place) for place in (10, 11, 20, 21, 30, 31)] == [
        NONE, low, low, low, low, NONE,
    ]  # fmt: skip
    assert table.over(0, 10) == [NONE]
    assert table.over(10, 11) == [NONE, low]
    assert table.over(11, 25) == [low]
    assert table.over(0, 99) == [NONE, low, NONE]
    assert not table.is_over(30)
    assert table.is_over(31)
    assert not Timetable([(10, low)]).is_over(99)
    assert Timetable([]).at(5) == NONE
    assert ONE == 1
