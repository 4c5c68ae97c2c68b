"""Lockstep: whatever the machine's timing, every client receives the same bytes in every run."""

import hashlib
import random
from collections import defaultdict, deque
from fractions import Fraction

import pytest

from replayx.session.clockwork import Regime
from replayx.session.effects import Accept, CloseConnection, Ended, Reply, SendFrames, Started
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    ResetAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.session import OnSeek
from replayx.session.stops import StopAfter, StopAt, StopWhen
from replayx.venues.venue import HttpRequest
from tests.session.clocked import T0, make
from tests.session.playbook import S
from tests.tapes import payloads

RUNS = 100
CLIENTS = ("/s/a", "/c/a/b", "/s/b", "/s/a/b", "/s")
ROWS = [(T0 + k * S, k % 2, b"message %d" % k) for k in range(90)]
CHUNKS = [ROWS[k : k + 9] for k in range(0, 90, 9)]
TIME = HttpRequest("GET", "/time")

# Each line: a command, then what every client sends while the tape stands there.
SCRIPT = (
    (RunUntilAsked, StopAfter(3), (b"+b", b"-a", None, b"ping", b"?/time")),
    (RunUntilAsked, StopAt(T0 + 30 * S), (b"time", b"+a", b"+a", None, b"+a")),
    (SpeedAsked, Fraction(10), (None, None, b"ping", b"time", None)),
    (RunUntilAsked, StopWhen(channel="b"), (b"bye", None, b"-b", None, b"+b")),
    (SeekAsked, T0 + 70 * S, (None, b"?/time", None, b"+a", None)),
    (RunUntilAsked, StopAfter(5), (b"time", None, b"+b", None, b"-b")),
    (SeekAsked, T0 + 5 * S, (None, None, b"+b", b"-b", b"+b")),
    (SpeedAsked, None, (b"ping", None, None, None, b"time")),
    (RunUntilAsked, StopAt(T0 + 61 * S), (None, b"-b", None, b"+a", None)),
    (RunUntilAsked, StopAt(T0 + 999 * S), (b"time", None, b"?/time", None, None)),
)


class Machine:
    """Plays the script with a timing of its own: when it turns, in which order things come in,
    how long a client takes to answer a ping, how much is written at once.
    """

    def __init__(self, chance, on_seek, *, in_flight=False):
        self.in_flight = in_flight  # commands overtake what clients said; pings are not compared
        self.chance = chance
        self.session = make(CHUNKS, regime=Regime.LOCKSTEP, on_seek=on_seek).session
        self.now_ns = chance.randrange(10**15)
        self.seen = [hashlib.sha256() for _ in CLIENTS]
        self.number_of = {}  # client -> its connection now
        self.client_of = {}  # connection or request -> client
        self.lines = defaultdict(deque)  # what is on its way: in order on each connection
        self.count = 0
        self.told = None

    def turn(self):
        """Let some time pass, and one thing happen."""
        self.now_ns += self.chance.randrange(10**8)
        busy = [line for line in self.lines.values() if line]
        if busy and self.chance.random() < 0.5:
            event = self.chance.choice(busy).popleft()
            self.perform(self.session.handle(event, self.now_ns))
        else:
            self.perform(self.session.advance(self.now_ns))

    def rest(self, *, until_told=None):
        while any(self.lines.values()) or (until_told is not None and self.told != until_told):
            self.turn()

    def perform(self, effects):
        for effect in effects:
            match effect:
                case SendFrames():
                    for number in effect.connections:
                        self.receive(number, bytes(effect.frames))
                case CloseConnection():
                    self.seen[self.client_of[effect.connection]].update(b"close %d" % effect.code)
                    self.lines[effect.connection].append(ConnectionLost(effect.connection))
                    client = self.client_of.pop(effect.connection)
                    if self.number_of.get(client) == effect.connection:
                        del self.number_of[client]
                case Reply():
                    self.seen[self.client_of[effect.number]].update(effect.reply.body)
                case Started() | Ended() | Accept():
                    pass
                case _:
                    self.told = effect.number

    def receive(self, number, frames):
        client = self.client_of.get(number)
        assert client is not None, "written behind a close"
        if frames[0] == 0x81 or not self.in_flight:
            self.seen[client].update(frames)
        if frames[0] == 0x89:
            (payload,) = payloads(frames)
            self.lines[number].append(PongReceived(number, payload))

    def connect(self):
        """Connect whoever is not: one after the other, in any order."""
        clients = [one for one in range(len(CLIENTS)) if one not in self.number_of]
        self.chance.shuffle(clients)
        for client in clients:
            self.count += 1
            self.number_of[client], self.client_of[self.count] = self.count, client
            self.perform(self.session.handle(
                ConnectionAsked(self.count, "fake", CLIENTS[client]), self.now_ns))  # fmt: skip
            self.perform(self.session.handle(ConnectionOpened(self.count), self.now_ns))

    def say(self, words):
        for client, word in enumerate(words):
            number = self.number_of.get(client)
            if word is None or number is None:
                continue
            if word == b"time":
                self.count += 1
                self.client_of[self.count] = client
                self.lines[self.count].append(RequestReceived(self.count, "fake", TIME))
            elif word == b"ping":
                self.lines[number].append(PingReceived(number, b"are you there"))
            else:
                self.lines[number].append(MessageReceived(number, word))

    def play(self):
        for line, (command, given, words) in enumerate(SCRIPT, 1):
            self.connect()
            if command is not RunUntilAsked:
                self.rest()  # a run waits for what was sent before it; nothing else does
            self.lines["command"].append(command(line, given))
            self.rest(until_told=line)
            self.connect()
            self.say(words)
            if not self.in_flight or b"time" in words or b"bye" in words:
                self.rest()
        self.rest()
        return [one.hexdigest() for one in self.seen]


def runs(monkeypatch, on_seek, count, **options):
    outcomes = set()
    for seed in range(count):
        chance = random.Random(seed)
        monkeypatch.setattr("replayx.session.player.WRITE_BYTES", chance.choice([1, 30, 1 << 18]))
        monkeypatch.setattr(
            "replayx.session.player.FLAT_OUT_BYTES", chance.choice([1, 50, 1 << 22])
        )
        outcomes.add(tuple(Machine(chance, on_seek, **options).play()))
    return outcomes


@pytest.mark.parametrize("on_seek", list(OnSeek))
def test_a_hundred_runs_give_one_digest_a_client(monkeypatch, on_seek):
    outcomes = runs(monkeypatch, on_seek, RUNS)
    assert len(outcomes) == 1
    assert len(set(outcomes.pop())) == len(CLIENTS), "the clients see different things"


def test_a_run_waits_for_what_clients_sent_before_it(monkeypatch):
    """Whatever a command overtook on its way is handled before the tape moves."""
    outcomes = runs(monkeypatch, OnSeek.CONTINUE, RUNS, in_flight=True)
    assert len(outcomes) == 1


def test_after_a_reset_everything_comes_again(monkeypatch):
    machine = Machine(random.Random(1), OnSeek.CLOSE)
    first = machine.play()
    machine.lines["command"].append(ResetAsked(99))
    machine.rest(until_told=99)
    machine.rest()
    machine.number_of.clear()
    machine.seen = [hashlib.sha256() for _ in CLIENTS]
    assert machine.play() == first
