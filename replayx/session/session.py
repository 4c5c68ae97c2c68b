"""The session: the tape, the playhead and the clients' subscriptions, turned into effects.

    input, now ──> handle ──┐
                            ├──> effects, to be performed at once and in order
             now ──> advance┘
                    next_deadline_ns: when `advance` has something to do again

Three times meet here: `now_ns` (monotonic, given), the position on the tape (the playhead maps one
to the other), and the venue's own clock (the position plus the recorded clock offset), which is
what /time and pings show.
"""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import assert_never

from replayx.clock import NS_PER_MS
from replayx.framing import PONG, frame
from replayx.limits import FLAT_OUT_BYTES, WRITE_BYTES
from replayx.session.answers import Answers
from replayx.session.connection import Connection
from replayx.session.effects import (
    Accept,
    AnyEffect,
    CloseConnection,
    Ended,
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
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    StartAsked,
)
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Stretch, Tape
from replayx.timeline.view import View
from replayx.venues.venue import HttpReply, Venue

Wanted = dict[str, tuple[bytes, bytes]]


class AtEnd(Enum):
    """What happens to the connections when the tape has ended."""

    HOLD = "hold"
    CLOSE = "close"
    EXIT = "exit"


# binance-ws.md section 2: what a venue sends when it goes away.
GOING_AWAY = 1001


