"""Ten toxics at once: whatever the machine's timing, the same bytes, and the same fault log."""

import random
from fractions import Fraction

import pytest

from replayx.faults.injector import Injector
from replayx.faults.plan_text import plan_from_document
from replayx.framing import PING, header_bytes
from replayx.session.clockwork import Regime
from replayx.session.effects import AbortConnection, Reply, SendFrames
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    PongReceived,
    RequestReceived,
    StartAsked,
)
from replayx.session.pulse import Liveness
from replayx.session.session import OnSeek
from tests.fake_venue import FakeVenue
from tests.session.clocked import T0, make
from tests.session.playbook import S
from tests.session.test_determinism import CHUNKS, CLIENTS, ROWS, TIME, Machine

RUNS = 200
THREE = CLIENTS[:3]
WS = {"carrier": "ws"}
FROZEN = {"from": "70s", "until": "76s"}
TEN = [
    {"type": "latency", "delay": "300ms", "jitter": "200ms", "where": WS},
    {"type": "bandwidth", "rate": "200B/s", "where": WS},
    {"type": "slicer", "average_size": 5, "size_variation": 2, "where": WS},
    {"type": "loss", "enter": "10%", "leave": "40%", "where": WS},
    {"type": "duplicate", "where": WS, "when": {"probability": "20%"}},
    {"type": "reorder", "where": WS, "when": {"every": 4}},
    {"type": "corrupt", "where": WS, "when": {"probability": "10%"}},
    {"type": "delay", "delay": "2s", "jitter": "1s", "where": {**WS, "channel": "b"}},
    {"type": "stale_feed", "mode": "hold", "where": {**WS, "channel": "a"}, "when": FROZEN},
    {"type": "disconnect", "code": 1012, "where": WS, "when": {"nth": [30]}},
]
STREAMS_ONLY = TEN[:-1]


def plan(toxics, seed=7):
    return plan_from_document({"seed": seed, "toxic": toxics}, "plan", venues={})


def injector(toxics, seed=7):
    return Injector(0, plan(toxics, seed), start_ns=T0, venues={"fake": FakeVenue()})


class FaultyMachine(Machine):
    """The machine of test_determinism, whose clients name themselves and read cut frames."""

    def __init__(self, chance, toxics, speed, seed=7):
        super().__init__(chance, OnSeek.CLOSE)
        self.injector = injector(toxics, seed)
        self.session = make(
            CHUNKS, regime=Regime.LOCKSTEP, speed=speed, injector=self.injector
        ).session
        self.unread = {}

    def connect(self):
        clients = [one for one in range(len(THREE)) if one not in self.number_of]
        self.chance.shuffle(clients)
        for client in clients:
            self.count += 1
            self.number_of[client], self.client_of[self.count] = self.count, client
            self.unread[self.count] = bytearray()
            asked = ConnectionAsked(self.count, "fake", THREE[client], f"client{client}")
            self.perform(self.session.handle(asked, self.now_ns))
            self.perform(self.session.handle(ConnectionOpened(self.count), self.now_ns))

    def perform(self, effects):
        for effect in effects:
            if isinstance(effect, AbortConnection):
                raise AssertionError("no toxic of the plan resets")
            super().perform([effect])

    def receive(self, number, frames):
        client = self.client_of.get(number)
        assert client is not None, "written behind a close"
        self.seen[client].update(frames)
        unread = self.unread[number]
        unread += frames
        for payload in pings(unread):
            self.lines[number].append(PongReceived(number, payload))

    def say(self, words):
        super().say(words[: len(THREE)])
        for line in self.lines.values():
            for place, event in enumerate(line):
                if isinstance(event, RequestReceived):
                    client = f"client{self.client_of[event.number]}"
                    line[place] = RequestReceived(event.number, "fake", TIME, client)

    def play(self):
        digests = super().play()
        return tuple(digests[: len(THREE)]), self.injector.log.digest()


