"""Windows are aligned to the venue's clock, and told in its time."""

from fractions import Fraction

import pytest

from replayx.session.inputs import PauseAsked, ResumeAsked, SeekAsked
from tests.session.limited import T0, T0_MS, limited
from tests.session.playbook import S

PING = "/api/v3/ping"


@pytest.mark.parametrize(("offset_s", "wait_s"), [(0, 20), (15, 5), (45, 35)])
def test_windows_are_the_venues_minutes(offset_s, wait_s):
    play = limited({"limits": {"request_weight": 1}}, clock_offset_ns=offset_s * S)
    play.get(PING)
    assert play.get(PING)[1]["Retry-After"] == str(wait_s)


@pytest.mark.parametrize(
    ("speed", "wait_s"), [(Fraction(1), 20), (Fraction(1, 2), 20), (Fraction(10), 2)]
)
def test_a_minute_is_over_on_the_venues_clock_or_the_machines(speed, wait_s):
    play = limited({"limits": {"request_weight": 1}}, speed=speed)
    play.get(PING)
    play.wait(wait_s - 0.1)
    assert play.get(PING)[0] == 429
    play.wait(0.2)
    assert play.get(PING)[0] == 200


def test_windows_stay_aligned_to_a_clock_that_is_faster():
    play = limited({"limits": {"request_weight": 1}}, speed=Fraction(10))
    for minute_s in (2.1, 6, 6, 6):  # 13:59:01, 14:00:01 ...
        play.get(PING)
        assert play.get(PING)[0] == 429
        play.wait(minute_s)
        assert play.get(PING)[0] == 200
        play.wait(0)


def test_bans_last_as_long_on_the_venues_clock_at_any_speed():
    for speed in (Fraction(1), Fraction(7), Fraction(60)):
        play = limited({"limits": {"request_weight": 1}, "ban": {"after": 0}}, speed=speed)
        play.get(PING)
        assert b"until %d." % (T0_MS + 120_000) in play.get(PING)[2]
        play.wait(119 / speed)
        assert play.get(PING)[0] == 418
        play.wait(2 / speed)
        assert play.get(PING)[0] == 200  # another minute, too


def test_flat_out_the_tape_is_no_clock():
    play = limited({"limits": {"request_weight": 1}}, speed=None)
    play.open(1, "/ws/btcusdt@trade")
    play.get(PING)
    for _ in range(100):
        play.wait(0.001)
    assert play.session.position_ns(play.now_ns) > T0 + 300 * S
    assert play.get(PING)[0] == 429


def test_asking_what_is_used_moves_no_window():
    def wait_s(*, asks):
        play = limited({"limits": {"request_weight": 1}}, speed=Fraction(10))
        play.get(PING)
        play.session.handle(PauseAsked(1), play.now_ns)
        play.wait(1)
        if asks:
            play.session.limiting.state(play.now_ns)
        play.session.handle(ResumeAsked(2), play.now_ns)
        play.wait(1)
        return play.get(PING)[1]["Retry-After"]

    assert wait_s(asks=True) == wait_s(asks=False)


def test_waiting_as_told_is_never_too_early():
    play = limited({"limits": {"request_weight": 1}})
    play.get(PING)
    for wait_s in (0.3, 0.4, 0.25):
        play.wait(wait_s)
        status, headers, _ = play.get(PING)
        assert status == 429
    play.wait(int(headers["Retry-After"]))
    assert play.get(PING)[0] == 200


def test_the_end_of_a_ban_is_told_alike_while_it_lasts():
    play = limited({"limits": {"request_weight": 1}, "ban": {"after": 0}})
    play.get(PING)
    bodies = []
    for wait_s in (0, 0.0004, 0.0003, 1.7, 60.00001):
        play.wait(wait_s)
        bodies.append(play.get(PING)[2])
    assert len(dict.fromkeys(bodies)) == 1
    assert b"until %d." % (T0_MS + 120_000) in bodies[0]


def test_a_pause_stops_the_tape_and_no_window():
    play = limited({"limits": {"request_weight": 1}})
    play.get(PING)
    play.session.handle(PauseAsked(1), play.now_ns)
    play.wait(60)
    assert play.get(PING)[0] == 200


def test_a_seek_takes_nobody_out_of_a_ban():
    play = limited({"limits": {"request_weight": 1}, "ban": {"after": 0}})
    play.get(PING)
    play.get(PING)
    play.session.handle(SeekAsked(1, T0 + 300 * S), play.now_ns)
    status, headers, _ = play.get(PING)
    assert (status, headers["Retry-After"]) == (418, "120")
