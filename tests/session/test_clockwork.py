from fractions import Fraction

import pytest

from replayx.session.clockwork import Regime
from replayx.session.effects import CloseConnection, Ended, Reply, Started
from replayx.session.inputs import (
    PauseAsked,
    RequestReceived,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
    StartAsked,
)
from replayx.session.session import AtEnd, OnSeek
from replayx.session.stops import StopAfter, StopAt
from replayx.venues.venue import HttpRequest
from tests.session.clocked import T0, make, opened, told
from tests.session.playbook import S, at_time, sent

TIME = RequestReceived(7, "fake", HttpRequest("GET", "/time"))


def effects_of(play, event):
    """Return what an input leads to, its answer left out, and the answer."""
    effects = play.session.handle(event, play.now_ns)
    return [one for one in effects if not hasattr(one, "clock")], [
        one for one in effects if hasattr(one, "clock")
    ]


def venue_ms(play):
    """Return what /time tells; it leads to nothing else."""
    (reply,) = play.session.handle(TIME, play.now_ns)
    assert isinstance(reply, Reply)
    return int(reply.reply.body)


def at(*numbers):
    return [b"%d" % k for k in numbers]


def test_a_change_of_speed_does_not_jump():
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(S) >> [sent(1, *at(0, 1))]
    play.at(S + S // 2) >> []
    (
        play
        << SpeedAsked(1, Fraction(10))
        >> [told(play, 1, speed="10", regime="scaled", position_ns=T0 + 3 * S // 2)]
    )
    assert play.session.next_deadline_ns() == S + S // 2 + S // 20
    play.at(S + S // 2 + S // 20 - 1) >> []
    play.at(S + S // 2 + S // 20) >> [sent(1, *at(2))]
    play << SpeedAsked(2, Fraction(1)) >> [told(play, 2, speed="1", regime="wall")]
    play.at(S + S // 2 + S // 20 + S) >> [sent(1, *at(3))]


def test_to_full_speed_and_back():
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(S // 2) >> [sent(1, *at(0))]
    play << SpeedAsked(1, None) >> [told(play, 1, speed="max", position_ns=T0 + S // 2)]
    assert play.session.is_flat_out
    play.at(S // 2) >> [sent(1, *at(1))]
    play.at(S // 2) >> [sent(1, *at(2, 3))]
    # What is flat out due goes out before the speed changes.
    told_2 = play.session.handle(SpeedAsked(2, Fraction(1, 2)), S // 2)
    assert told_2[0].frames == sent(1, *at(4, 5)).frames
    assert told_2[1].clock.position_ns == T0 + 5 * S
    play.at(S // 2 + 2 * S - 1) >> []
    play.at(S // 2 + 2 * S) >> [sent(1, *at(6))]


def test_paused_it_stands_still_and_resumed_it_goes_on():
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(S) >> [sent(1, *at(0, 1))]
    play.now_ns = S + 7
    play << PauseAsked(1) >> [told(play, 1, paused=True, position_ns=T0 + S + 7, delivered=2)]
    assert play.session.next_deadline_ns() == 20 * S  # the ping
    play.at(10 * S) >> []
    assert venue_ms(play) == 1_001_000
    play << ResumeAsked(2) >> [told(play, 2, paused=False)]
    play.at(11 * S - 8) >> []
    play.at(11 * S - 7) >> [sent(1, *at(2))]


def test_what_is_due_when_it_is_paused_is_still_sent(monkeypatch):
    monkeypatch.setattr("replayx.session.player.FLAT_OUT_BYTES", 1)
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.now_ns = 2 * S
    play << PauseAsked(1) >> [sent(1, *at(0, 1)), told(play, 1, position_ns=T0 + 2 * S)]
    assert play.session.next_deadline_ns() == 0
    play.at(9 * S) >> [sent(1, *at(2))]
    play.at(9 * S) >> []
    assert play.session.next_deadline_ns() == 20 * S


def test_paused_before_it_starts_it_waits_for_resume():
    play = make()
    play << PauseAsked(1) >> [told(play, 1, paused=True, started=False)]
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(5 * S) >> []
    play << ResumeAsked(2) >> [told(play, 2, paused=False, started=True)]
    play.at(5 * S) >> [sent(1, *at(0))]


def test_resumed_before_it_starts_it_starts():
    play = make(starts_itself=False)
    play << ResumeAsked(1) >> [Started(0), told(play, 1, started=True)]
    play << StartAsked() >> []


@pytest.mark.parametrize("target", [0, 5, 19])
def test_sought_it_goes_on_from_there(target):
    play = make(on_seek=OnSeek.CONTINUE)
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(2 * S) >> [sent(1, *at(0, 1)), sent(1, *at(2))]
    play << SeekAsked(1, T0 + target * S) >> [told(play, 1, position_ns=T0 + target * S)]
    assert venue_ms(play) == 1_000_000 + 1_000 * target
    assert play.session.next_deadline_ns() == 2 * S
    end = [Ended()] if target == 19 else []
    play.at(2 * S) >> [sent(1, *at(target)), *end]


def test_sought_beyond_the_tape_it_is_at_its_end():
    play = make()
    play << SeekAsked(1, T0 - 5 * S) >> [told(play, 1, position_ns=T0)]
    play << SeekAsked(2, T0 + 99 * S) >> [told(play, 2, position_ns=T0 + 19 * S)]


def test_a_seek_closes_sockets_as_a_restart_does():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    opened(play, 2, "/s/b") >> []
    play.at(0) >> [sent(1, *at(0))]
    (
        play
        << SeekAsked(1, T0 + 4 * S)
        >> [
            CloseConnection(1, 1001, ""),
            CloseConnection(2, 1001, ""),
            told(play, 1, position_ns=T0 + 4 * S),
        ]
    )
    opened(play, 3, "/s/a/b") >> []
    play.at(S) >> [sent(3, *at(4, 5))]


def test_behind_its_end_a_seek_makes_it_play_again():
    play = make(on_seek=OnSeek.CONTINUE)
    opened(play, 1, "/s/b") >> [Started(0)]
    play.at(19 * S) >> [sent(1, *at(k)) for k in range(1, 20, 2)] + [Ended()]
    play << SeekAsked(1, T0 + 18 * S) >> [told(play, 1, ended=False, paused=False)]
    play.at(19 * S + S - 1) >> []
    play.at(20 * S) >> play_end(play)


def play_end(play):
    from replayx.framing import PING, frame
    from replayx.session.effects import SendFrames

    return [SendFrames((1,), frame(b"1019000", PING)), sent(1, b"19"), Ended()]


def test_a_run_ends_at_exactly_its_time():
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(S) >> [sent(1, *at(0, 1))]
    play << RunUntilAsked(1, StopAt(T0 + 3 * S)) >> []
    assert play.session.next_deadline_ns() == 2 * S
    play.at(9 * S) >> [
        sent(1, *at(2, 3)),
        told(play, 1, paused=True, position_ns=T0 + 3 * S),
    ]
    play << ResumeAsked(2) >> [told(play, 2)]
    play.at(10 * S) >> [sent(1, *at(4))]


def test_a_run_ends_behind_its_last_message():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    play << RunUntilAsked(1, StopAfter(4)) >> [sent(1, *at(0))]
    play.at(9 * S) >> [
        sent(1, *at(2)),
        sent(1, *at(4)),
        told(play, 1, paused=True, position_ns=T0 + 4 * S, delivered=5),
    ]
    play << RunUntilAsked(2, StopAfter(1)) >> []
    play.at(10 * S) >> [told(play, 2, position_ns=T0 + 5 * S, delivered=6)]


def test_messages_of_one_instant_are_stepped_one_by_one():
    play = make([[(T0, 0, b"x"), (T0, 0, b"y"), (T0, 0, b"z")]], starts_itself=False)
    opened(play, 1, "/s/a") >> []
    for number, payload in enumerate((b"x", b"y", b"z"), 1):
        play << RunUntilAsked(number, StopAfter(1)) >> ([Started(0)] if number == 1 else [])
        end = [Ended()] if number == 3 else []
        play.at(0) >> [sent(1, payload), *end, told(play, number, delivered=number)]


def test_a_run_beyond_the_end_is_answered_there():
    play = make(at_end=AtEnd.CLOSE)
    opened(play, 1, "/s/b") >> [Started(0)]
    play << RunUntilAsked(1, StopAfter(99)) >> []
    play.at(18 * S) >> [sent(1, *at(k)) for k in range(1, 18, 2)]
    play.at(19 * S) >> [
        sent(1, b"19"),
        CloseConnection(1, 1001, ""),
        Ended(),
        told(play, 1, ended=True, paused=True, position_ns=T0 + 19 * S),
    ]
    play << RunUntilAsked(2, StopAfter(1)) >> [told(play, 2, ended=True)]


@pytest.mark.parametrize("stop", [StopAt(T0 + 2 * S), StopAfter(3)])
def test_no_question_that_comes_late_sees_behind_where_a_run_ends(stop):
    play = make(starts_itself=False)
    play << RunUntilAsked(1, stop) >> [Started(0)]
    play.now_ns = 5 * S
    assert play.session.handle(TIME, play.now_ns) == [
        told(play, 1, paused=True, position_ns=T0 + 2 * S, delivered=3),
        Reply(7, at_time((T0 + 2 * S) // S)),
    ]


def test_the_next_command_supersedes_a_run():
    play = make(starts_itself=False)
    play << PauseAsked(1) >> [told(play, 1)]
    play << RunUntilAsked(2, StopAt(T0 + 5 * S)) >> [Started(0)]
    play.at(S) >> []
    play << SpeedAsked(3, Fraction(2)) >> [told(play, 3, position_ns=T0 + S, paused=False)]
    play.at(2 * S) >> []
    superseded = play.session.handle(SeekAsked(4, T0 + 9 * S), 2 * S)
    assert [(one.number, one.clock.position_ns, one.clock.paused) for one in superseded] == [
        (2, T0 + 3 * S, True),
        (4, T0 + 9 * S, True),
    ]


def test_a_run_to_where_it_was_stands_where_it_is():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(3 * S) >> [sent(1, b"0"), sent(1, b"2")]
    play << RunUntilAsked(1, StopAt(T0)) >> []
    play.at(4 * S) >> [told(play, 1, position_ns=T0 + 3 * S, paused=True)]


def test_gaps_pass_as_the_longest_allowed():
    rows = [[(T0, 0, b"x"), (T0 + 2 * S, 0, b"y")], [(T0 + 100 * S, 0, b"z")]]
    play = make(rows, skip_idle_ns=5 * S)
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(2 * S) >> [sent(1, b"x", b"y")]
    assert play.session.next_deadline_ns() == 7 * S
    play.at(7 * S - 1) >> []
    assert venue_ms(play) == 1_006_999
    play.at(7 * S) >> [sent(1, b"z"), Ended()]
    assert venue_ms(play) == 1_100_000


def test_gaps_are_as_long_as_the_speed_makes_them():
    rows = [[(T0, 0, b"x"), (T0 + 100 * S, 0, b"y"), (T0 + 101 * S, 0, b"z")]]
    play = make(rows, skip_idle_ns=5 * S, speed=Fraction(10))
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(S // 2) >> [sent(1, b"x"), sent(1, b"y")]
    play.at(S // 2 + S // 10) >> [sent(1, b"z"), Ended()]


def test_a_run_may_end_within_a_gap():
    rows = [[(T0, 0, b"x"), (T0 + 100 * S, 0, b"y")]]
    play = make(rows, skip_idle_ns=5 * S)
    opened(play, 1, "/s/a") >> [Started(0)]
    play << RunUntilAsked(1, StopAt(T0 + 50 * S)) >> [sent(1, b"x")]
    play.at(5 * S) >> [told(play, 1, position_ns=T0 + 50 * S)]
    play << ResumeAsked(2) >> [told(play, 2)]
    play.at(10 * S) >> [sent(1, b"y"), Ended()]


def test_the_tape_may_end_earlier():
    play = make(stop_ns=T0 + 3 * S)
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(2 * S) >> [sent(1, *at(0, 1)), sent(1, *at(2))]
    play.at(3 * S) >> [Ended()]
    assert play.session.clock(3 * S).end_ns == T0 + 3 * S


def test_reset_it_is_as_it_began():
    play = make(speed=Fraction(2))
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(S) >> [sent(1, *at(0, 1)), sent(1, *at(2))]
    play << SpeedAsked(1, None) >> [told(play, 1)]
    effects, clocks = effects_of(play, ResetAsked(2))
    assert effects[-1] == CloseConnection(1, 1001, "")
    state = clocks[0].clock
    assert (state.position_ns, state.started, state.delivered, state.speed) == (T0, False, 0, "2")
    opened(play, 2, "/s/a/b") >> [Started(S)]
    play.at(S) >> [sent(2, b"0")]


@pytest.mark.parametrize("speed", [Fraction(1), None])
def test_a_pause_at_the_end_changes_nothing(speed):
    play = make(speed=speed)
    opened(play, 1, "/s/a") >> [Started(0)]
    while not play.session.is_ended:
        play.now_ns += 20 * S if speed else 0
        play.session.advance(play.now_ns)
    play << PauseAsked(1) >> [told(play, 1, ended=True, paused=True, position_ns=T0 + 19 * S)]
    play << ResumeAsked(2) >> [told(play, 2, ended=True, paused=False)]


def test_in_lockstep_only_commands_move_the_tape():
    play = make(regime=Regime.LOCKSTEP)
    opened(play, 1, "/s/a/b") >> []
    assert venue_ms(play) == 1_000_000
    play.at(99 * S) >> []
    assert play.session.next_deadline_ns() is None
    assert told(play, 1, regime="lockstep", paused=True, started=False)
