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
    playhead.pass_to(249)
    assert playhead.position_ns(0) == 250


MOVES = st.one_of(
    st.tuples(
        st.just("speed"),
        st.one_of(st.fractions(Fraction(1, 12), 1000, max_denominator=12), st.none()),
    ),
    st.tuples(st.sampled_from(["pause", "resume", "start"]), st.none()),
)


@given(st.lists(st.tuples(st.integers(0, 10**12), MOVES), max_size=30))
def test_no_change_of_pace_moves_the_position(moves):
    playhead = Playhead(7)
    now, exact, speed, is_started, is_paused = 0, Fraction(7), Fraction(1), False, False
    for step, (move, given_speed) in moves:
        now += step
        if is_started and not is_paused and speed is not None:
            exact += step * speed
        before = playhead.position_ns(now)
        assert before == int(exact)
        if move == "speed":
            speed = given_speed
            playhead.set_speed(now, speed)
        elif move == "pause":
            is_paused = True
            playhead.pause(now)
        elif move == "resume":
            is_started, is_paused = True, False
            playhead.resume(now)
        else:
            is_started = True
            playhead.start(now)
        assert playhead.position_ns(now) == before
        assert playhead.is_moving == (is_started and not is_paused)


def test_many_odd_speeds_cost_less_than_a_nanosecond_each():
    playhead = Playhead(0)
    playhead.start(0)
    now, exact, speed = 0, Fraction(0), Fraction(1)
    for denominator in range(2, 200):
        playhead.set_speed(now, speed := Fraction(denominator + 1, denominator))
        now += 1_000_003
        exact += 1_000_003 * speed
    assert 0 <= int(exact) - playhead.position_ns(now) < 200


def test_it_can_be_moved_and_made_to_stand():
    playhead = Playhead(100)
    playhead.start(0)
    playhead.seek(50, 1_000)
    assert (playhead.position_ns(50), playhead.position_ns(60)) == (1_000, 1_010)
    playhead.skip(500)
    assert playhead.position_ns(60) == 1_510
    playhead.stand(1_400)
    assert (playhead.position_ns(999), playhead.is_paused) == (1_400, True)
    playhead.resume(1_000)
    assert playhead.position_ns(1_001) == 1_401


@pytest.mark.parametrize("speed", [Fraction(0), Fraction(-1)])
def test_a_speed_is_positive(speed):
    with pytest.raises(ValueError, match="positive"):
        Playhead(0, speed=speed)
