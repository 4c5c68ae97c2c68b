from replayx.framing import PONG, frame
from replayx.session.answers import dated
from replayx.session.effects import Accept, CloseConnection, Refuse, SendFrames, Started
from replayx.session.inputs import ConnectionAsked, MessageReceived, PingReceived
from replayx.venues.venue import HttpReply
from tests.session.clocked import make
from tests.session.playbook import sent


def reception(**options):
    session = make(**options).session
    return session._reception, session._audience


def test_a_handshake_is_accepted_or_refused_by_the_venue():
    desk, audience = reception()
    assert desk.asked(ConnectionAsked(1, "fake", "/s/a"), 0) == [Accept(1)]
    refused = desk.asked(ConnectionAsked(2, "fake", "/nowhere"), 0)
    assert refused == [Refuse(2, dated(HttpReply(404, b"no such path"), 1_000_000))]
    assert audience.numbers() == [1]


def test_a_subscription_is_watched_and_starts_the_tape():
    desk, audience = reception()
    desk.asked(ConnectionAsked(1, "fake", "/s"), 0)
    assert desk.watch(audience.get(1), 0) == []
    assert desk.message(MessageReceived(1, b"+a"), 5) == [sent(1, b"ok"), Started(5)]
    assert audience.watcher_count == 1
    assert desk.message(MessageReceived(1, b"-a"), 6) == [sent(1, b"ok")]
    assert audience.watcher_count == 0


def test_who_is_closed_is_forgotten():
    desk, audience = reception()
    desk.asked(ConnectionAsked(1, "fake", "/s/a"), 0)
    assert desk.message(MessageReceived(1, b"bye"), 0) == [
        sent(1, b"so long"),
        CloseConnection(1, 1008, "you asked"),
    ]
    assert audience.numbers() == []
    assert desk.message(MessageReceived(1, b"+a"), 0) == []


def test_pings_are_echoed_to_those_who_are_there():
    desk, _ = reception()
    desk.asked(ConnectionAsked(1, "fake", "/s"), 0)
    assert desk.ping(PingReceived(1, b"x"), 0) == [SendFrames((1,), frame(b"x", PONG))]
    assert desk.ping(PingReceived(2, b"x"), 0) == []
