"""Everything around a session: clients, sockets, commands, and what must always hold.

Time is virtual: it goes from one deadline to the next. Whatever does not hold raises Broken.
"""

import hashlib
import heapq
from collections.abc import Callable
from random import Random
from typing import assert_never

import msgspec

from replayx.framing import PING, header_bytes
from replayx.session.effects import (
    AbortConnection,
    Accept,
    AnyEffect,
    ClockTold,
    CloseConnection,
    Ended,
    HistoryWanted,
    ReachChanged,
    Refuse,
    Reply,
    SendFrames,
    Started,
)
from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    HistoryBuilt,
    PongReceived,
    RequestReceived,
)
from replayx.session.session import ReplaySession

# So often may a session ask to be advanced at one instant; flat out, a whole tape goes by in it.
TURNS_AT_ONCE_MAX = 200_000
_MS = 1_000_000


class Broken(AssertionError):
    """Something that must always hold did not."""


def claim(holds: object, what: str) -> None:
    """Raise Broken unless something holds."""
    if not holds:
        raise Broken(what)


class Socket:
    """A client's end of a connection. `state`: asked, accepted, open, ended."""

    def __init__(self, asked: ConnectionAsked) -> None:
        self.market = asked.market
        self.is_wsapi = "/ws-" in asked.target
        self.state = "asked"
        self.is_silent = False
        self.got_bytes = 0

    def pings(self, frames: bytes | memoryview) -> list[bytes]:
        """Return the payloads of the pings in a write that begins with a frame, as far as whole."""
        found, view, position = [], memoryview(frames), 0
        while position + 2 <= len(view):
            first, second = view[position], view[position + 1]
            head = header_bytes(second & 0x7F)
            size = second & 0x7F
            if head > 2:
                size = int.from_bytes(view[position + 2 : position + head], "big")
            if first & 0x0F == PING and position + head + size <= len(view):
                found.append(bytes(view[position + head : position + head + size]))
            position += head + size
        return found


class World:
    """A session and all it deals with. `digest` is of everything that came out of it, and when."""

    def __init__(
        self, session: ReplaySession, chance: Random, build: Callable[[str], object]
    ) -> None:
        self.session = session
        self.now_ns = chance.randrange(10**15)
        self.sockets: dict[int, Socket] = {}
        self.requests: dict[int, int] = {}
        self.commands: set[int] = set()
        self.digest = hashlib.sha256()
        self.effect_count = 0
        self._chance = chance
        self._build = build
        self._coming: list[tuple[int, int, AnyInput]] = []
        self._number = 0
        self._turns = 0

    # ---- what comes in

    def number(self) -> int:
        """Return a number that nothing has yet."""
        self._number += 1
        return self._number

    def later(self, delay_ns: int, event: AnyInput) -> None:
        """Let something happen later."""
        heapq.heappush(self._coming, (self.now_ns + delay_ns, self.number(), event))

    def feed(self, event: AnyInput) -> None:
        """Let something happen now."""
        match event:
            case ConnectionAsked():
                self.sockets[event.connection] = Socket(event)
            case RequestReceived():
                self.requests[event.number] = self.now_ns
            case ConnectionLost() | ConnectionOpened() | PongReceived():
                socket = self.sockets.get(event.connection)
                if socket is None or (
                    socket.state == "ended" and not isinstance(event, ConnectionLost)
                ):
                    return
                if isinstance(event, ConnectionOpened):
                    socket.state = "open"
                elif isinstance(event, ConnectionLost):
                    del self.sockets[event.connection]
            case _:
                pass
        self._perform(self.session.handle(event, self.now_ns))

    def command(self, event: AnyInput, number: int) -> None:
        """Give a command; it is answered once."""
        self.commands.add(number)
        self.feed(event)

    # ---- time

    def pass_to(self, until_ns: int) -> None:
        """Let time pass, from one thing that is due to the next."""
        while True:
            deadline_ns = self.session.next_deadline_ns()
            coming_ns = self._coming[0][0] if self._coming else until_ns
            due_ns = min(until_ns if deadline_ns is None else deadline_ns, coming_ns, until_ns)
            self._stand_still_until(max(due_ns, self.now_ns))
            if self._coming and self._coming[0][0] <= self.now_ns:
                self.feed(heapq.heappop(self._coming)[2])
            elif deadline_ns is not None and deadline_ns <= self.now_ns:
                self._turn()
            else:
                return

    def _stand_still_until(self, due_ns: int) -> None:
        """Nothing may leave before it is due."""
        if due_ns <= self.now_ns:
            return
        self._turns = 0
        if due_ns > self.now_ns + 1 and self._chance.random() < 0.05:
            between_ns = self._chance.randrange(self.now_ns, due_ns)
            early = self.session.advance(between_ns)
            claim(not early, f"{early[:3]} came before {due_ns} ns, at {between_ns} ns")
        self.now_ns = due_ns

    def _turn(self) -> None:
        self._turns += 1
        claim(self._turns < TURNS_AT_ONCE_MAX, "it is due for ever, and time stands still")
        self._perform(self.session.advance(self.now_ns))

    # ---- what comes out

    def _perform(self, effects: list[AnyEffect]) -> None:
        for effect in effects:
            self._note(effect)
            match effect:
                case SendFrames():
                    for number in effect.connections:
                        self._receive(number, effect.frames)
                case Accept():
                    self._decide(effect.connection, "accepted")
                    self.later(self._chance.randrange(5 * _MS), ConnectionOpened(effect.connection))
                case Refuse():
                    self._decide(effect.connection, "ended")
                    del self.sockets[effect.connection]
                case CloseConnection() | AbortConnection():
                    self._end(effect)
                case Reply():
                    claim(effect.number in self.requests, f"a reply to nobody: {effect}")
                    del self.requests[effect.number]
                case ClockTold():
                    claim(effect.number in self.commands, f"told unasked: {effect}")
                    self.commands.remove(effect.number)
                case HistoryWanted():
                    self._build(effect.market)
                    self.later(self._chance.randrange(100 * _MS), HistoryBuilt(effect.market))
                case Started() | Ended() | ReachChanged():
                    pass
                case _:
                    assert_never(effect)

    def _note(self, effect: AnyEffect) -> None:
        self.effect_count += 1
        told = effect
        if isinstance(effect, SendFrames):
            told = msgspec.structs.replace(effect, frames=b"")
            self.digest.update(effect.frames)
        self.digest.update(f"{self.now_ns} {told}\n".encode())

    def _receive(self, number: int, frames: bytes | memoryview) -> None:
        socket = self.sockets.get(number)
        claim(socket and socket.state == "open", f"written to {number}, which is not open")
        assert socket is not None
        claim(len(frames), f"nothing is written to {number}")
        socket.got_bytes += len(frames)
        for payload in [] if socket.is_silent else socket.pings(frames):
            self.later(self._chance.randrange(200 * _MS), PongReceived(number, payload))

    def _decide(self, number: int, state: str) -> None:
        socket = self.sockets.get(number)
        claim(socket and socket.state == "asked", f"decided about {number}, which did not ask")
        assert socket is not None
        socket.state = state

    def _end(self, effect: CloseConnection | AbortConnection) -> None:
        number = effect.connection
        socket = self.sockets.get(number)
        state = socket.state if socket else "unknown"
        is_verdict = isinstance(effect, AbortConnection) and state == "asked"
        claim(state in ("accepted", "open") or is_verdict, f"{effect}: the connection is {state}")
        assert socket is not None
        if is_verdict:
            del self.sockets[number]
            return
        socket.state = "ended"
        self.later(self._chance.randrange(100 * _MS), ConnectionLost(number))
