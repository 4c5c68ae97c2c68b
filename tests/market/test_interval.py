import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.interval import Interval
from tests.oracle.intervals import SPOT, bounds

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: minutes * MINUTE)
TIMES = st.integers(-(10**12), 4 * 10**12)


@pytest.mark.parametrize(
    ("name", "time_ms", "zone_ms", "start_ms", "end_ms"),
    [
        ("1s", 1_700_000_000_123, 0, 1_700_000_000_000, 1_700_000_000_999),
        ("1m", 1_700_000_000_000, 0, 1_699_999_980_000, 1_700_000_039_999),
        ("1h", 1_700_000_000_000, 5 * HOUR + 45 * MINUTE, 1_699_996_500_000, 1_700_000_099_999),
        ("1d", 1_700_000_000_000, 0, 1_699_920_000_000, 1_700_006_399_999),
        ("1d", 1_700_000_000_000, 8 * HOUR, 1_699_977_600_000, 1_700_063_999_999),
        ("3d", 1_700_000_000_000, 0, 1_699_833_600_000, 1_700_092_799_999),  # from day 19674
        ("1w", 1_700_000_000_000, 0, 1_699_833_600_000, 1_700_438_399_999),  # Mon 2023-11-13
        ("1M", 1_700_000_000_000, 0, 1_698_796_800_000, 1_701_388_799_999),  # Nov 2023
        ("1M", 1_698_796_799_999, 0, 1_696_118_400_000, 1_698_796_799_999),  # Oct 2023
        ("1M", 1_698_796_799_999, HOUR, 1_698_793_200_000, 1_701_385_199_999),
        ("1M", 1_709_200_000_000, 0, 1_706_745_600_000, 1_709_251_199_999),  # Feb 2024: 29 days
    ],
)
def test_a_candle_lies_on_its_grid(name, time_ms, zone_ms, start_ms, end_ms):
    grid = Interval.parse(name)
    assert grid.start_of(time_ms, zone_ms) == start_ms
    assert grid.end_of(time_ms, zone_ms) == end_ms


@pytest.mark.parametrize("name", [*SPOT, "7m", "2w", "3M", "5d"])
@given(time_ms=TIMES, zone_ms=ZONES)
def test_every_instant_lies_in_exactly_one_candle(name, time_ms, zone_ms):
    grid = Interval.parse(name)
    start_ms, end_ms = grid.start_of(time_ms, zone_ms), grid.end_of(time_ms, zone_ms)
    assert start_ms <= time_ms <= end_ms
    assert grid.start_of(start_ms, zone_ms) == grid.start_of(end_ms, zone_ms) == start_ms
    assert grid.start_of(start_ms - 1, zone_ms) < start_ms
    assert grid.end_of(start_ms - 1, zone_ms) == start_ms - 1
    assert grid.next_start(time_ms, zone_ms) == end_ms + 1
    assert grid.start_of(end_ms + 1, zone_ms) == end_ms + 1
    assert grid.shortest_ms <= end_ms - start_ms + 1 <= grid.longest_ms


@pytest.mark.parametrize("name", SPOT)
@given(time_ms=TIMES, zone_ms=ZONES)
def test_the_calendar_says_the_same(name, time_ms, zone_ms):
    grid = Interval.parse(name)
    assert (grid.start_of(time_ms, zone_ms), grid.end_of(time_ms, zone_ms)) == bounds(
        name, time_ms, zone_ms
    )


@pytest.mark.parametrize("name", [*SPOT, "3M"])
@given(time_ms=TIMES, anchor_ms=TIMES, shift_ms=st.integers(-(10**11), 10**11), zone_ms=ZONES)
def test_moving_is_one_to_one_and_can_be_undone(name, time_ms, anchor_ms, shift_ms, zone_ms):
    grid = Interval.parse(name)
    start_ms = grid.start_of(time_ms, zone_ms)
    moved_ms = grid.moved(start_ms, shift_ms, anchor_ms, zone_ms)
    assert grid.start_of(moved_ms, zone_ms) == moved_ms
    assert grid.unmoved(moved_ms, shift_ms, anchor_ms, zone_ms) == start_ms
    next_ms = grid.next_start(start_ms, zone_ms)
    after_ms = grid.next_start(moved_ms, zone_ms)
    assert grid.moved(next_ms, shift_ms, anchor_ms, zone_ms) == after_ms
    if grid.length_ms:
        assert moved_ms <= start_ms + shift_ms < moved_ms + grid.length_ms


@pytest.mark.parametrize("name", ["", "m", "1", "0m", "-1m", "1y", "1 m", "01m", "1٣m", "99999d"])
def test_what_is_no_interval_is_told(name):
    with pytest.raises(ValueError, match="expected a number and one of"):
        Interval.parse(name)
