"""One episode: a session, its plan and its clients, for some virtual minutes, from one seed."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import NamedTuple

from simulating.plans import MARKETS, Document, random_plan
from simulating.robots import handshake, request, said
from simulating.stage import Stage
from simulating.world import World, claim

from replayx.clock import NS_PER_S
from replayx.faults.rule import NO_PLAN
from replayx.session.inputs import (
    ConnectionLost,
    FaultsAsked,
    PauseAsked,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
    StartAsked,
)
from replayx.session.session import ReplaySession
from replayx.session.stops import StopAfter, StopAt

_SPEEDS = (Fraction(1), Fraction(10), Fraction(1, 3), Fraction(100), None)
_STEP_S = 1.5  # of virtual time between two things that clients do, on average
_DRAIN_S = 3600  # in which everything that was asked has to be answered
_CONNECTIONS_MAX = 12


class Outcome(NamedTuple):
    """What came of an episode. `digest` is of every effect, `log` of what was injected.

    virtual_s: how long clients were at it, until nothing new was asked.
    """

    digest: str
    log: str
    virtual_s: float
    effects: int
    injected: int


class Episode:
    """An episode; everything in it is drawn from `seed`."""

    def __init__(self, stage: Stage, seed: int, *, minutes: float) -> None:
        self._chance = Random(seed)
        self._stage = stage
        self._minutes = minutes
        self.plans: list[Document] = []
        plan, document = self._plan(shocks=True)
        self.plans.append(document)
        self.show = stage.show(self._chance, plan)
        self._session: ReplaySession = self.show.session
        self._world = World(self._session, self._chance, self.show.build)

    def run(self) -> Outcome:
        """Play it. Raises Broken."""
        world, begin_ns = self._world, self._world.now_ns
        world.feed(StartAsked())
        end_ns = begin_ns + int(self._minutes * 60 * NS_PER_S)
        while world.now_ns < end_ns:
            self._something()
            self._check()
            world.pass_to(world.now_ns + int(self._chance.expovariate(1 / _STEP_S) * NS_PER_S))
        played_s = (world.now_ns - begin_ns) / NS_PER_S
        self._drain()
        log = self.show.log
        return Outcome(
            world.digest.hexdigest(),
            log.digest(),
            played_s,
            world.effect_count,
            log.counts.total(),
        )

    # ---- what happens

    def _something(self) -> None:
        kinds: list[tuple[int, Callable[[], None]]] = [
            (20, self._connect),
            (30, self._say),
            (30, self._ask),
            (5, self._hang_up),
            (3, self._fall_silent),
            (12, self._command),
            (6, self._change_plan),
            (1, self._reset),
        ]
        weights = [weight for weight, _ in kinds]
        self._chance.choices([do for _, do in kinds], weights)[0]()

    def _connect(self) -> None:
        if len(self._world.sockets) < _CONNECTIONS_MAX:
            number = self._world.number()
            self._world.feed(handshake(self._chance, number, self._chance.choice(MARKETS)))

    def _open(self) -> list[int]:
        return [k for k, socket in self._world.sockets.items() if socket.state == "open"]

    def _say(self) -> None:
        if numbers := self._open():
            number = self._chance.choice(numbers)
            socket = self._world.sockets[number]
            event = said(self._chance, number, is_wsapi=socket.is_wsapi)
            self._world.feed(event)

    def _ask(self) -> None:
        for _ in range(self._chance.randint(1, 4)):
            number = self._world.number()
            self._world.feed(request(self._chance, number, self._chance.choice(MARKETS)))

    def _hang_up(self) -> None:
        states = ("asked", "open")
        if numbers := [k for k, one in self._world.sockets.items() if one.state in states]:
            self._world.feed(ConnectionLost(self._chance.choice(numbers)))

    def _fall_silent(self) -> None:
        if numbers := self._open():
            socket = self._world.sockets[self._chance.choice(numbers)]
            socket.is_silent = not socket.is_silent

    def _command(self) -> None:
        state = self._session.clock(self._world.now_ns)
        number, chance = self._world.number(), self._chance
        at_ns = chance.randint(state.start_ns - NS_PER_S, state.end_ns + NS_PER_S)
        made = (
            SpeedAsked(number, chance.choice(_SPEEDS)),
            PauseAsked(number),
            ResumeAsked(number),
            ResumeAsked(number),
            SeekAsked(number, at_ns),
            RunUntilAsked(number, StopAt(at_ns)),
            RunUntilAsked(number, StopAfter(chance.randint(1, 5000))),
        )
        self._world.command(chance.choice(made), number)

    def _plan(self, *, shocks: bool) -> tuple:
        return random_plan(self._chance, self._stage.stock, shocks=shocks)

    def _change_plan(self) -> None:
        plan, document = self._plan(shocks=False)
        self.plans.append(document)
        number = self._world.number()
        self._world.command(FaultsAsked(number, self.show.with_shocks(plan)), number)

    def _reset(self) -> None:
        number = self._world.number()
        self._world.command(ResetAsked(number), number)
        log = self.show.log
        claim(not log.entries() and not log.counts.total(), "a reset left entries in the log")
        states = {socket.state for socket in self._world.sockets.values()}
        claim(states <= {"ended", "asked"}, f"a reset left connections {sorted(states)}")

    # ---- what must hold

    def _check(self) -> None:
        log = self.show.log
        if not log.dropped:
            noted = sum(entry.last - entry.first + 1 for entry in log.entries())
            claim(noted == log.counts.total(), f"{noted} in the log, counts {log.counts.total()}")

    def _drain(self) -> None:
        """Without a plan, and with time, everything that was asked is answered, once."""
        world = self._world
        number = world.number()
        world.command(FaultsAsked(number, self.show.with_shocks(NO_PLAN)), number)
        for event in (SpeedAsked, ResumeAsked):
            number = world.number()
            made = SpeedAsked(number, None) if event is SpeedAsked else ResumeAsked(number)
            world.command(made, number)
        world.pass_to(world.now_ns + _DRAIN_S * NS_PER_S)
        self._check()
        claim(not world.requests, f"requests never answered: {sorted(world.requests)[:5]}")
        claim(not world.commands, f"commands never answered: {sorted(world.commands)[:5]}")
        asked = [k for k, socket in world.sockets.items() if socket.state == "asked"]
        claim(not asked or self._leaves_waiting, f"handshakes never decided: {asked[:5]}")

    @property
    def _leaves_waiting(self) -> bool:
        """Whether a handshake may have been met with silence, which lasts until its client goes."""
        told = (toxic for plan in self.plans for toxic in plan["toxic"])
        return any(toxic.get("how") == "silence" for toxic in told)
