"""Departures: answers in their manner, and those that wait for others."""

import pytest

from replayx.faults.round_trip import Delivery, Manner
from replayx.session.backlog import Question
from replayx.session.departures import Departures
from replayx.session.effects import AbortConnection, Reply
from replayx.venues.venue import HttpReply, HttpRequest, WsApiRequest
from tests.faults.flows import REST, WSAPI, trip_on
from tests.session.clocked import make
from tests.session.playbook import sent


def departures():
    return Departures(make().session._pulse)


def asked(number, manner=None):
    trip = trip_on(WSAPI)
    if manner is not None:
        trip.manner = manner
    return Question("fake", number, WsApiRequest(b"1", "/", {}, b""), trip=trip)


def test_over_http_the_server_is_told_the_manner():
    trip = trip_on(REST)
    trip.manner = Manner(cut_at=3)
    question = Question("fake", 7, HttpRequest("GET", "/"), trip=trip)
    reply = HttpReply(200, b"x")
    assert departures().leave(question, reply) == [Reply(7, reply, Manner(cut_at=3))]
    assert departures().leave(question._replace(trip=None), reply) == [Reply(7, reply)]


@pytest.mark.parametrize(
    ("manner", "effects"),
    [
        (None, [sent(1, b"hello")]),
        (Manner(copies=3), [sent(1, b"hello", b"hello", b"hello")]),
        (Manner(cut_share=0.5), [sent(1, b"he")]),
        (Manner(delivery=Delivery.NEVER), []),
        (Manner(delivery=Delivery.EMPTY), [AbortConnection(1, is_reset=False)]),
        (Manner(delivery=Delivery.RESET), [AbortConnection(1)]),
    ],
)
def test_over_a_socket_it_is_done_here(manner, effects):
    assert departures().leave(asked(1, manner), b"hello") == effects


def test_who_waits_leaves_behind_those_that_overtake_it():
    ours = departures()
    ours.keep(asked(1), b"a", 2)
    ours.keep(asked(1), b"b", 1)
    assert ours.leave(asked(2), b"other") == [sent(2, b"other")]
    assert ours.leave(asked(1), b"c") == [sent(1, b"c"), sent(1, b"b")]
    assert ours.leave(asked(1), b"d") == [sent(1, b"d"), sent(1, b"a")]
    assert ours.leave(asked(1), b"e") == [sent(1, b"e")]


def test_who_is_let_go_leaves_once():
    ours = departures()
    waiting = ours.keep(asked(1), b"a", 1)
    assert ours.let_go(waiting) == [sent(1, b"a")]
    assert ours.let_go(waiting) == []
    assert ours.leave(asked(1), b"b") == [sent(1, b"b")]


@pytest.mark.parametrize("end", [lambda ours: ours.forget(asked(1)), lambda ours: ours.reset()])
def test_nothing_is_kept_for_who_is_gone(end):
    ours = departures()
    waiting = ours.keep(asked(1), b"a", 1)
    end(ours)
    assert ours.leave(asked(1), b"b") == [sent(1, b"b")]
    assert ours.let_go(waiting) == []
