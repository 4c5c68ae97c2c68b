"""Windows are aligned to the venue's clock, and told in its time."""

from fractions import Fraction

import pytest

from replayx.session.inputs import PauseAsked, SeekAsked
from tests.session.limited import T0, T0_MS, limited
from tests.session.playbook import S

PING = "/api/v3/ping"


@pytest.mark.parametrize(("offset_s", "wait_s"), [(0, 20), (15, 5), (45, 35)])
def test_windows_are_the_venues_minutes(offset_s, wait_s):
    play = limited({"limits": {"request_weight": 1}}, clock_offset_ns=offset_s * S)
    play.get(PING)
    assert play.get(PING)[1]["Retry-After"] == str(wait_s)


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(1, 2), Fraction(60)])
def test_a_minute_lasts_a_minute_at_any_speed(speed):
    play = limited({"limits": {"request_weight": 1}}, speed=speed)
    play.get(PING)
    play.wait(19.9)
    assert play.get(PING)[0] == 429
    play.wait(0.2)
    assert play.get(PING)[0] == 200


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
