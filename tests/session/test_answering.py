"""Answering: what the venue says, and what toxics have it say."""

import pytest

from replayx.faults.edits import edited
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import Edit, Failing, Halt, RoundTrip
from replayx.session.answering import Answering
from replayx.session.answers import Answers
from replayx.session.backlog import Question
from replayx.session.clockwork import Clockwork
from replayx.session.desk import Desk
from replayx.session.effects import HistoryWanted, Started
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey
from tests.fake_venue import FakeVenue
from tests.session.clocked import CHANNELS, CHUNKS
from tests.session.test_desk import Needy
from tests.tapes import source

VENUE = FakeVenue()
LINK = Link("fake", Carrier.REST, Direction.DOWNSTREAM)
NOW = b"1000000"
CANNED = HttpReply(418, b"tea", ())


def answering(kind=Answers):
    clockwork = Clockwork(Tape([source(CHANNELS, *CHUNKS)]), {"fake": VENUE})
    desk = Desk({"fake": kind("fake", VENUE, [])}, clockwork)
    return Answering({"fake": VENUE}, desk, clockwork), desk


def asked(target="/time", method="GET", headers=(), symbols=(), **decided):
    request = HttpRequest(method, target, headers)
    key = VENUE.request_key(request)
    trip = RoundTrip(link=LINK, index=0, key=key, symbols=symbols, at_ns=0, now_ns=0, **decided)
    return Question("fake", 7, request, trip=trip)


def answer(question):
    return answering()[0].answer(question, 0)


def test_answers_of_all_kinds_have_the_date_of_the_tape():
    for decided in ({}, {"canned": CANNED}, {"failing": Failing("busy")}):
        assert dict(answer(asked(**decided))[1].headers)["Date"] == "Thu, 01 Jan 1970 00:16:40 GMT"


def test_without_a_trip_the_desk_answers():
    effects, reply = answer(Question("fake", 7, HttpRequest("GET", "/time")))
    assert (effects, reply.body) == ([Started(0)], NOW)


@pytest.mark.parametrize(
    ("decided", "status", "body"),
    [
        ({}, 200, NOW),
        ({"canned": CANNED}, 418, b"tea"),
        ({"failing": Failing("busy")}, 503, b"busy at 1000000, 0 /time"),
        ({"failing": Failing("busy", retry_after_ms=9)}, 503, b"busy at 1000000, 9 /time"),
        ({"failing": Failing("busy"), "canned": CANNED}, 503, b"busy at 1000000, 0 /time"),
        ({"failing": Failing("busy"), "skew_ms": 5}, 503, b"busy at 1000005, 0 /time"),
        ({"skew_ms": 5}, 200, NOW + b" +5"),
        ({"skew_ms": -5}, 200, NOW + b" -5"),
        ({"skew_ms": 0}, 200, NOW),
        ({"halt": Halt("BREAK")}, 200, NOW + b" BREAK all"),
        ({"halt": Halt("HALT", ("A",))}, 200, NOW + b" HALT A"),
        ({"edits": (Edit("truncate", 0.5),)}, 200, b"100"),
        ({"halt": Halt("X"), "skew_ms": 1, "edits": (Edit("json", 0.5),)}, 200, NOW + b" X all +"),
    ],
)
def test_what_is_decided_comes_of_it(decided, status, body):
    _, reply = answer(asked(**decided))
    assert (reply.status, reply.body) == (status, body)


def test_an_edit_is_the_last():
    _, reply = answer(asked(skew_ms=5, edits=(Edit("bit", 0.3), Edit("truncate", 0.9))))
    assert reply.body == edited(edited(NOW + b" +5", Edit("bit", 0.3)), Edit("truncate", 0.9))


@pytest.mark.parametrize(
    ("target", "skew_ms", "status"),
    [
        ("/time?timestamp=1000000", 0, 200),
        ("/time?timestamp=1000000", 2000, 400),
        ("/time?timestamp=1002000", 2000, 200),
        ("/time?timestamp=1000000", None, 200),
        ("/time?timestamp=1", None, 200),
        ("/time", 2000, 200),
    ],
)
def test_a_wrong_clock_refuses_what_is_of_another_time(target, skew_ms, status):
    assert answer(asked(target, skew_ms=skew_ms))[1].status == status


