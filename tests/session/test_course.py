from fractions import Fraction

from replayx.session.course import Course
from replayx.timeline.playhead import Playhead


def made(*, speed=Fraction(1), **options):
    playhead = Playhead(1_000, speed=speed)
    return Course(playhead, 1_000, 2_000, **options), playhead


def test_the_position_stays_on_the_tape():
    course, playhead = made()
    playhead.start(0)
    assert [course.position_ns(now) for now in (0, 7, 999, 5_000)] == [1_000, 1_007, 1_999, 2_000]
    assert [course.seek(5_000, at) for at in (0, 1_500, 9_999)] == [1_000, 1_500, 2_000]


def test_in_tape_time_a_seek_is_no_time():
    course, playhead = made(speed=Fraction(10))
    playhead.start(0)
    assert course.tape_time_ns(5) == 1_050
    course.seek(5, 1_900)
    assert course.tape_time_ns(5) == 1_050
    assert course.at_ns(1_060) == 1_910
    assert course.when_ns(1_060) == 6
    assert course.when_ns(1_200) is None  # behind the end
    playhead.pause(5)
    assert course.when_ns(1_060) is None


def test_flat_out_a_tape_time_comes_when_the_tape_has_reached_it():
    course, playhead = made(speed=None)
    playhead.start(0)
    assert course.when_ns(1_010) is None
    playhead.pass_to(1_010)
    assert course.when_ns(1_010) == 0


def test_a_gap_is_skipped_once_enough_of_it_has_passed():
    course, playhead = made(skip_idle_ns=10)
    assert course.wake_ns(1_500) == 1_010
    assert not course.skip_idle(99, 1_500)  # it stands
    playhead.start(0)
    course.note_message(1_004)
    assert (course.wake_ns(1_012), course.wake_ns(1_500)) == (1_012, 1_014)
    assert not course.skip_idle(13, 1_500)
    assert course.skip_idle(16, 1_500)
    assert course.position_ns(16) == 1_502  # not a moment of the schedule is lost
    assert course.tape_time_ns(16) == 1_016
    assert not course.skip_idle(16, 1_500)


def test_without_a_cap_no_gap_is_skipped():
    course, playhead = made()
    playhead.start(0)
    assert course.wake_ns(1_900) == 1_900
    assert not course.skip_idle(800, 1_900)
