import asyncio
from fractions import Fraction
from functools import partial

import pytest

from replayx.clock import RealClock
from replayx.errors import ReplayxError
from replayx.framing import frame
from replayx.server.pump import Pump
from replayx.session.answers import Answers, dated
from replayx.session.clockwork import Regime
from replayx.session.effects import Refuse
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionOpened,
    HistoryBuilt,
    MessageReceived,
    PauseAsked,
    RequestReceived,
    ResumeAsked,
    RunUntilAsked,
    StartAsked,
)
from replayx.session.session import AtEnd, ReplaySession
from replayx.session.stops import StopAfter, StopAt
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, HttpRequest
from tests.fake_venue import FakeVenue
from tests.tapes import channel, source

CHANNELS = [channel(0, "a")]
CHUNKS = [[(k, 0, b"%d" % k)] for k in range(20)]
ASKED = RequestReceived(7, "fake", HttpRequest("GET", "/time"))


class Paper:
    """A sink that writes down what it is told, and is clear when it is told to be."""

    def __init__(self):
        self.said = []
        self.clear = asyncio.Event()
        self.clear.set()
        self.broken = False

    def write(self, numbers, frames):
        self.said.append((numbers, bytes(frames)))

    def close(self, number, code, reason):
        self.said.append((number, code, reason))

    def is_clear(self):
        return self.clear.is_set()

    async def cleared(self):
        await self.clear.wait()
        if self.broken:
            raise ReplayxError("broken")


class Broken:
    """A source whose file turns out to be damaged behind so many chunks."""

    def __init__(self, count):
        self._whole = source(CHANNELS, *CHUNKS)
        self._count = count
        self.channels, self.start_ns = self._whole.channels, self._whole.start_ns
        self.end_ns = self._whole.end_ns

    def batches(self, from_ns):
        for _, batch in zip(range(self._count), self._whole.batches(from_ns), strict=False):
            yield batch
        raise ReplayxError("damaged")


def make(tape_source=None, **options):
    """Return a pump, its sink, and a list of what it tells."""
    venue, told, paper = FakeVenue(), [], Paper()
    given = {"speed": None, "at_end": AtEnd.CLOSE, **options}
    session = ReplaySession(
        Tape([tape_source or source(CHANNELS, *CHUNKS)]),
        {"fake": venue},
        {"fake": Answers("fake", venue, [])},
        **given,
    )
    pump = Pump(session, paper, RealClock())
    pump.on_start = lambda now_ns: told.append("started")
    pump.on_end = lambda: told.append("ended")
    pump.on_failure = lambda error: told.append(str(error))
    return pump, paper, told


def connect(pump, number=1):
    pump.feed(ConnectionAsked(number, "fake", "/s/a"))
    pump.feed(ConnectionOpened(number))


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_it_plays_the_tape_to_its_end():
    pump, paper, told = make()
    connect(pump)
    await until(lambda: "ended" in told)
    assert told == ["started", "ended"]
    assert paper.said == [*(((1,), frame(b"%d" % k)) for k in range(20)), (1, 1001, "")]


async def test_it_answers_at_once():
    pump, paper, _ = make(starts_itself=False)
    pump.feed(ASKED)
    assert (await pump.answer(7)).reply.body == b"0"
    pump.feed(ConnectionAsked(1, "fake", "/nowhere"))
    refused = HttpReply(404, b"no such path")
    assert await pump.verdict(1) == Refuse(1, dated(refused, 0))
    connect(pump, 2)
    pump.feed(MessageReceived(2, b"bye"))
    assert paper.said == [((2,), frame(b"so long")), (2, 1008, "you asked")]


async def test_at_full_speed_the_slowest_client_sets_the_pace():
    pump, paper, told = make()
    paper.clear.clear()
    connect(pump)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(paper.said) == 1
    pump.feed(ASKED)
    assert (await pump.answer(7)).reply.status == 200
    paper.clear.set()
    await until(lambda: "ended" in told)
    assert len(paper.said) == 21


@pytest.mark.parametrize("speed", [None, 1])
@pytest.mark.parametrize("count", [0, 1, 7])
async def test_a_tape_that_is_damaged_further_on_is_told_once(speed, count):
    pump, paper, told = make(Broken(count), speed=speed)
    connect(pump)
    await until(lambda: "damaged" in told)
    assert told == ["started", "damaged"]
    assert len(paper.said) <= count
    pump.feed(ASKED)
    assert (await pump.answer(7)).reply.status == 503
    pump.feed(ConnectionAsked(3, "fake", "/s/a"))
    assert (await pump.verdict(3)).reply.status == 503
    assert told == ["started", "damaged"]


