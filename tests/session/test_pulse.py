from fractions import Fraction

import pytest

from replayx.framing import PING, frame
from replayx.limits import ROLL_CALL_NS
from replayx.session.clockwork import Regime
from replayx.session.effects import CloseConnection, Ended, SendFrames, Started
from replayx.session.inputs import (
    ConnectionLost,
    PauseAsked,
    PongReceived,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.pulse import Liveness
from replayx.session.session import OnSeek
from replayx.session.stops import StopAfter, StopAt
from tests.session.clocked import T0, make, opened, told
from tests.session.playbook import S, sent

LONG = [[(T0 + k * 5 * S, 0, b"%d" % k)] for k in range(60)]


def ping(number, ms):
    return SendFrames((number,), frame(b"%d" % ms, PING))


def test_in_tape_time_a_ping_comes_as_fast_as_the_tape():
    play = make(LONG, liveness=Liveness.TAPE, speed=Fraction(10), starts_itself=False)
    opened(play, 1, "/s") >> []
    play.at(500 * S) >> []
    play << ResumeAsked(1) >> [Started(500 * S), told(play, 1)]
    play.at(500 * S) >> []
    play.at(502 * S) >> [ping(1, 1_020_000)]
    play.at(504 * S) >> [ping(1, 1_040_000)]
    play << PauseAsked(2) >> [told(play, 2)]
    assert play.session.next_deadline_ns() is None
    play.at(600 * S) >> []
    play << ResumeAsked(3) >> [told(play, 3)]
    play.at(602 * S) >> [ping(1, 1_060_000)]
    play.at(604 * S) >> [CloseConnection(1, 1008, "Pong timeout")]


def test_a_seek_is_no_time_for_liveness():
    play = make(LONG, liveness=Liveness.TAPE, on_seek=OnSeek.CONTINUE)
    opened(play, 1, "/s") >> []
    play << ResumeAsked(1) >> [Started(0), told(play, 1)]
    play.at(10 * S) >> []
    play << SeekAsked(2, T0 + 200 * S) >> [told(play, 2)]
    play.at(20 * S - 1) >> []
    play.at(20 * S) >> [ping(1, 1_210_000)]
    play << SeekAsked(3, T0) >> [told(play, 3)]
    play << PongReceived(1, b"1210000") >> []
    play.at(40 * S - 1) >> []
    play.at(40 * S) >> [ping(1, 1_020_000)]


def test_a_skipped_gap_is_no_time_for_liveness():
    rows = [[(T0, 0, b"x")], [(T0 + 3_000 * S, 0, b"y")], [(T0 + 3_100 * S, 0, b"z")]]
    play = make(rows, liveness=Liveness.TAPE, skip_idle_ns=5 * S)
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(5 * S) >> [sent(1, b"x"), sent(1, b"y")]
    play.at(10 * S) >> [sent(1, b"z"), Ended()]


def pings(ms):
    return [ping(1, ms), ping(2, ms)]


def lockstep(**options):
    play = make(LONG, regime=Regime.LOCKSTEP, **options)
    opened(play, 1, "/s/a") >> []
    return play


def test_in_lockstep_a_ping_stands_among_the_messages_and_is_waited_for():
    play = lockstep(roll_call=False)
    play << RunUntilAsked(1, StopAt(T0 + 26 * S)) >> [Started(0)]
    got = [play.session.advance(0) for _ in range(6)]
    assert [[bytes(one.frames) for one in effects] for effects in got] == [
        [bytes(sent(1, b"%d" % k).frames)] for k in range(5)
    ] + [[bytes(ping(1, 1_020_000).frames)]]
    assert play.session.next_deadline_ns() == ROLL_CALL_NS
    play.at(99) >> []
    play << PongReceived(1, b"other") >> []
    play << PongReceived(1, b"1020000") >> []
    assert play.session.next_deadline_ns() == 0
    play.at(99) >> [sent(1, b"5")]
    play.at(99) >> [told(play, 1, position_ns=T0 + 26 * S)]
    assert play.session.next_deadline_ns() is None


def test_in_lockstep_who_does_not_read_is_not_waited_for_for_ever():
    play = lockstep(roll_call=False)
    play << RunUntilAsked(1, StopAt(T0 + 30 * S)) >> [Started(0)]
    while play.session.next_deadline_ns() == 0:
        play.session.advance(0)
    play.at(ROLL_CALL_NS - 1) >> []
    play.at(ROLL_CALL_NS) >> [sent(1, b"5")]
    play.at(ROLL_CALL_NS) >> [sent(1, b"6")]
    play.at(ROLL_CALL_NS) >> [told(play, 1, position_ns=T0 + 30 * S)]
    # Nor is it closed, however long the tape goes on; and once it has read, it is waited for again.
    play << RunUntilAsked(2, StopAt(T0 + 190 * S)) >> []
    pinged = []
    while play.session.next_deadline_ns() is not None:
        pinged += [
            one
            for one in play.session.advance(ROLL_CALL_NS)
            if one.__class__ is not SendFrames or one.frames[0] == 0x89
        ]
    assert pinged == [*(ping(1, 1_000_000 + k * 20_000) for k in range(2, 10)), told(play, 2)]
    play << PongReceived(1, b"1180000") >> []
    play << RunUntilAsked(3, StopAt(T0 + 200 * S)) >> []
    play.at(ROLL_CALL_NS) >> [sent(1, b"39")]
    play.at(ROLL_CALL_NS) >> [sent(1, b"40")]
    play.at(ROLL_CALL_NS) >> [ping(1, 1_200_000)]
    assert play.session.next_deadline_ns() == 2 * ROLL_CALL_NS


@pytest.mark.parametrize("answer", [PongReceived(1, b"1000000"), ConnectionLost(1)])
def test_a_run_is_over_when_everybody_has_read_it(answer):
    play = lockstep()
    opened(play, 2, "/s") >> []
    # What they sent before comes in front of their echoes.
    play << RunUntilAsked(1, StopAfter(1)) >> [Started(0), *pings(1_000_000)]
    play << PongReceived(2, b"1000000") >> []
    play.at(0) >> []
    play << PongReceived(1, b"1000000") >> []
    play.at(0) >> [sent(1, b"0"), *pings(1_000_000)]
    play << PongReceived(2, b"1000000") >> []
    assert play.session.next_deadline_ns() == ROLL_CALL_NS
    play << answer >> [told(play, 1, delivered=1)]


def test_a_run_without_clients_is_over_at_once():
    play = make(LONG, regime=Regime.LOCKSTEP)
    play << RunUntilAsked(1, StopAt(T0 + 100 * S)) >> [Started(0)]
    while play.session.next_deadline_ns() == 0:
        last = play.session.advance(0)
    assert last == [told(play, 1, delivered=21, position_ns=T0 + 100 * S)]


def test_a_speed_is_told_in_lockstep_and_paces_nothing():
    play = lockstep()
    play << SpeedAsked(1, Fraction(1, 10)) >> [told(play, 1, speed="1/10", regime="lockstep")]
    assert play.session.is_flat_out


def test_set_free_in_lockstep_it_goes_as_far_as_clients_read():
    play = lockstep()
    play << ResumeAsked(1) >> [Started(0), ping(1, 1_000_000)]
    play << PongReceived(1, b"1000000") >> [told(play, 1, paused=False)]
    play.at(0) >> [sent(1, b"0")]
    play << PauseAsked(2) >> [sent(1, b"1"), ping(1, 1_005_000)]
    play << PongReceived(1, b"1005000") >> [told(play, 2, paused=True)]


def test_at_full_speed_in_tape_time_pings_are_waited_for_as_well():
    play = make(LONG, liveness=Liveness.TAPE, speed=None)
    opened(play, 1, "/s/a") >> [Started(0)]
    for k in range(5):
        play.at(0) >> [sent(1, b"%d" % k)]
    play.at(0) >> [ping(1, 1_020_000)]
    play.at(0) >> []
    play << PongReceived(1, b"1020000") >> []
    play.at(0) >> [sent(1, b"5")]
