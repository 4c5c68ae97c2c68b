from replayx.faults.fault_log import FaultLog
from replayx.session.answers import Answers
from replayx.session.effects import Started
from replayx.session.inputs import PauseAsked, SeekAsked, StartAsked
from replayx.session.session import ReplaySession
from replayx.session.transcribed_session import TranscribedSession
from replayx.session.transcript import Transcript
from replayx.session.transcript_entry import PlayedEntry
from replayx.timeline.tape import Tape
from tests.fake_venue import FakeVenue
from tests.session.clocked import CHANNELS, CHUNKS, T0, opened
from tests.session.playbook import Playbook, S, plain
from tests.tapes import source


def make(kind):
    venue = FakeVenue()
    tape = Tape([source(CHANNELS, *CHUNKS)])
    return Playbook(kind(tape, {"fake": venue}, {"fake": Answers("fake", venue, [])}))


def noted():
    play = make(TranscribedSession)
    transcript = Transcript((), b"salt")
    play.session.note_in(transcript)
    return play, transcript


def perform(play):
    """Return everything a run leads to."""
    effects = []
    opened(play, 1, "/s/a/b")
    effects += play._effects
    play._effects = None
    for at_ns, event in ((S, None), (3 * S, SeekAsked(1, T0)), (3 * S, StartAsked())):
        play.now_ns = at_ns
        done = play.session.advance(at_ns) if event is None else play.session.handle(event, at_ns)
        effects += [plain(one) for one in done]
    return effects


def test_it_does_what_a_session_does():
    play, _ = noted()
    assert perform(play) == perform(make(ReplaySession)) == perform(make(TranscribedSession))


def test_what_is_given_and_done_is_noted_in_order():
    play, transcript = noted()
    perform(play)
    entries = transcript.entries(0, 100)
    assert [type(one).__name__ for one in entries] == [
        "ConnectEntry",
        "AcceptEntry",
        "OpenedEntry",
        "StartedEntry",
        "PlayedEntry",
        "CommandEntry",
        "PlayedEntry",
        "CloseEntry",
        "ClockEntry",
        "CommandEntry",
    ]
    assert [one.at_ns for one in entries[:4]] == [T0] * 4


def test_what_is_played_while_a_command_is_handled_counts_once():
    play, transcript = noted()
    perform(play)
    sizes = [one.size for one in transcript.entries(0, 100) if isinstance(one, PlayedEntry)]
    assert sizes == [6, 6]  # messages 0 and 1, then 2 and 3: a byte each behind two of header
    assert transcript.sent_bytes == 12


def test_connections_are_told_with_what_they_want():
    play, _ = noted()
    opened(play, 1, "/s/a/b") >> [Started(0)]
    opened_one = play.session.connections()
    assert [(one.number, one.market) for one in opened_one] == [(1, "fake")]
    assert list(opened_one[0].subscription.channels) == ["a", "b"]


def test_without_a_transcript_nothing_is_noted():
    play = make(TranscribedSession)
    assert len(play.session.handle(PauseAsked(1), 0)) == 1


def test_every_call_is_told_as_a_moment():
    play, _ = noted()
    moments = []
    play.session.tell_moments(moments.append)
    perform(play)
    given = [type(one.given).__name__ for one in moments]
    assert given == ["ConnectionAsked", "ConnectionOpened", "NoneType", "SeekAsked", "StartAsked"]
    assert [one.now_ns for one in moments] == [0, 0, S, 3 * S, 3 * S]
    assert (moments[3].from_ns, moments[3].at_ns) == (T0 + 3 * S, T0)


def test_what_is_injected_belongs_to_its_moment():
    play = make(TranscribedSession)
    log, moments = FaultLog(), []
    transcript = Transcript((), b"salt")
    play.session.note_in(transcript, fault_log=log)
    play.session.tell_moments(moments.append)
    log.note("r", "drop", market="m", link="k", touched=[(0, 1)])
    play.session.advance(S)
    play.session.advance(2 * S)
    assert [len(one.injected) for one in moments] == [1, 0]
    transcript.settle(0, 0)  # who reads the transcript is told, too
    assert len(transcript.entries(0, 9)) == 1
    assert play.session.fault_digest() == log.digest()
