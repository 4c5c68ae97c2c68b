import pytest

from replayx.limits import PENDING_REQUESTS_MAX
from replayx.session.answers import Answers
from replayx.session.backlog import Question
from replayx.session.clockwork import Clockwork
from replayx.session.desk import Desk
from replayx.session.effects import CloseConnection, HistoryWanted, Started
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, HttpRequest
from tests.fake_venue import FakeVenue
from tests.faults.flows import MS, REST, trip_on
from tests.session.clocked import CHANNELS, CHUNKS
from tests.tapes import source


class Needy(Answers):
    """Answers that need a history for everything, until it is there."""

    is_there = False

    @property
    def lacks_history(self):
        return not self.is_there

    def needs_history(self, request):
        return not self.is_there


def made(kind=Answers, **options):
    venue = FakeVenue()
    clockwork = Clockwork(Tape([source(CHANNELS, *CHUNKS)]), {"fake": venue}, **options)
    return Desk({"fake": kind("fake", venue, [])}, clockwork), venue


def asked(number, path="/time"):
    return Question("fake", number, HttpRequest("GET", path))


def said(venue, text):
    return Question("fake", 5, venue.command(venue.open("/s"), text).request)


def test_a_request_is_answered_and_starts_the_tape():
    desk, _ = made()
    effects, reply = desk.ask(asked(7), 0)
    assert effects == [Started(0)]
    assert reply.body == b"1000000"
    assert not desk.is_waiting


def test_a_request_in_a_message_is_answered_as_its_twin():
    desk, venue = made(starts_itself=False)
    assert desk.ask(said(venue, b"?/time"), 0) == ([], HttpReply(200, b"1000000"))


def test_what_needs_a_history_waits_for_it_and_asks_once():
    desk, venue = made(Needy)
    first, second = asked(1), said(venue, b"?/time")
    assert desk.ask(first, 0) == ([HistoryWanted("fake")], None)
    assert desk.ask(second, 0) == ([], None)
    assert desk.want_history("fake") == []
    assert desk.is_waiting
    assert desk.take("fake") == [first, second]
    assert not desk.is_waiting
    desk.answers["fake"].is_there = True
    assert desk.want_history("fake") == []


def test_no_more_wait_than_there_is_room_for():
    desk, venue = made(Needy)
    for number in range(PENDING_REQUESTS_MAX):
        desk.ask(asked(number), 0)
    full = desk.ask(said(venue, b"?/time"), 0)
    assert full == ([CloseConnection(5, 1008, "Too many requests")], None)


def test_what_had_no_answer_is_counted_over_resets():
    desk, _ = made()
    desk.ask(asked(1, "/nothing"), 0)
    before = desk.answers["fake"]
    desk.reset()
    desk.ask(asked(2, "/nothing"), 0)
    assert desk.unmatched_count == 2
    assert desk.answers["fake"] is not before


class Late(Answers):
    """Answers to which something is known from a position on only."""

    known_ns = 0

    def lacks(self, request, position_ns):
        return position_ns < self.known_ns

    def reply(self, request, position_ns, venue_ms, **more):
        return HttpReply(200, b"%d" % position_ns)


S, START_NS = 1_000 * MS, CHUNKS[0][0][0]


@pytest.mark.parametrize(
    ("known_ns", "low_ns", "high_ns"),
    [
        (START_NS, START_NS, START_NS),  # known: as old as it is asked for
        (START_NS + S, START_NS + S, START_NS + S + 100 * MS),  # the first there is
        (START_NS + 100 * S, START_NS, START_NS),  # not known yet at all
    ],
)
def test_an_old_answer_is_no_older_than_what_the_tape_knows(known_ns, low_ns, high_ns):
    desk, _ = made(Late, starts_itself=False)
    desk.answers["fake"].known_ns = known_ns
    desk._clockwork.player.position_ns = lambda _: START_NS + 20 * S
    trip = trip_on(REST)
    trip.as_of_ns = 0
    _, reply = desk.ask(asked(1)._replace(trip=trip), 0)
    assert low_ns <= int(reply.body) <= high_ns
