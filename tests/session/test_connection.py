from replayx.framing import PING, frame
from replayx.session.connection import Connection
from replayx.session.effects import CloseConnection, SendFrames
from replayx.timeline.view import View
from replayx.venues.venue import Role, Subscription
from tests.fake_venue import FakeVenue, S


def _connection() -> Connection:
    return Connection(1, "fake", FakeVenue(), Subscription(Role.STREAM, "/s", {}), 0)


def test_its_deadlines_follow_what_happened():
    connection = _connection()
    assert connection.deadline_ns == 20 * S
    assert connection.advance(19 * S, 0) == []
    assert connection.advance(20 * S, 77) == [SendFrames((1,), frame(b"77", PING))]
    assert connection.deadline_ns == 40 * S
    connection.advance(40 * S, 0)
    connection.advance(60 * S, 0)
    assert connection.deadline_ns == 80 * S  # the pong to the first ping, and the next ping
    assert connection.advance(80 * S, 0) == [CloseConnection(1, 1008, "Pong timeout")]


def test_a_pong_lifts_the_deadline():
    connection = _connection()
    connection.advance(20 * S, 0)
    connection.pong()
    connection.advance(40 * S, 0)
    assert connection.advance(80 * S, 0) == [SendFrames((1,), frame(b"0", PING))]


def test_it_counts_what_it_was_sent_over_all_its_views():
    connection, first, second = _connection(), View("fake", {}, []), View("fake", {}, [])
    first.played = 5  # to others, before it looked
    connection.look(first)
    assert connection.played == 0
    first.played = 8
    connection.look(second)
    second.played = 2
    assert connection.played == 5
    connection.look(None)
    second.played = 9
    assert connection.played == 5
