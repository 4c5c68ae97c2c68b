"""A session on a small tape, for tests of its clock."""

from replayx.session.answers import Answers
from replayx.session.effects import Accept, ClockTold
from replayx.session.inputs import ConnectionAsked, ConnectionOpened
from replayx.session.session import ReplaySession
from replayx.timeline.tape import Tape
from tests.fake_venue import FakeVenue
from tests.session.playbook import Playbook, S
from tests.tapes import channel, source

T0 = 1_000 * S
CHANNELS = [channel(0, "a"), channel(1, "b")]
# One message a second, ten chunks of two, a and b in turn.
ROWS = [(T0 + k * S, k % 2, b"%d" % k) for k in range(20)]
CHUNKS = [ROWS[k : k + 2] for k in range(0, 20, 2)]


def make(chunks=CHUNKS, *, stop_ns=None, **options) -> Playbook:
    tape = Tape([source(CHANNELS, *chunks)], stop_ns=stop_ns)
    venue = FakeVenue()
    answers = {"fake": Answers("fake", venue, [])}
    return Playbook(ReplaySession(tape, {"fake": venue}, answers, **options))


def opened(play: Playbook, number: int, target: str) -> Playbook:
    play << ConnectionAsked(number, "fake", target) >> [Accept(number)]
    return play << ConnectionOpened(number)


def told(play: Playbook, number: int, **expected) -> ClockTold:
    """Return the answer to a command, as the clock stands now, after checking it."""
    state = play.session.clock(play.now_ns)
    assert {name: getattr(state, name) for name in expected} == expected
    return ClockTold(number, state)
