"""The pulse: pings, pong deadlines, lifetimes, and the roll calls that make the tape wait.

Liveness runs in the machine's time, or in the tape's: then a ping comes at a position of the tape.
Where the tape goes as fast as clients read, tape time is no time for an answer: after each ping it
waits, in the machine's time and not for ever, and nobody is closed for an answer that is late.
"""

from collections.abc import Callable
from enum import Enum

from replayx.framing import PING, frame
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.effects import AnyEffect, CloseConnection, SendFrames
from replayx.session.roll_call import RollCall


class Liveness(Enum):
    """In which time pings, pong deadlines and lifetimes run."""

    WALL = "wall"
    TAPE = "tape"


class Pulse:
    """Keeps the timers of an audience, and knows who is waited for."""

    def __init__(self, audience: Audience, clockwork: Clockwork, liveness: Liveness) -> None:
        self._audience = audience
        self._clockwork = clockwork
        self._liveness = liveness
        self._roll_call = RollCall()
        # Told by whoever carries messages: whether a ping may go by what is in flight, and whether
        # one that the venue sends is on its way for a time.
        self.rings_through: Callable[[int], bool] = _always
        self.is_delayed: Callable[[int], bool] = _never

    # ---- asked

    @property
    def holds_the_tape(self) -> bool:
        """Whether the tape has to wait for a client."""
        return self._clockwork.player.is_flat_out and not self._roll_call.is_over

    @property
    def is_heard(self) -> bool:
        """Whether nobody is waited for."""
        return self._roll_call.is_over

    @property
    def runs_by_tape(self) -> bool:
        """Whether the timers run in the tape's time."""
        return self._liveness is Liveness.TAPE

    def is_asked(self, number: int, payload: bytes) -> bool:
        """Say whether a pong answers a ping that the tape waits for."""
        return self._roll_call.is_asked(number, payload)

    @property
    def horizon_ns(self) -> int | None:
        """Until when, in tape time, nothing has to be done for anybody; None: the tape is free."""
        return self._audience.liveness_ns if self._liveness is Liveness.TAPE else None

    def now_ns(self, now_ns: int) -> int:
        """Return the time in which the timers run."""
        if self._liveness is Liveness.WALL:
            return now_ns
        return self._clockwork.player.course.tape_time_ns(now_ns)

    def when_ns(self, time_ns: int) -> int | None:
        """Return the monotonic time at which a time of the timers comes; None: it is not known."""
        if self._liveness is Liveness.WALL:
            return time_ns
        return self._clockwork.player.course.when_ns(time_ns)

    def when_at_ns(self, at_ns: int) -> int | None:
        """Return the monotonic time at which a position comes; None: it is not known."""
        course = self._clockwork.player.course
        return course.when_ns(course.time_of_ns(at_ns))

    def time_of(self, now_ns: int) -> Callable[[int], int]:
        """Return what tells when a position of the tape is in the timers' time: now, or its own."""
        if self._liveness is Liveness.WALL:
            return lambda _: now_ns
        return self._clockwork.player.course.time_of_ns

    def deadline_ns(self) -> int | None:
        """Return when `advance` has something to do."""
        due_ns = self._audience.liveness_ns
        if due_ns is not None and self._liveness is Liveness.TAPE:
            due_ns = self._clockwork.player.course.when_ns(due_ns)
        times = (due_ns, self._roll_call.deadline_ns)
        return min((ns for ns in times if ns is not None), default=None)

    # ---- inputs and time

    def pong(self, connection: Connection, payload: bytes) -> None:
        """Note that a client is alive, and what it has read."""
        connection.pong()
        self._roll_call.answer(connection.number, payload)
        self._audience.note_liveness()

    def forget(self, number: int) -> None:
        """Forget a connection that is gone or about to be closed."""
        self._audience.remove(number)
        self._roll_call.leave(number)

    def close_all(self, code: int) -> list[AnyEffect]:
        """Close every connection."""
        numbers = self._audience.numbers()
        for number in numbers:
            self.forget(number)
        return [CloseConnection(number, code, "") for number in numbers]

    def call_roll(self, now_ns: int) -> list[AnyEffect]:
        """Ping everybody who can hear it: who echoes has read everything."""
        heard = [one for one in self._everybody() if self.rings_through(one.number)]
        payloads = {one: self._ping(one, now_ns) for one in heard}
        return [
            SendFrames((one.number,), frame(payload, PING)) for one, payload in payloads.items()
        ]

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due: pings, and closes for those who were silent for too long."""
        effects: list[AnyEffect] = []
        self._roll_call.give_up(now_ns)
        time_ns = self.now_ns(now_ns)
        due = self._audience.due(time_ns)
        for connection in due:
            effects += self._advance(connection, time_ns, now_ns)
        for effect in effects:
            if isinstance(effect, CloseConnection):
                self.forget(effect.connection)
        if due:
            self._audience.note_liveness()
        return effects

    def _advance(self, connection: Connection, time_ns: int, now_ns: int) -> list[AnyEffect]:
        effects = connection.advance(time_ns, self._venue_ms(now_ns))
        waits = self._liveness is Liveness.TAPE and self._clockwork.player.is_flat_out
        if self.is_delayed(connection.number):
            return effects  # the tape waits once it has left: see `left`
        if waits and any(isinstance(effect, SendFrames) for effect in effects):
            self._ping(connection, now_ns)
            connection.pong()  # the tape waits for it: no deadline of the tape's can be missed
        return effects

    def left(self, number: int, payload: bytes, now_ns: int, *, is_carried_back: bool) -> None:
        """Note that a ping has left for a client. Its pong may be carried back, and take time."""
        connection = self._audience.get(number)
        if connection is None or self._liveness is Liveness.WALL:
            return
        if self._clockwork.player.is_flat_out:
            self._roll_call.ask(number, payload, now_ns)
            if not is_carried_back:
                connection.pong()
                self._audience.note_liveness()

    def _ping(self, connection: Connection, now_ns: int) -> bytes:
        """Note that a connection is pinged; return with what."""
        payload = connection.venue.ping_payload(self._venue_ms(now_ns))
        self._roll_call.ask(connection.number, payload, now_ns)
        return payload

    def _venue_ms(self, now_ns: int) -> int:
        return self._clockwork.venue_clock.ms(self._clockwork.player.position_ns(now_ns))

    def _everybody(self) -> list[Connection]:
        numbers = self._audience.numbers()
        return [one for number in numbers if (one := self._audience.get(number)) is not None]


def _always(number: int) -> bool:
    """Let every ping go."""
    del number
    return True


def _never(number: int) -> bool:
    """Know of no delay."""
    del number
    return False
