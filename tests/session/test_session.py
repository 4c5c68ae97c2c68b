from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.framing import PING, PONG, frame
from replayx.session.answers import Answers, dated
from replayx.session.effects import (
    Accept,
    CloseConnection,
    Ended,
    Refuse,
    Reply,
    SendFrames,
    Started,
)
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    RequestRefused,
    StartAsked,
)
from replayx.session.session import AtEnd, ReplaySession
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, HttpRequest, Refusal
from tests.fake_venue import FakeVenue
from tests.session.playbook import Playbook, S, at_time, plain, sent
from tests.tapes import channel, payloads, source

T0 = 1_000 * S
CHANNELS = [channel(0, "a"), channel(1, "b")]
ROWS = [(T0, 0, b"a0"), (T0 + S, 1, b"b1"), (T0 + 2 * S, 0, b"a2"), (T0 + 2 * S, 1, b"b2")]


def make(rows=ROWS, **options) -> Playbook:
    tape = Tape([source(CHANNELS, rows)])
    venue = FakeVenue()
    answers = {"fake": Answers("fake", venue, [])}
    return Playbook(ReplaySession(tape, {"fake": venue}, answers, **options))


def opened(play: Playbook, number: int, target: str) -> Playbook:
    play << ConnectionAsked(number, "fake", target) >> [Accept(number)]
    return play << ConnectionOpened(number)


def test_a_subscriber_gets_each_message_when_it_is_due():
    play = make()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    play.at(0) >> [sent(1, b"a0")]
    play.at(S - 1) >> []
    play.at(S) >> [sent(1, b"b1")]
    play.at(3 * S) >> [sent(1, b"a2", b"b2"), Ended()]
    play.at(9 * S) >> []


def test_a_late_subscriber_starts_at_the_current_position():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    play.at(S) >> [sent(1, b"a0")]
    opened(play, 2, "/c/a") >> []
    play.at(2 * S) >> [sent(1, b"a2"), sent(2, b"<a|a2>"), Ended()]


def test_connections_with_the_same_subscription_share_one_write():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    opened(play, 2, "/s/a") >> []
    play.at(0) >> [sent((1, 2), b"a0")]


def test_subscribing_and_unsubscribing_on_the_way():
    play = make()
    opened(play, 1, "/s") >> []
    play << MessageReceived(1, b"+b") >> [sent(1, b"ok"), Started(0)]
    play.at(S) >> [sent(1, b"b1")]
    play << MessageReceived(1, b"+a") >> [sent(1, b"ok")]
    play << MessageReceived(1, b"-b") >> [sent(1, b"ok")]
    play.at(2 * S) >> [sent(1, b"a2"), Ended()]


def test_what_a_route_does_not_deliver_stays_silent():
    play = make()
    opened(play, 1, "/s/silent") >> []
    assert not play.session.is_started


def test_the_first_subscription_starts_the_timeline():
    play = make()
    play.at(5 * S) >> []
    opened(play, 1, "/s") >> []
    play.at(6 * S) >> []
    assert play.session.next_deadline_ns() == 25 * S  # nothing but the ping
    play << MessageReceived(1, b"+a") >> [sent(1, b"ok"), Started(6 * S)]
    play.at(6 * S) >> [sent(1, b"a0")]
    assert play.session.next_deadline_ns() == 7 * S


def test_the_first_request_starts_the_timeline_and_time_passes():
    play = make()
    asked = RequestReceived(7, "fake", HttpRequest("GET", "/time"))
    play << asked >> [Started(0), Reply(7, at_time(1000))]
    play.at(S) >> []
    play << asked >> [Reply(7, at_time(1001))]
    play.at(60 * S) >> [Ended()]
    play << asked >> [Reply(7, at_time(1002))]


def test_a_request_that_was_not_taken_is_refused_by_its_venue_and_starts_nothing():
    play = make()
    refused = RequestRefused(7, "fake", Refusal.BODY_TOO_LARGE, "8 bytes")
    play << refused >> [Reply(7, HttpReply(404, b"body too large: 8 bytes"))]
    assert not play.session.is_started


def test_on_command_only_the_command_starts_it():
    play = make(starts_itself=False)
    opened(play, 1, "/s/a") >> []
    play.at(S) >> []
    play << StartAsked() >> [Started(S)]
    play << StartAsked() >> []
    play.at(S) >> [sent(1, b"a0")]


