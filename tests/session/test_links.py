import pytest

from replayx.faults.fault_log import FaultLog
from replayx.faults.injector import Injector
from replayx.faults.rule import NO_PLAN
from replayx.framing import PING, PONG, frame
from replayx.session.clockwork import Regime
from replayx.session.effects import (
    AbortConnection,
    Accept,
    ClockTold,
    CloseConnection,
    Ended,
    SendFrames,
    Started,
)
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    FaultsAsked,
    MessageReceived,
    PingReceived,
    ResetAsked,
    RunUntilAsked,
    StartAsked,
)
from replayx.session.session import AtEnd
from replayx.session.stops import StopAt
from tests.fake_venue import FakeVenue
from tests.faults.plumbing import plan_of
from tests.session.clocked import T0, make, opened
from tests.session.playbook import S, sent

MS = S // 1000
LATENCY = {"type": "latency", "delay": "100ms", "where": {"carrier": "ws"}}


def play_with(*toxics, **options):
    injector = Injector(0, plan_of(*toxics), FaultLog(), start_ns=T0, venues={"fake": FakeVenue()})
    return make(injector=injector, **options)


def test_latency_is_on_messages_answers_pongs_and_closes_once_each():
    play = play_with(LATENCY)
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(0) >> []
    play.at(100 * MS - 1) >> []
    play.at(100 * MS) >> [sent(1, b"0")]
    play << PingReceived(1, b"hi") >> []
    play << MessageReceived(1, b"bye") >> []
    assert play.session.next_deadline_ns() == 200 * MS
    play.at(200 * MS) >> [
        SendFrames((1,), frame(b"hi", PONG) + frame(b"so long")),
        CloseConnection(1, 1008, "you asked"),
    ]


def test_who_has_no_rule_is_served_as_ever_beside_who_has_one():
    play = play_with({**LATENCY, "where": {"connection": 2}})
    opened(play, 1, "/s/a") >> [Started(0)]
    opened(play, 2, "/s/a") >> []
    play.at(0) >> [sent(1, b"0")]
    play.at(100 * MS) >> [sent(2, b"0")]


def test_upstream_a_message_is_handled_when_it_arrives():
    where = {"carrier": "ws", "direction": "upstream"}
    play = play_with({**LATENCY, "where": where})
    opened(play, 1, "/s") >> []
    play << MessageReceived(1, b"+a") >> []
    play << PingReceived(1, b"x") >> []
    play.at(100 * MS) >> [sent(1, b"ok"), Started(100 * MS), SendFrames((1,), frame(b"x", PONG)),
                          sent(1, b"0")]  # fmt: skip


def test_what_a_client_says_may_be_lost():
    where = {"carrier": "ws", "direction": "upstream"}
    play = play_with({"type": "loss", "rate": 1, "where": where})
    opened(play, 1, "/s") >> []
    play << MessageReceived(1, b"+a") >> []
    assert play.session.injector.log.counts["loss", "fake"] == 1


def test_a_toxic_ends_a_connection_and_nothing_comes_behind():
    play = play_with({"type": "disconnect", "code": 1012, "when": {"nth": [2]}})
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(0) >> [sent(1, b"0")]
    play.at(2 * S) >> [sent(1, b"2"), CloseConnection(1, 1012, "")]
    play.at(9 * S) >> []


def test_a_reset_is_an_abort():
    play = play_with({"type": "disconnect", "how": "reset"})
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(0) >> [sent(1, b"0"), AbortConnection(1)]


def test_a_new_plan_acts_from_the_next_message_on_and_lets_go():
    play = play_with({"type": "stall"})
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(2 * S) >> []
    (
        play
        << FaultsAsked(1, NO_PLAN)
        >> [
            sent(1, b"0", b"2"),
            ClockTold(1, play.session.clock(2 * S)),
        ]
    )
    play.at(4 * S) >> [sent(1, b"4")]
    play << FaultsAsked(2, plan_of(LATENCY)) >> [ClockTold(2, play.session.clock(4 * S))]
    play.at(6 * S) >> []
    play.at(6 * S + 100 * MS) >> [sent(1, b"6")]


def test_the_index_goes_on_where_no_rule_was():
    play = play_with()
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(4 * S) >> [sent(1, b"0"), sent(1, b"2"), sent(1, b"4")]
    loss = {"type": "loss", "rate": 1}
    play << FaultsAsked(1, plan_of(loss)) >> [ClockTold(1, play.session.clock(4 * S))]
    play.at(6 * S) >> []
    assert [(one.first, one.last) for one in play.session.injector.log.entries()] == [(3, 3)]


