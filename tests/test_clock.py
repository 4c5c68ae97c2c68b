import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.clock import RealClock, VirtualClock


def test_a_virtual_clock_moves_only_when_told():
    clock = VirtualClock(5, wall_start_ns=1000)
    assert (clock.now_ns(), clock.wall_ns()) == (5, 1000)
    assert clock.advance(10) == 15
    assert (clock.now_ns(), clock.wall_ns()) == (15, 1010)


def test_time_cannot_go_back():
    clock = VirtualClock(5)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    assert clock.now_ns() == 5


def test_waiting_for_a_virtual_deadline_is_for_ever():
    clock = VirtualClock(5)
    assert clock.seconds_until(5) == 0
    assert clock.seconds_until(6) == math.inf


@given(st.lists(st.integers(0, 10**18)))
def test_advances_add_up(durations):
    clock = VirtualClock()
    for duration in durations:
        clock.advance(duration)
    assert clock.now_ns() == sum(durations)


def test_the_real_clock_never_goes_back():
    clock = RealClock()
    readings = [clock.now_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert clock.seconds_until(readings[0]) == 0
    assert 0 < clock.seconds_until(clock.now_ns() + 10**12) <= 1000
    assert clock.wall_ns() > 1_700_000_000 * 10**9
