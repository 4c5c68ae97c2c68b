from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.timeline.playhead import Playhead

SPEEDS = st.fractions(min_value=Fraction(1, 1000), max_value=1000)


@given(SPEEDS, st.integers(0, 10**15), st.integers(0, 10**12), st.integers(0, 10**9))
def test_nothing_is_due_before_its_deadline_nor_after(speed, position, at, start):
    playhead = Playhead(position, speed=speed)
    playhead.start(start)
    deadline = playhead.deadline_ns(position + at)
    assert playhead.position_ns(deadline) >= position + at
    assert deadline == start or playhead.position_ns(deadline - 1) < position + at


@given(SPEEDS, st.lists(st.integers(0, 10**10), max_size=20))
def test_the_position_never_goes_back(speed, steps):
    playhead = Playhead(5, speed=speed)
    playhead.start(0)
    now, last = 0, 5
    for step in steps:
        now += step
        position = playhead.position_ns(now)
        assert position >= last
        last = position


def test_it_stands_still_until_started_and_starts_once():
    playhead = Playhead(100)
    assert (playhead.position_ns(50), playhead.is_started) == (100, False)
    playhead.start(50)
    playhead.start(70)
    assert playhead.position_ns(60) == 110


def test_at_full_speed_the_tape_moves_it():
    playhead = Playhead(100, speed=None)
    playhead.start(0)
    assert playhead.position_ns(10**9) == 100
    playhead.pass_to(250)
    assert playhead.position_ns(0) == 250
    with pytest.raises(AssertionError, match="goes back"):
        playhead.pass_to(249)


@pytest.mark.parametrize("speed", [Fraction(0), Fraction(-1)])
def test_a_speed_is_positive(speed):
    with pytest.raises(ValueError, match="positive"):
        Playhead(0, speed=speed)