async def test_an_answer_that_cannot_be_read_is_told():
    pump, _, told = make()

    def broken(*given, **more):
        raise ReplayxError("damaged")

    pump.session._answers["fake"].reply = broken
    pump.feed(ASKED)
    assert ((await pump.answer(7)).reply.status, told) == (503, ["damaged"])


async def test_a_failure_while_waiting_for_clients_is_told():
    pump, paper, told = make()
    paper.clear.clear()
    paper.broken = True
    connect(pump)
    await until(lambda: paper.said)
    paper.clear.set()
    await until(lambda: "broken" in told)
    assert told == ["started", "broken"]


async def test_it_stops_when_it_is_told_to():
    pump, paper, told = make(starts_itself=False)
    connect(pump)
    pump.feed(StartAsked())
    pump.stop()
    for _ in range(50):
        await asyncio.sleep(0)
    assert (paper.said, told) == ([], ["started"])


@pytest.mark.parametrize("reads", [True, False])
async def test_when_behind_clients_may_read_in_between_but_not_hold_it_up(monkeypatch, reads):
    monkeypatch.setattr("replayx.session.player.FLAT_OUT_BYTES", 5 * len(frame(b"0")))
    monkeypatch.setattr("replayx.server.pump._CATCH_UP_S", 60 if reads else 0.001)
    pump, paper, told = make(speed=1_000_000)
    paper.clear.clear()
    connect(pump)
    await until(lambda: len(paper.said) == 5)
    if reads:
        await asyncio.sleep(0)
        assert len(paper.said) == 5
        paper.clear.set()
    await until(lambda: "ended" in told)
    assert len(paper.said) == 21


class Later(ReplaySession):
    """Answers requests when the history of their market is there."""

    def handle(self, event, now_ns):
        if isinstance(event, HistoryBuilt):
            return super().handle(ASKED, now_ns)
        return [] if event is ASKED else super().handle(event, now_ns)


async def test_an_answer_may_come_later_than_its_request():
    pump, _, _ = make(starts_itself=False)
    pump.session.__class__ = Later
    pump.feed(ASKED)
    waiting = asyncio.ensure_future(pump.answer(7))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    pump.feed(HistoryBuilt("fake"))
    assert (await waiting).reply.body == b"0"


async def test_who_still_waits_is_told_when_it_is_over():
    pump, _, told = make(starts_itself=False)
    pump.session.__class__ = Later
    pump.feed(ASKED)
    waiting = asyncio.ensure_future(pump.answer(7))
    await asyncio.sleep(0)
    pump.stop()
    assert ((await waiting).reply.status, told) == (503, [])


async def test_an_answer_nobody_waits_for_is_forgotten():
    pump, _, _ = make(starts_itself=False)
    pump.session.__class__ = Later
    pump.feed(ASKED)
    waiting = asyncio.ensure_future(pump.answer(7))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    pump.feed(HistoryBuilt("fake"))
    assert pump._replies._futures == {}


async def test_a_command_is_answered_with_the_clock():
    pump, paper, told = make()
    assert not (await pump.command(PauseAsked)).started
    connect(pump)
    for _ in range(50):
        await asyncio.sleep(0)
    assert paper.said == []
    state = await pump.command(partial(RunUntilAsked, stop=StopAfter(3)))
    assert (state.paused, state.delivered, len(paper.said)) == (True, 3, 3)
    await pump.command(ResumeAsked)
    await until(lambda: "ended" in told)
    assert pump.clock().ended
    assert len(paper.said) == 21


async def test_a_command_without_an_answer_is_told_where_it_stands_when_all_is_over():
    pump, _, _ = make(speed=Fraction(1, 10**9))
    waiting = asyncio.ensure_future(pump.command(partial(RunUntilAsked, stop=StopAt(10))))
    await asyncio.sleep(0)
    assert not waiting.done()
    pump.stop()
    assert (await waiting).started
    assert (await pump.command(PauseAsked)).started


async def test_in_lockstep_a_run_is_over_when_every_socket_took_it():
    pump, paper, _ = make(regime=Regime.LOCKSTEP, roll_call=False)
    connect(pump)
    paper.clear.clear()
    running = asyncio.ensure_future(pump.command(partial(RunUntilAsked, stop=StopAfter(1))))
    await until(lambda: paper.said)
    for _ in range(50):
        await asyncio.sleep(0)
    assert not running.done()
    paper.clear.set()
    assert (await running).delivered == 1


async def test_set_free_in_lockstep_a_command_does_not_wait_for_the_sockets():
    pump, paper, _ = make(regime=Regime.LOCKSTEP, roll_call=False)
    connect(pump)
    paper.clear.clear()
    assert not (await pump.command(ResumeAsked)).paused
