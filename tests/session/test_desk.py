from replayx.limits import PENDING_REQUESTS_MAX
from replayx.session.answers import Answers
from replayx.session.clockwork import Clockwork
from replayx.session.desk import Desk
from replayx.session.effects import CloseConnection, HistoryWanted, Reply, SendFrames, Started
from replayx.session.inputs import MessageReceived, RequestReceived
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpRequest
from tests.fake_venue import FakeVenue
from tests.session.clocked import CHANNELS, CHUNKS
from tests.tapes import payloads, source


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
    return RequestReceived(number, "fake", HttpRequest("GET", path))


def said(venue, text):
    message = MessageReceived(5, text)
    return message, venue.command(venue.open("/s"), text).request


def test_a_request_is_answered_and_starts_the_tape():
    desk, _ = made()
    started, reply = desk.http(asked(7), 0)
    assert started == Started(0)
    assert isinstance(reply, Reply)
    assert (reply.number, reply.reply.body) == (7, b"1000000")
    assert not desk.is_waiting


def test_a_request_in_a_message_is_answered_there():
    desk, venue = made(starts_itself=False)
    (sent,) = desk.wsapi("fake", *said(venue, b"?/time"), 0)
    assert isinstance(sent, SendFrames)
    assert (sent.connections, payloads(sent.frames)) == ((5,), [b"1:1000000"])


def test_what_needs_a_history_waits_for_it_and_asks_once():
    desk, venue = made(Needy)
    first, second = asked(1), said(venue, b"?/time")
    assert desk.http(first, 0) == [HistoryWanted("fake")]
    assert desk.wsapi("fake", *second, 0) == []
    assert desk.want_history("fake") == []
    assert desk.is_waiting
    assert desk.take("fake") == [first, second[0]]
    assert not desk.is_waiting
    desk.answers["fake"].is_there = True
    assert desk.want_history("fake") == []


def test_no_more_wait_than_there_is_room_for():
    desk, venue = made(Needy)
    for number in range(PENDING_REQUESTS_MAX):
        desk.http(asked(number), 0)
    assert desk.wsapi("fake", *said(venue, b"?/time"), 0) == [
        CloseConnection(5, 1008, "Too many requests")
    ]


def test_what_had_no_answer_is_counted_over_resets():
    desk, _ = made()
    desk.http(asked(1, "/nothing"), 0)
    before = desk.answers["fake"]
    desk.reset()
    desk.http(asked(2, "/nothing"), 0)
    assert desk.unmatched_count == 2
    assert desk.answers["fake"] is not before
