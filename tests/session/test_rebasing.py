"""A run's times move by one constant: given, or so that its start is now."""

import re

import pytest

from replayx.session.answers import Answers
from replayx.session.effects import Accept, Reply, Started
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionOpened,
    PauseAsked,
    RequestReceived,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
)
from replayx.session.rebasing import Rebase, estimated_offset_ns
from replayx.session.session import OnSeek, ReplaySession
from replayx.session.stops import StopAfter
from replayx.session.venue_clock import VenueClock
from replayx.timeline.places import Located, Place
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, HttpRequest
from tests.fake_venue import FakeVenue
from tests.session.playbook import Playbook, S, sent
from tests.tapes import channel, source

EVENT_TIME = re.compile(rb'"E":([0-9]{13})')
T0 = 1_700_000_000 * S
AHEAD_MS = 1_270  # of the recorder's clock
WALL = 1_800_000_000 * S
SHIFT_MS = 100_000_000_000 - AHEAD_MS
TIME = HttpRequest("GET", "/time")


class TimedVenue(FakeVenue):
    """The fake venue, whose messages tell when they happened."""

    def has_times(self, channel):
        return channel != "quiet"

    def locate(self, channel, payload, *, with_ids=False):
        del channel, with_ids
        return Located(tuple(Place(*m.span(1)) for m in EVENT_TIME.finditer(payload)))

    def event_time_ms(self, payload):
        found = EVENT_TIME.search(payload)
        return int(found[1]) if found else None


VENUES = {"fake": TimedVenue()}


def message(second, shift_ms=0):
    return b'{"E":%d}' % ((T0 // S + second) * 1000 + AHEAD_MS + shift_ms)


def tape():
    rows = [[(T0 + k * S, 0, message(k))] for k in range(10)]
    return source([channel(0, "a"), channel(1, "quiet")], *rows)


def make(*, wall_offset_ns=None, shift_ms=0, **options):
    clock = VenueClock(AHEAD_MS * S // 1000, shift_ms=shift_ms)
    rebase = Rebase([tape()], VENUES, clock, wall_offset_ns=wall_offset_ns)
    answers = {"fake": Answers("fake", VENUES["fake"], [])}
    options = {"on_seek": OnSeek.CONTINUE, **options}
    return Playbook(ReplaySession(Tape(rebase.sources), VENUES, answers, rebase=rebase, **options))


def watching(play):
    play << ConnectionAsked(1, "fake", "/s/a/quiet") >> [Accept(1)]
    return play << ConnectionOpened(1)


def time_told(play):
    (reply,) = [
        one
        for one in play.session.handle(RequestReceived(7, "fake", TIME), play.now_ns)
        if isinstance(one, Reply)
    ]
    return int(reply.reply.body)


def shift_of(play):
    return play.session.clock(play.now_ns).shift_ms


def test_a_given_shift_holds_for_the_whole_run():
    play = make(shift_ms=5_000)
    watching(play) >> [Started(0)]
    play.at(S) >> [sent(1, message(0, 5_000)), sent(1, message(1, 5_000))]
    assert time_told(play) == (T0 + S) // 1_000_000 + AHEAD_MS + 5_000
    play.session.handle(SeekAsked(1, T0 + 5 * S), play.now_ns)
    assert shift_of(play) == 5_000
    play.at(2 * S) >> [sent(1, message(5, 5_000)), sent(1, message(6, 5_000))]


def test_now_is_when_the_run_starts():
    play = make(wall_offset_ns=WALL - 3 * S)
    play.at(3 * S) >> []
    assert shift_of(play) == 0
    watching(play) >> [Started(3 * S)]
    play.at(4 * S) >> [sent(1, message(0, SHIFT_MS)), sent(1, message(1, SHIFT_MS))]
    assert shift_of(play) == SHIFT_MS
    assert time_told(play) == WALL // 1_000_000 + 1_000
    play.at(6 * S) >> [sent(1, message(2, SHIFT_MS)), sent(1, message(3, SHIFT_MS))]


@pytest.mark.parametrize("start", [ResumeAsked(1), RunUntilAsked(1, StopAfter(2))])
def test_now_is_when_a_command_starts_the_run(start):
    play = make(wall_offset_ns=WALL, starts_itself=False)
    watching(play) >> []
    play.session.handle(start, 0)
    assert shift_of(play) == SHIFT_MS
    assert time_told(play) == WALL // 1_000_000


def test_the_shift_stays_when_the_run_pauses():
    play = make(wall_offset_ns=WALL)
    watching(play) >> [Started(0)]
    play.session.handle(PauseAsked(1), 0)
    play.now_ns = 60 * S
    play.session.handle(ResumeAsked(2), 60 * S)
    assert shift_of(play) == SHIFT_MS


def test_after_a_seek_it_is_now_again():
    play = make(wall_offset_ns=WALL)
    watching(play) >> [Started(0)]
    play.at(S) >> [sent(1, message(0, SHIFT_MS)), sent(1, message(1, SHIFT_MS))]
    play.session.handle(SeekAsked(1, T0 + 7 * S), play.now_ns)
    moved = SHIFT_MS - 6_000
    assert shift_of(play) == moved
    assert time_told(play) == WALL // 1_000_000 + 1_000
    play.at(2 * S) >> [sent(1, message(7, moved)), sent(1, message(8, moved))]


def test_after_a_reset_it_is_now_when_it_starts_again():
    play = make(wall_offset_ns=WALL)
    watching(play) >> [Started(0)]
    play.session.handle(ResetAsked(1), play.now_ns)
    play.now_ns = 50 * S
    assert time_told(play) == WALL // 1_000_000 + 50_000
    assert shift_of(play) == SHIFT_MS + 50_000


def test_the_venues_clock_is_estimated_from_what_messages_tell():
    assert estimated_offset_ns([tape()], VENUES) == AHEAD_MS * S // 1000


@pytest.mark.parametrize("texts", [[], [b"{}"], [b"{}"] * 5])
def test_a_tape_without_times_tells_nothing_of_the_venues_clock(texts):
    rows = [[(T0 + k, 0, text)] for k, text in enumerate(texts)]
    assert estimated_offset_ns([source([channel(0, "a")], *rows)], VENUES) == 0


def test_an_answer_is_found_by_the_tapes_times_and_told_in_the_clients(tmp_path):
    asked = []

    class Venue(TimedVenue):
        def unshifted(self, key, shift):
            asked.append(shift.ms)
            return key

        def shifted_answer(self, key, reply, shift):
            return HttpReply(reply.status, reply.body + b"%d" % shift.ms)

    from replayx.cassette.reader import CassetteReader
    from tests.tapes import interaction, sealed, write_cassette

    chunks = [sealed([], [interaction(10, "/d", b"at ")])]
    path = write_cassette(tmp_path / "a.rpx", [], chunks)
    with CassetteReader(path) as reader:
        answers = Answers("fake", Venue(), [reader])
        request = HttpRequest("GET", "/d")
        assert answers.reply(request, 10, 10, shift_ms=77).body == b"at 77"
        assert answers.reply(request, 10, 10).body == b"at "
        # No client may see two times: what has no date has the venue's.
        dated = answers.reply(request, 10, 1_700_000_000_000, shift_ms=77)
        assert ("Date", "Tue, 14 Nov 2023 22:13:20 GMT") in dated.headers
    assert asked == [77, 77]
