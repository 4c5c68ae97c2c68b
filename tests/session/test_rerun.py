import random

import msgspec
import pytest

from replayx.cassette.redact import SecretRules
from replayx.clock import NS_PER_MS
from replayx.errors import DamagedRunFile
from replayx.session import inputs
from replayx.session.answers import Answers
from replayx.session.clockwork import Regime
from replayx.session.entry_redactor import EntryRedactor
from replayx.session.rerun import Rerun, input_of, turns
from replayx.session.run_entry import RunEntry, SentEntry, TurnsEntry
from replayx.session.run_log import RunLog
from replayx.session.stops import StopAfter, StopAt
from replayx.session.transcribed_session import TranscribedSession
from replayx.session.transcript import Transcript
from replayx.session.transcript_entry import CommandEntry, input_entry
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpRequest
from tests.fake_venue import FakeVenue
from tests.session.clocked import CHANNELS, CHUNKS, T0
from tests.session.playbook import S
from tests.session.test_transcript_entry import INPUTS, PLACE
from tests.tapes import source


def make(**options):
    venue = FakeVenue()
    tape = Tape([source(CHANNELS, *CHUNKS)])
    session = TranscribedSession(tape, {"fake": venue}, {"fake": Answers("fake", venue, [])},
                                 **options)  # fmt: skip
    session.note_in(Transcript((), b"salt"))
    return session


def unheard(market):
    raise AssertionError(f"a history of {market}")


def follow(entries, **options):
    rerun = Rerun(make(**options), unheard)
    return rerun.follow(entries), rerun.count


def told(log):
    """Return a log's entries as they come back from a file."""
    data = msgspec.json.encode(log.take())
    return msgspec.json.decode(data, type=list[RunEntry])


def wander(session, chance, steps=60):
    """Do whatever comes to mind at irregular moments."""
    log = RunLog()
    session.tell_moments(log.note)
    now_ns = 7 * S
    opened = []
    for number in range(1, steps):
        now_ns += chance.randrange(700 * NS_PER_MS)
        session.advance(now_ns)
        given = chance.choice(
            [
                inputs.ConnectionAsked(number, "fake", chance.choice(["/s/a", "/c/a/b", "/x"])),
                inputs.RequestReceived(
                    number, "fake", HttpRequest("GET", chance.choice(["/time", "/no"]))
                ),
                inputs.SpeedAsked(number, chance.choice([None, 2, 3])),
                inputs.PauseAsked(number),
                inputs.ResumeAsked(number),
                inputs.SeekAsked(number, T0 + chance.randrange(20 * S)),
                inputs.RunUntilAsked(
                    number, chance.choice([StopAt(T0 + 9 * S), StopAfter(3)])
                ),
                *(inputs.MessageReceived(one, b"+b") for one in opened),
                *(inputs.PingReceived(one, b"\xff") for one in opened),
                *(inputs.ConnectionLost(one) for one in opened),
            ]
        )  # fmt: skip
        effects = session.handle(given, now_ns)
        if isinstance(given, inputs.ConnectionAsked) and type(effects[0]).__name__ == "Accept":
            opened.append(number)
            session.handle(inputs.ConnectionOpened(number), now_ns)
        if isinstance(given, inputs.ConnectionLost):
            opened.remove(given.connection)
        while chance.random() < 0.7 and (due_ns := session.next_deadline_ns()) is not None:
            now_ns = max(now_ns, due_ns)
            session.advance(now_ns)
    log.end(session.fault_digest())
    return told(log)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("options", [{}, {"speed": None}, {"regime": Regime.LOCKSTEP}], ids=str)
def test_a_rerun_does_the_same(seed, options):
    entries = wander(make(**options), random.Random(seed))
    assert follow(entries, **options) == (None, len(entries))


def test_a_file_that_ends_early_is_followed_as_far_as_it_goes():
    entries = wander(make(), random.Random(1))
    ends = [k for k, one in enumerate(entries) if isinstance(one, TurnsEntry)]
    for end in (ends[2], ends[5]):
        assert follow(entries[:end]) == (None, end)


def test_another_run_parts_where_it_does_something_else():
    entries = wander(make(), random.Random(2))
    parting, count = follow(entries, regime=Regime.LOCKSTEP)
    assert parting is not None
    assert 0 < count < len(entries)
    assert parting.common_count == count
    assert parting.was == entries[count]
    assert parting.became != parting.was


def test_other_bytes_to_a_connection_are_seen():
    entries = wander(make(), random.Random(3))
    place = next(k for k, one in enumerate(entries) if isinstance(one, SentEntry))
    entries[place] = msgspec.structs.replace(entries[place], digest="0" * 16)
    parting, count = follow(entries)
    assert (parting.was, count) == (entries[place], place)
    assert parting.became.digest != "0" * 16


def test_an_entry_that_nothing_led_to_is_seen():
    entries = wander(make(), random.Random(4))
    extra = msgspec.structs.replace(entries[-1], sent=1)
    parting, count = follow([*entries[:-1], extra])
    assert (parting.was, count) == (extra, len(entries) - 1)


@pytest.mark.parametrize("given", [one for one, _ in INPUTS])
def test_an_input_comes_back_from_its_entry(given):
    entry = input_entry(given, PLACE, kept_max=1 << 30)
    data = msgspec.json.encode(entry)
    again = input_of(msgspec.json.decode(data, type=RunEntry), {"fake": FakeVenue()})
    assert again == given
    assert type(again) is type(given)


def test_a_payload_comes_back_whole():
    given = inputs.MessageReceived(1, b"x" * 100_000 + b"\xff")
    assert input_of(input_entry(given, PLACE, kept_max=1 << 30), {}) == given


def test_a_command_without_its_argument_is_told():
    entry = CommandEntry(**PLACE, command="seek", number=1)
    with pytest.raises(DamagedRunFile, match="entry 3: a command 'seek' without"):
        input_of(entry, {})


def test_turns_are_told_by_what_is_between_them():
    assert list(turns(TurnsEntry(**PLACE, first_ns=5, later_ns=(1, 0, 10)))) == [5, 6, 6, 16]


def test_a_run_with_pseudonyms_is_repeated():
    """A signature is longer than what it is replaced by, and messages quote it."""
    session, log = make(), RunLog()
    session.tell_moments(log.note)
    body = b"symbol=a&signature=" + b"ab" * 32
    session.handle(inputs.RequestReceived(1, "fake", HttpRequest("POST", "/no", (), body)), 7 * S)
    session.handle(inputs.MessageReceived(1, b'{"signature":"%b"}' % (b"cd" * 32)), 8 * S)
    log.end(session.fault_digest())
    rules = SecretRules(erased=frozenset({"signature"}))
    entries = EntryRedactor([rules], b"salt").clean(told(log))
    assert "ab" * 32 not in str(entries)
    assert follow(entries) == (None, len(entries))


def test_what_a_killed_run_did_not_write_is_no_parting():
    session, log = make(), RunLog()
    session.tell_moments(log.note)
    session.handle(inputs.RequestReceived(1, "fake", HttpRequest("GET", "/time")), 7 * S)
    entries = told(log)
    assert follow(entries[:-1]) == (None, len(entries) - 1)
    log.end(session.fault_digest())
    parting, count = follow([*entries[:-1], *told(log)])
    assert (parting.became, count) == (entries[-1], len(entries) - 1)