def test_a_reset_sends_what_is_in_flight_and_goes_back_to_the_first_plan():
    play = play_with(LATENCY)
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(0) >> []
    play << FaultsAsked(1, NO_PLAN) >> [ClockTold(1, play.session.clock(0))]
    play << ResetAsked(2)
    effects, play._effects = play._effects, None
    assert effects[0] == sent(1, b"0")
    assert effects[1] == CloseConnection(1, 1001, "")
    injector = play.session.injector
    assert [rule.name for rule in injector.plan.rules] == ["latency"]
    assert injector.log.entries() == []
    play << ConnectionLost(1) >> []
    opened(play, 2, "/s/a") >> [Started(0)]
    play.at(0) >> []
    play.at(100 * MS) >> [sent(2, b"0")]
    assert {one.link for one in injector.log.entries()} == {"fake/ws/1/downstream"}


@pytest.mark.parametrize("target", ["/s/a", "/nowhere"])
def test_links_count_handshakes_whatever_becomes_of_them(target):
    play = play_with({**LATENCY, "where": {"connection": 2}})
    play << ConnectionAsked(7, "fake", target)
    play._effects = None
    opened(play, 9, "/s/a")
    play._effects = None
    assert play.session._links.link_of(9).name == "fake/ws/2/downstream"


def test_who_names_itself_has_a_count_of_its_own():
    play = play_with()
    for number, client in enumerate(("", "ann", "", "ann"), 1):
        play << ConnectionAsked(number, "fake", "/s/a", client) >> [Accept(number)]
    names = [play.session._links.link_of(number).name for number in range(1, 5)]
    assert names == ["fake/ws/1/downstream", "fake/ws/ann:1/downstream",
                     "fake/ws/2/downstream", "fake/ws/ann:2/downstream"]  # fmt: skip


@pytest.mark.parametrize("quantum", [1, 1 << 18])
def test_in_lockstep_a_client_has_what_is_due_by_then(monkeypatch, quantum):
    monkeypatch.setattr("replayx.session.player.FLAT_OUT_BYTES", quantum)
    monkeypatch.setattr("replayx.session.player.WRITE_BYTES", quantum)
    play = play_with({**LATENCY, "delay": "1500ms"}, regime=Regime.LOCKSTEP, roll_call=False)
    opened(play, 1, "/s/a") >> []

    def until(number, at_ns):
        got = b""
        effects = play.session.handle(RunUntilAsked(number, StopAt(at_ns)), 5)
        while not any(isinstance(one, ClockTold) for one in effects):
            got += b"".join(one.frames for one in effects if isinstance(one, SendFrames))
            effects = play.session.advance(5)
        return got + b"".join(one.frames for one in effects if isinstance(one, SendFrames))

    assert until(1, T0 + 1499 * MS) == b""
    assert until(2, T0 + 1500 * MS) == frame(b"0")
    assert until(3, T0 + 3500 * MS) == frame(b"2")
    assert until(4, T0 + 8 * S) == frame(b"4") + frame(b"6")


def test_at_the_end_what_is_in_flight_arrives_before_the_close():
    play = play_with(LATENCY, at_end=AtEnd.CLOSE)
    opened(play, 1, "/s/b") >> [Started(0)]
    play.session.advance(18 * S)
    effects = play.session.advance(19 * S)
    assert not any(isinstance(one, Ended | CloseConnection) for one in effects)
    assert play.session.advance(19 * S + 100 * MS) == [
        SendFrames((1,), frame(b"19")),
        CloseConnection(1, 1001, ""),
        Ended(),
    ]


def test_too_much_in_flight_ends_the_connection(monkeypatch):
    monkeypatch.setattr("replayx.session.links.CLIENT_BUFFER_BYTES_MAX", 8)
    play = play_with({"type": "stall"})
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(0) >> []
    play.at(2 * S) >> [AbortConnection(1)]
    assert play.session.cut_off_count == 1


def test_a_ping_of_the_venue_is_late_like_everything():
    play = play_with({**LATENCY, "where": {}}, starts_itself=False)
    play << ConnectionAsked(1, "fake", "/s/a") >> [Accept(1)]
    play << ConnectionOpened(1) >> []
    play << StartAsked() >> [Started(0)]
    play.at(100 * MS)
    play._effects = None
    play.at(20 * S)
    effects, play._effects = play._effects, None
    sent_now = [one for one in effects if isinstance(one, SendFrames)]
    pings = [one for one in sent_now if bytes(one.frames)[0] == 0x80 | PING]
    assert pings == []
    play.at(20 * S + 100 * MS)
    effects, play._effects = play._effects, None
    assert bytes([0x80 | PING]) in b"".join(
        bytes(one.frames) for one in effects if isinstance(one, SendFrames)
    )