class ReplaySession:
    """One replay run. The caller performs the effects of each call before the next call."""

    def __init__(
        self,
        tape: Tape,
        venues: Mapping[str, Venue],
        answers: Mapping[str, Answers],
        *,
        speed: Fraction | None = Fraction(1),
        at_end: AtEnd = AtEnd.HOLD,
        starts_itself: bool = True,
        clock_offset_ns: int = 0,
    ) -> None:
        """Take the tape and, by market, the venues and answers.

        `starts_itself`: the first request or subscription starts the timeline. Otherwise
        StartAsked does.
        """
        self._tape = tape
        self._venues = venues
        self._answers = answers
        self._playhead = Playhead(tape.start_ns, speed=speed)
        self._at_end = at_end
        self._starts_itself = starts_itself
        self._clock_offset_ns = clock_offset_ns
        self._connections: dict[int, Connection] = {}
        self._views: dict[View, tuple[int, ...]] = {}
        self._view_of: dict[tuple[str, tuple[tuple[str, tuple[bytes, bytes]], ...]], View] = {}
        self._liveness_ns: int | None = None
        self._is_ended = False

    # ---- what is asked of it

    @property
    def is_flat_out(self) -> bool:
        """Whether messages go as fast as they can be written: the caller minds backpressure."""
        return self._playhead.speed is None

    @property
    def is_started(self) -> bool:
        """Whether the timeline runs."""
        return self._playhead.is_started

    @property
    def is_ended(self) -> bool:
        """Whether the tape has ended."""
        return self._is_ended

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return min(self._playhead.position_ns(now_ns), max(self._tape.end_ns, self._tape.start_ns))

    def next_deadline_ns(self) -> int | None:
        """Return when `advance` has something to do; None: not before the next input."""
        deadlines = [] if self._liveness_ns is None else [self._liveness_ns]
        if self._playhead.is_started and not self._is_ended:
            at_ns = self._tape.next_at_ns()
            if not self.is_flat_out:
                deadlines.append(
                    self._playhead.deadline_ns(self._tape.end_ns if at_ns is None else at_ns)
                )
            elif self._views:
                deadlines.append(0)
        return min(deadlines, default=None)

    # ---- inputs

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        match event:
            case RequestReceived():
                return self._request(event, now_ns)
            case MessageReceived():
                return self._message(event, now_ns)
            case ConnectionAsked():
                return self._asked(event, now_ns)
            case ConnectionOpened():
                return self._opened(event, now_ns)
            case PingReceived():
                return self._ping(event)
            case PongReceived():
                if event.connection in self._connections:
                    self._connections[event.connection].pong()
                    self._note_liveness()
                return []
            case ConnectionLost():
                self._forget(event.connection)
                return []
            case StartAsked():
                return self._start(now_ns)
            case _:
                assert_never(event)

    def _request(self, event: RequestReceived, now_ns: int) -> list[AnyEffect]:
        started = self._touch(now_ns)
        position_ns = self.position_ns(now_ns)
        reply = self._answers[event.market].http(
            event.request, position_ns, self._venue_ms(position_ns)
        )
        return [*started, Reply(event.number, reply)]

    def _asked(self, event: ConnectionAsked, now_ns: int) -> list[AnyEffect]:
        venue = self._venues[event.market]
        opened = venue.open(event.target)
        if isinstance(opened, HttpReply):
            return [Refuse(event.connection, opened)]
        connection = Connection(event.connection, event.market, venue, opened, now_ns)
        self._connections[event.connection] = connection
        self._note_liveness()
        return [Accept(event.connection)]

    def _opened(self, event: ConnectionOpened, now_ns: int) -> list[AnyEffect]:
        connection = self._connections.get(event.connection)
        if connection is None:
            return []
        if self._is_ended and self._at_end is not AtEnd.HOLD:
            self._forget(event.connection)
            return [CloseConnection(event.connection, GOING_AWAY, "")]
        return self._subscribe(connection, now_ns)

    def _message(self, event: MessageReceived, now_ns: int) -> list[AnyEffect]:
        connection = self._connections.get(event.connection)
        if connection is None:
            return []
        outcome = connection.venue.command(connection.subscription, event.payload)
        effects: list[AnyEffect] = []
        if outcome.request is not None:
            effects += self._touch(now_ns)
            position_ns = self.position_ns(now_ns)
            message = self._answers[connection.market].wsapi(
                outcome.request, position_ns, self._venue_ms(position_ns)
            )
            effects.append(SendFrames((connection.number,), frame(message)))
        if outcome.reply is not None:
            effects.append(SendFrames((connection.number,), frame(outcome.reply)))
        if outcome.changed:
            effects += self._subscribe(connection, now_ns)
        if outcome.close is not None:
            self._forget(connection.number)
            effects.append(
                CloseConnection(connection.number, outcome.close.code, outcome.close.reason)
            )
        return effects

    def _ping(self, event: PingReceived) -> list[AnyEffect]:
        if event.connection not in self._connections:
            return []
        return [SendFrames((event.connection,), frame(event.payload, PONG))]

    # ---- time

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._timers(now_ns)
        if not self._playhead.is_started or self._is_ended:
            return effects
        if self.is_flat_out:
            effects += self._flat_out()
        else:
            effects += self._due(now_ns)
        return effects

    def _due(self, now_ns: int) -> list[AnyEffect]:
        position_ns = self._playhead.position_ns(now_ns)
        effects: list[AnyEffect] = []
        while (stretch := self._tape.take(position_ns, WRITE_BYTES)) is not None:
            self._send(stretch, effects)
        if self._tape.next_at_ns() is None and position_ns >= self._tape.end_ns:
            effects += self._end()
        return effects

    def _flat_out(self) -> list[AnyEffect]:
        """Take one write's worth; the tape waits while nobody is subscribed."""
        effects: list[AnyEffect] = []
        if not self._views:
            return effects
        stretch = self._tape.take(None, self._flat_out_bytes())
        if stretch is None:
            self._playhead.pass_to(max(self._tape.end_ns, self._tape.start_ns))
            return self._end()
        self._playhead.pass_to(stretch.last_ns)
        self._send(stretch, effects)
        return effects

    def _flat_out_bytes(self) -> int:
        """Return how much to write at once: whole chunks, if not to many at once."""
        subscribers = sum(map(len, self._views.values()))
        return max(WRITE_BYTES, FLAT_OUT_BYTES // subscribers)

    def _send(self, stretch: Stretch, effects: list[AnyEffect]) -> None:
        for view, connections in self._views.items():
            frames = view.frames(stretch.run, stretch.first, stretch.stop, stretch.dropped)
            if len(frames):
                effects.append(SendFrames(connections, frames))

    def _timers(self, now_ns: int) -> list[AnyEffect]:
        effects: list[AnyEffect] = []
        if self._liveness_ns is None or now_ns < self._liveness_ns:
            return effects
        due = [one for one in self._connections.values() if one.deadline_ns <= now_ns]
        for connection in due:
            venue_ms = self._venue_ms(self.position_ns(now_ns))
            effects += connection.advance(now_ns, venue_ms)
        for effect in effects:
            if isinstance(effect, CloseConnection):
                self._forget(effect.connection)
        self._note_liveness()
        return effects

    def _note_liveness(self) -> None:
        """Note when the first of the connections' timers is due."""
        deadlines = (connection.deadline_ns for connection in self._connections.values())
        self._liveness_ns = min(deadlines, default=None)

    def _end(self) -> list[AnyEffect]:
        self._is_ended = True
        effects: list[AnyEffect] = []
        if self._at_end is not AtEnd.HOLD:
            effects += [CloseConnection(n, GOING_AWAY, "") for n in self._connections]
            for number in list(self._connections):
                self._forget(number)
        return [*effects, Ended()]

    # ---- subscriptions

    def _subscribe(self, connection: Connection, now_ns: int) -> list[AnyEffect]:
        """Give the connection the view that its subscription asks for now."""
        wanted = _wanted(connection)
        self._leave(connection)
        if not wanted:
            return []
        key = (connection.market, tuple(sorted(wanted.items())))
        view = self._view_of.get(key)
        if view is None:
            view = View(connection.market, wanted, self._tape.channels)
            self._view_of[key] = view
        connection.view = view
        self._views[view] = (*self._views.get(view, ()), connection.number)
        return self._touch(now_ns)

    def _leave(self, connection: Connection) -> None:
        view = connection.view
        if view is None:
            return
        connection.view = None
        left = tuple(n for n in self._views[view] if n != connection.number)
        if left:
            self._views[view] = left
        else:
            del self._views[view]
            self._view_of = {key: one for key, one in self._view_of.items() if one is not view}

    def _forget(self, number: int) -> None:
        connection = self._connections.pop(number, None)
        if connection is not None:
            self._leave(connection)
            self._note_liveness()

    # ---- time and the venue's clock

    def _touch(self, now_ns: int) -> list[AnyEffect]:
        return self._start(now_ns) if self._starts_itself else []

    def _start(self, now_ns: int) -> list[AnyEffect]:
        if self._playhead.is_started:
            return []
        self._playhead.start(now_ns)
        return [Started(now_ns)]

    def _venue_ms(self, position_ns: int) -> int:
        return (position_ns + self._clock_offset_ns) // NS_PER_MS


def _wanted(connection: Connection) -> Wanted:
    """Return the channels the connection gets, each with its envelope."""
    wanted: Wanted = {}
    for name in connection.subscription.channels:
        envelope = connection.venue.envelope(connection.subscription, name)
        if envelope is not None:
            wanted[name] = (envelope.prefix, envelope.suffix)
    return wanted
