from replayx.faults.link import Carrier
from replayx.session.clockwork import Regime
from replayx.session.inputs import ConnectionAsked
from tests.session.clocked import opened
from tests.session.playbook import S
from tests.session.test_links import LATENCY, MS, play_with


def test_without_a_rule_nothing_is_kept_and_nothing_is_due():
    table = play_with().session._links
    table.open(ConnectionAsked(1, "fake", "/s/a"), Carrier.WS, 0)
    assert table.is_idle
    assert table.is_clear
    assert table.deadline_ns() is None
    table.drop(1)
    assert table.link_of(1) is None


def test_the_tape_waits_while_too_much_is_in_flight(monkeypatch):
    monkeypatch.setattr("replayx.session.link_table.LINK_BYTES_MAX", 2)
    play = play_with(LATENCY, speed=None)
    opened(play, 1, "/s/a")
    play._effects = None
    session = play.session
    session.advance(0)
    assert session._links.is_full
    assert session.next_deadline_ns() == 100 * MS
    assert [len(one.frames) for one in session.advance(100 * MS)] == [3]
    assert not session._links.is_full or session.position_ns(0) > 0


def test_in_tape_time_the_next_arrival_from_a_client_is_the_horizon():
    where = {"carrier": "ws", "direction": "upstream"}
    play = play_with({**LATENCY, "where": where}, regime=Regime.LOCKSTEP)
    opened(play, 1, "/s/a")
    play._effects = None
    table = play.session._links
    assert table.horizon_ns is None
    one = table._links[1]
    one.up.message(5 * S, b"\x81\x01x", 0)
    table._note(one)
    assert table.horizon_ns == 5 * S + 100 * MS


def test_a_ping_of_ours_goes_by_only_between_frames():
    table = play_with(LATENCY).session._links
    table.open(ConnectionAsked(1, "fake", "/s/a"), Carrier.WS, 0)
    assert table.rings_through(1)
    table._down[1].is_whole = False
    assert not table.rings_through(1)
    assert table.rings_through(2)
