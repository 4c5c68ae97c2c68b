"""Outages: connections that are told to end, and markets that are gone, by the tape's time."""

import pytest

from replayx.faults.injector import Injector
from replayx.faults.rule import Plan, Rule, When, Where
from replayx.framing import frame
from replayx.session.clockwork import Regime
from replayx.session.effects import (
    AbortConnection,
    Accept,
    ClockTold,
    CloseConnection,
    Reach,
    ReachChanged,
    SendFrames,
    Started,
)
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    FaultsAsked,
    ResetAsked,
    RunUntilAsked,
    SeekAsked,
)
from replayx.session.session import OnSeek
from replayx.session.stops import StopAt
from tests.fake_venue import FakeVenue
from tests.faults.flows import toxic
from tests.session.clocked import T0, make
from tests.session.playbook import S, plain, sent

AT_3 = When(from_ns=3 * S)
FROM_3_TO_5 = When(from_ns=3 * S, for_ns=2 * S)


def rule(kind, when, *, where=None, name="r", **attributes):
    return Rule(name=name, toxic=toxic(kind, **attributes), where=where or Where(), when=when)


def playing(*rules, **options):
    injector = Injector(1, Plan(rules=rules), start_ns=T0, venues={"fake": FakeVenue()})
    return make(injector=injector, **options)


def opened(play, number, target="/s/none", client=""):
    play << ConnectionAsked(number, "fake", target, client) >> [Accept(number)]
    play.session.handle(ConnectionOpened(number), play.now_ns)


def after(play, seconds):
    """Return what happens up to then, besides the tape."""
    effects = []
    while play.now_ns < seconds * S:
        due_ns = play.session.next_deadline_ns()
        play.now_ns = min(seconds * S, max(play.now_ns, seconds * S if due_ns is None else due_ns))
        effects += [(play.now_ns / S, plain(one)) for one in play.session.advance(play.now_ns)]
    return effects


GOING = SendFrames((1,), frame(b"going at 1003000"))


def test_a_connection_is_told_and_ends_behind_its_lead():
    play = playing(rule("server_shutdown", AT_3, lead="2s"))
    opened(play, 1)
    assert after(play, 9) == [(3.0, GOING), (5.0, CloseConnection(1, 1001, ""))]
    assert after(play, 18) == []


def test_who_comes_later_is_not_told():
    play = playing(rule("server_shutdown", AT_3, lead="2s"))
    opened(play, 1)
    after(play, 4)
    opened(play, 2)
    assert after(play, 9) == [(5.0, CloseConnection(1, 1001, ""))]


def test_who_has_left_is_not_closed():
    play = playing(rule("server_shutdown", AT_3, lead="2s"))
    opened(play, 1)
    after(play, 4)
    play << ConnectionLost(1) >> []
    assert after(play, 9) == []


def test_a_shutdown_of_some_connections_with_words_of_its_own():
    some = Where(connection=2)
    play = playing(
        rule("server_shutdown", AT_3, where=some, lead="0s", code=1012, reason="restart")
    )
    opened(play, 1)
    opened(play, 2)
    going = SendFrames((2,), frame(b"going at 1003000"))
    assert after(play, 9) == [(3.0, going), (3.0, CloseConnection(2, 1012, "restart"))]


def test_what_was_done_is_in_the_log():
    play = playing(rule("server_shutdown", AT_3))
    opened(play, 1)
    opened(play, 2, "/api", client="bot")
    after(play, 4)
    log = [(one.rule, one.link, one.at_ns) for one in play.session.injector.log.entries()]
    assert log == [
        ("r", "fake/ws/1/downstream/outage", T0 + 3 * S),
        ("r", "fake/wsapi/bot:1/downstream/outage", T0 + 3 * S),
    ]


@pytest.mark.parametrize(("how", "reach"), [("refused", Reach.REFUSED), ("silent", Reach.SILENT)])
def test_a_market_is_gone_for_a_while(how, reach):
    play = playing(rule("down", FROM_3_TO_5, how=how))
    opened(play, 1)
    assert after(play, 9) == [
        (3.0, AbortConnection(1)),
        (3.0, ReachChanged("fake", reach)),
        (5.0, ReachChanged("fake", Reach.OPEN)),
    ]


def test_another_market_is_there():
    play = playing(rule("down", FROM_3_TO_5, where=Where(market="other")))
    opened(play, 1)
    assert after(play, 9) == []


def test_of_two_that_are_down_the_market_comes_back_with_the_last():
    longer = When(from_ns=4 * S, until_ns=7 * S)
    play = playing(rule("down", FROM_3_TO_5), rule("down", longer, name="s"))
    opened(play, 1)
    told = [one for one in after(play, 9) if isinstance(one[1], ReachChanged)]
    assert told == [
        (3.0, ReachChanged("fake", Reach.REFUSED)),
        (7.0, ReachChanged("fake", Reach.OPEN)),
    ]


def test_a_reset_begins_again():
    play = playing(rule("down", FROM_3_TO_5))
    opened(play, 1)
    after(play, 4)
    effects = play.session.handle(ResetAsked(1), play.now_ns)
    assert ReachChanged("fake", Reach.OPEN) in effects
    opened(play, 2)
    assert [one for _, one in after(play, 8)][:2] == [
        AbortConnection(2),
        ReachChanged("fake", Reach.REFUSED),
    ]


def test_a_seek_into_a_window_and_out_of_it():
    play = playing(rule("down", FROM_3_TO_5), on_seek=OnSeek.CONTINUE)
    opened(play, 1)
    play.session.advance(0)
    effects = play.session.handle(SeekAsked(1, T0 + 4 * S), 0)
    assert effects[:2] == [AbortConnection(1), ReachChanged("fake", Reach.REFUSED)]
    effects = play.session.handle(SeekAsked(2, T0 + 9 * S), 0)
    assert effects[0] == ReachChanged("fake", Reach.OPEN)


def test_a_plan_that_comes_later_begins_at_once_and_one_that_goes_ends():
    play = playing()
    opened(play, 1)
    after(play, 2)
    down = Plan(rules=(rule("down", When()),))
    play.session.handle(FaultsAsked(1, down), play.now_ns)
    assert play.session.next_deadline_ns() == 0
    assert play.session.advance(play.now_ns) == [
        AbortConnection(1),
        ReachChanged("fake", Reach.REFUSED),
    ]
    play.session.handle(FaultsAsked(2, Plan()), play.now_ns)
    assert play.session.next_deadline_ns() == 0
    assert play.session.advance(play.now_ns) == [ReachChanged("fake", Reach.OPEN)]


def test_in_lockstep_it_comes_between_the_messages_of_the_tape():
    between = When(from_ns=2 * S + S // 2)
    play = playing(
        rule("server_shutdown", between, lead="1s"),
        regime=Regime.LOCKSTEP,
        speed=None,
        roll_call=False,
    )
    opened(play, 1, "/s/a/b")
    play.session.handle(RunUntilAsked(1, StopAt(T0 + 9 * S)), 0)
    frames, closed = b"", None
    for _ in range(20):
        for effect in play.session.advance(0):
            if isinstance(effect, SendFrames):
                frames += bytes(effect.frames)
            elif isinstance(effect, CloseConnection):
                closed = effect
            else:
                assert isinstance(effect, ClockTold | Started)
    assert frames == sent(1, b"0", b"1", b"2", b"going at 1002500", b"3").frames
    assert closed == CloseConnection(1, 1001, "")