@pytest.mark.parametrize(("speed", "due"), [(Fraction(10), S // 10), (Fraction(1, 2), 2 * S)])
def test_speed_scales_time(speed, due):
    play = make(speed=speed)
    opened(play, 1, "/s/b") >> [Started(0)]
    play.at(due - 1) >> []
    play.at(due) >> [sent(1, b"b1")]


def test_at_full_speed_the_tape_waits_for_a_subscriber():
    play = make(speed=None)
    (
        play
        << RequestReceived(1, "fake", HttpRequest("GET", "/time"))
        >> [Started(0), Reply(1, at_time(1000))]
    )
    play.at(S) >> []
    assert play.session.next_deadline_ns() is None
    opened(play, 1, "/s/a/b") >> []
    assert play.session.next_deadline_ns() == 0
    play.at(S) >> [sent(1, b"a0", b"b1", b"a2", b"b2")]
    play.at(S) >> [Ended()]


def test_at_the_end_connections_are_closed_if_asked():
    play = make(at_end=AtEnd.CLOSE)
    opened(play, 1, "/s/b") >> [Started(0)]
    play.at(S) >> [sent(1, b"b1")]
    play.at(2 * S) >> [sent(1, b"b2"), CloseConnection(1, 1001, ""), Ended()]
    opened(play, 2, "/s/b") >> [CloseConnection(2, 1001, "")]


def test_a_handshake_is_refused_as_the_venue_does():
    play = make()
    refusal = dated(HttpReply(404, b"no such path"), 1_000_000)
    play << ConnectionAsked(1, "fake", "/nowhere") >> [Refuse(1, refusal)]
    play << ConnectionOpened(1) >> []


def test_a_command_may_close_after_its_reply():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    (
        play
        << MessageReceived(1, b"bye")
        >> [
            sent(1, b"so long"),
            CloseConnection(1, 1008, "you asked"),
        ]
    )
    play << MessageReceived(1, b"+b") >> []
    play.at(5 * S) >> [Ended()]


def test_a_request_over_the_socket_is_answered_there():
    play = make()
    opened(play, 1, "/api") >> []
    play << MessageReceived(1, b"?/time") >> [Started(0), sent(1, b"1:1000000")]


def test_pings_of_the_client_are_answered_with_their_payload():
    play = make()
    opened(play, 1, "/s") >> []
    play << PingReceived(1, b"hi") >> [SendFrames((1,), frame(b"hi", PONG))]


def test_the_venue_pings_and_a_silent_client_is_closed():
    play = make(starts_itself=False)
    opened(play, 1, "/s") >> []
    opened(play, 2, "/s") >> []
    play.at(20 * S) >> [SendFrames((n,), frame(b"1000000", PING)) for n in (1, 2)]
    play << PongReceived(2, b"1000000") >> []
    play.at(40 * S) >> [SendFrames((n,), frame(b"1000000", PING)) for n in (1, 2)]
    play << PongReceived(2, b"1000000") >> []
    play.at(60 * S) >> [SendFrames((n,), frame(b"1000000", PING)) for n in (1, 2)]
    play << PongReceived(2, b"1000000") >> []
    play.at(80 * S) >> [
        CloseConnection(1, 1008, "Pong timeout"),
        SendFrames((2,), frame(b"1000000", PING)),
    ]


def test_a_connection_lives_a_day():
    play = make(starts_itself=False)
    opened(play, 1, "/s") >> []
    for second in range(20, 86_400, 20):
        play.at(second * S) >> [SendFrames((1,), frame(b"1000000", PING))]
        play << PongReceived(1, b"") >> []
    play.at(86_400 * S) >> [CloseConnection(1, 1001, "")]
    assert play.session.next_deadline_ns() is None


def test_nothing_is_sent_to_a_connection_that_is_gone():
    play = make()
    opened(play, 1, "/s/a") >> [Started(0)]
    play << ConnectionLost(1) >> []
    play << PingReceived(1, b"") >> []
    play << PongReceived(1, b"") >> []
    play.at(60 * S) >> [Ended()]


@given(
    st.lists(st.tuples(st.integers(0, 3 * S), st.integers(0, 1)), min_size=1, max_size=20),
    st.lists(st.integers(0, 2 * S), max_size=20),
    st.sampled_from([Fraction(1), Fraction(7, 3), Fraction(1, 9), None]),
)
def test_each_client_gets_every_message_once_in_order_and_never_early(deltas, steps, speed):
    now, rows = T0, []
    for k, (delta, number) in enumerate(deltas):
        now += delta
        rows.append((now, number, b"%d" % k))
    play = make(rows, speed=speed)
    session = play.session
    opened(play, 1, "/s/a/b") >> [Started(0)]
    opened(play, 2, "/s/b") >> []
    got: dict[int, list[bytes]] = {1: [], 2: []}
    for step in [*steps, *[10**12] * (len(rows) + 2)]:
        play.now_ns += step
        for number in got:
            session.handle(PongReceived(number, b""), play.now_ns)
        for effect in session.advance(play.now_ns):
            if isinstance(effect, SendFrames) and plain(effect).frames[0] & 0x0F == 1:
                for number in effect.connections:
                    got[number] += payloads(effect.frames)
        if speed is not None:
            due = T0 + (play.now_ns * speed.numerator) // speed.denominator
            first_ns = rows[0][0]
            assert all(rows[int(m)][0] <= first_ns + due - T0 for m in got[1])
    assert got[1] == [payload for _, _, payload in rows]
    assert got[2] == [payload for _, number, payload in rows if number == 1]
    assert session.is_ended