def pings(unread):
    """Remove whole frames, and return the payloads of the pings among them."""
    found = []
    while len(unread) >= 2:
        head = header_bytes(unread[1])
        size = unread[1] if head == 2 else int.from_bytes(unread[2:head], "big")
        if len(unread) < head + size:
            break
        if unread[0] & 0x0F == PING:
            found.append(bytes(unread[head : head + size]))
        del unread[: head + size]
    return found


@pytest.mark.parametrize("speed", [Fraction(1), None])
def test_two_hundred_runs_in_lockstep_are_one(monkeypatch, speed):
    outcomes = set()
    for seed in range(RUNS // 2):
        chance = random.Random(seed)
        monkeypatch.setattr("replayx.session.player.WRITE_BYTES", chance.choice([1, 30, 1 << 18]))
        monkeypatch.setattr(
            "replayx.session.player.FLAT_OUT_BYTES", chance.choice([1, 50, 1 << 22])
        )
        outcomes.add(FaultyMachine(chance, TEN, speed).play())
    assert len(outcomes) == 1
    digests, _ = outcomes.pop()
    assert len(set(digests)) == len(THREE), "the clients see different things"


def test_every_toxic_acts_in_these_runs():
    machine = FaultyMachine(random.Random(1), TEN, None)
    machine.play()
    assert {rule for rule, _ in machine.injector.log.counts} == {one["type"] for one in TEN}


def test_another_seed_is_another_day():
    days = {FaultyMachine(random.Random(1), TEN, None, seed).play() for seed in range(5)}
    assert len(days) == 5


def logged(chance, speed, toxics):
    """Play in wall time, turning at odd moments; return what was injected into the streams."""
    faults = injector(toxics)
    session = make(CHUNKS, speed=speed, starts_itself=False, injector=faults).session
    for number, target in enumerate(THREE, 1):
        session.handle(ConnectionAsked(number, "fake", target), 0)
        session.handle(ConnectionOpened(number), 0)
    session.handle(StartAsked(), 0)
    now_ns, end_ns, unread = 0, None, {number: bytearray() for number in range(1, 4)}
    while end_ns is None or now_ns < end_ns:  # until what is late has come, too
        if session.is_ended and end_ns is None:
            end_ns = now_ns + 600 * S
        deadline_ns = session.next_deadline_ns()
        now_ns = max(now_ns, deadline_ns or 0) + chance.choice([0, 0, 1, S // 10, 3 * S])
        for effect in session.advance(now_ns):
            if isinstance(effect, SendFrames):
                for number in effect.connections:
                    unread[number] += effect.frames
                    for payload in pings(unread[number]):
                        session.handle(PongReceived(number, payload), now_ns)
    for number in unread:
        session.handle(ConnectionLost(number), now_ns)
    return [one for one in faults.log.entries() if not one.link.endswith("/control")]


def test_no_speed_and_no_lateness_moves_a_decision():
    speeds = [Fraction(1), Fraction(7), Fraction(1, 3), Fraction(1000), None]
    first = logged(random.Random(0), speeds[0], STREAMS_ONLY)
    assert len(first) > 20
    for seed in range(20):
        chance = random.Random(seed)
        assert logged(chance, chance.choice(speeds), STREAMS_ONLY) == first


def test_one_toxic_more_moves_no_other():
    extra = {"type": "loss", "name": "extra", "where": WS, "when": {"probability": "50%"}}
    before = logged(random.Random(0), None, [TEN[4]])
    after = [one for one in logged(random.Random(0), None, [TEN[4], extra]) if one.rule != "extra"]
    assert before
    assert after == before


def test_flat_out_in_tape_time_a_delayed_answer_moves_the_tape_though_nobody_watches():
    late = [{"type": "latency", "delay": "1s", "where": {"carrier": "rest"}}]
    session = make(CHUNKS, speed=None, liveness=Liveness.TAPE, injector=injector(late)).session
    effects = session.handle(RequestReceived(1, "fake", TIME), 0)
    while (deadline_ns := session.next_deadline_ns()) is not None and deadline_ns <= 0:
        effects += session.advance(0)
    assert [one.number for one in effects if isinstance(one, Reply)] == [1]
    assert T0 + S <= session.position_ns(0) < ROWS[-1][0]
