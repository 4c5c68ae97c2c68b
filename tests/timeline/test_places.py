"""Times move by the constant, candles by whole intervals, and digits keep their number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.errors import InvalidOption
from replayx.market.interval import Interval
from replayx.timeline.places import (
    GRID_TIME,
    Grid,
    Place,
    Shift,
    is_constant,
    moved,
    time_step,
    with_times_moved,
)

AUGUST_8 = 1_723_161_255_343
HOUR_MS = 3_600_000


def grid_place(name, *, digits=13, zone_ms=0):
    return Place(0, digits, GRID_TIME, Grid(Interval.parse(name), zone_ms))


@pytest.mark.parametrize(
    ("digits", "shift_ms", "step"),
    [
        (13, 1234, 1234),
        (16, 1234, 1_234_000),
        (19, -1, -1_000_000),
        (10, 1999, 1),
        (10, -1999, -1),
    ],
)
def test_a_time_moves_in_its_unit(digits, shift_ms, step):
    assert time_step(digits, shift_ms) == step


@pytest.mark.parametrize(
    ("interval", "time_ms", "shift_ms", "expected"),
    [
        ("1m", 1_499_999_940_000, 90_000, 1_500_000_000_000),
        ("1m", 1_499_999_999_999, 90_000, 1_500_000_059_999),
        ("1m", 1_499_999_940_000, -1, 1_499_999_880_000),
        ("1h", 1_723_158_000_000, 90 * 60_000, 1_723_161_600_000),
        # 1 Aug 2024 and the end of that month, by the 27 months to which 8 Aug moves.
        ("1M", 1_722_470_400_000, 823 * 24 * HOUR_MS, 1_793_491_200_000),
        ("1M", 1_725_148_799_999, 823 * 24 * HOUR_MS, 1_796_083_199_999),
    ],
)
def test_a_candles_bounds_move_by_whole_intervals(interval, time_ms, shift_ms, expected):
    shift = Shift(shift_ms, AUGUST_8)
    assert moved(time_ms, grid_place(interval), shift) == expected
    microseconds = moved(time_ms * 1000 + 999, grid_place(interval, digits=16), shift)
    assert microseconds == expected * 1000 + 999


def test_a_bound_off_the_grid_keeps_its_distance_from_its_candle():
    place = grid_place("1m")
    assert moved(1_499_999_970_123, place, Shift(60_000)) == 1_500_000_030_123


def test_months_do_not_all_move_by_the_same():
    assert is_constant(grid_place("1w"))
    assert not is_constant(grid_place("1M"))


@given(
    st.sampled_from(["1s", "1m", "15m", "1h", "1d", "3d", "1w", "1M"]),
    st.integers(-500, 500),
    st.integers(-(10**11), 10**11),
    st.sampled_from([0, 8 * HOUR_MS, -3 * HOUR_MS]),
)
def test_candles_stay_on_their_grid_and_stay_apart(name, count, shift_ms, zone_ms):
    interval = Interval.parse(name)
    place = grid_place(name, zone_ms=zone_ms)
    start = interval.start_of(AUGUST_8 + count * interval.shortest_ms, zone_ms)
    end = interval.end_of(start, zone_ms)
    shift = Shift(shift_ms, AUGUST_8)
    new_start, new_end = moved(start, place, shift), moved(end, place, shift)
    assert interval.start_of(new_start, zone_ms) == new_start
    assert interval.end_of(new_start, zone_ms) == new_end
    assert moved(end + 1, place, shift) == new_end + 1


def test_only_the_digits_change():
    text = b'{"E":1723161255343,"T": 1723161255000000 ,"t":5}'
    places = (Place(5, 18), Place(24, 40))
    changed = with_times_moved(text, places, Shift(57))
    assert changed == b'{"E":1723161255400,"T": 1723161255057000 ,"t":5}'
    assert with_times_moved(changed, places, Shift(-57)) == text


@pytest.mark.parametrize("shift_ms", [9_000_000_000_000, -9_000_000_000_000, -1_000_000_000_000])
def test_a_time_that_would_not_keep_its_digits_is_refused(shift_ms):
    with pytest.raises(InvalidOption, match="13 digits"):
        with_times_moved(b"1723161255343", (Place(0, 13),), Shift(shift_ms))