@pytest.mark.parametrize(
    ("halt", "symbols", "method", "is_refused"),
    [
        (Halt("BREAK"), (), "POST", True),
        (Halt("BREAK"), ("A",), "POST", True),
        (Halt("BREAK"), (), "GET", False),
        (Halt("BREAK", ("A",)), ("A",), "POST", True),
        (Halt("BREAK", ("A",)), ("B",), "POST", False),
        (Halt("BREAK", ("A",)), (), "POST", False),
    ],
)
def test_a_closed_market_refuses_what_it_sells(halt, symbols, method, is_refused):
    _, reply = answer(asked("/x", method, symbols=symbols, halt=halt))
    assert reply.body.startswith(b"closed") is is_refused


def test_what_is_carried_out_though_it_fails_is_asked_for():
    ours, desk = answering()
    ours.answer(asked("/nothing", failing=Failing("busy", is_executed=True)), 0)
    assert desk.unmatched_count == 1
    ours.answer(asked("/nothing", failing=Failing("busy")), 0)
    ours.answer(asked("/nothing", canned=CANNED), 0)
    assert desk.unmatched_count == 1


def test_a_changed_answer_comes_uncompressed():
    seen = []
    ours, desk = answering()
    real = desk.answers["fake"].reply
    desk.answers["fake"].reply = lambda request, *of, **more: (
        seen.append(request.headers) or real(request, *of, **more)
    )
    headers = (("Accept-Encoding", "gzip"), ("X", "y"))
    ours.answer(asked(headers=headers), 0)
    ours.answer(asked(headers=headers, skew_ms=1), 0)
    assert seen == [headers, (("X", "y"),)]


def test_an_answer_of_an_earlier_position_is_given_now():
    positions = []
    ours, desk = answering()
    real = desk.answers["fake"].reply
    desk.answers["fake"].reply = lambda request, at_ns, venue_ms, **more: (
        positions.append((at_ns, venue_ms)) or real(request, at_ns, venue_ms, **more)
    )
    ours.answer(asked(as_of_ns=CHUNKS[3][0][0]), 0)
    ours.answer(asked(as_of_ns=0), 0)
    start_ns = CHUNKS[0][0][0]
    assert positions == [(CHUNKS[3][0][0], 1_000_000), (start_ns, 1_000_000)]


@pytest.mark.parametrize(
    "decided", [{}, {"failing": Failing("busy", is_executed=True)}, {"skew_ms": 5}]
)
def test_what_needs_a_history_waits_and_keeps_what_was_decided(decided):
    ours, desk = answering(Needy)
    question = asked(**decided)
    assert ours.answer(question, 0) == ([HistoryWanted("fake")], None)
    (waiting,) = desk.take("fake")
    assert waiting.trip is question.trip


def test_over_a_socket_an_answer_is_a_message():
    request = VENUE.command(VENUE.open("/api"), b"?/time").request
    trip = asked().trip
    trip.failing = Failing("busy")
    assert answer(Question("fake", 1, request))[1] == b"1:1000000"
    assert answer(Question("fake", 1, request, trip=trip))[1] == b"1!busy at 1000000, 0 /time"
    trip.failing, trip.canned = None, CANNED
    assert answer(Question("fake", 1, request, trip=trip))[1] == b"1:tea"
    assert trip.key == RequestKey("GET", "/time", ())


@pytest.mark.parametrize(
    ("skew_ms", "date"),
    [(0, "Thu, 01 Jan 1970 00:16:40 GMT"), (60_000, "Thu, 01 Jan 1970 00:17:40 GMT")],
)
def test_a_failure_is_dated_by_the_venues_clock(skew_ms, date):
    _, reply = answer(asked(failing=Failing("busy"), skew_ms=skew_ms))
    assert dict(reply.headers)["Date"] == date
