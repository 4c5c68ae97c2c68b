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
from replayx.session.answers import Answers
from replayx.session.audience import Audience
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
    RequestRefused,
    StartAsked,
)
from replayx.session.player import Player
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, Venue


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
        self._venues = venues
        self._answers = answers
        self._player = Player(tape, Playhead(tape.start_ns, speed=speed))
        self._at_end = at_end
        self._starts_itself = starts_itself
        self._clock_offset_ns = clock_offset_ns
        self._audience = Audience(tape.channels)

    # ---- what is asked of it

    @property
    def is_flat_out(self) -> bool:
        """Whether messages go as fast as they can be written: the caller minds backpressure."""
        return self._player.is_flat_out

    @property
    def is_behind(self) -> bool:
        """Whether more was due than is sent at once: the caller lets clients read in between."""
        return self._player.is_behind

    @property
    def is_started(self) -> bool:
        """Whether the timeline runs."""
        return self._player.is_started

    @property
    def is_ended(self) -> bool:
        """Whether the tape has ended."""
        return self._player.is_ended

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return self._player.position_ns(now_ns)

    def next_deadline_ns(self) -> int | None:
        """Return when `advance` has something to do; None: not before the next input."""
        due_ns = self._player.deadline_ns(self._audience.watcher_count)
        liveness_ns = self._audience.liveness_ns
        return min((ns for ns in (due_ns, liveness_ns) if ns is not None), default=None)

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
                return self._pong(event)
            case ConnectionLost():
                self._audience.remove(event.connection)
                return []
            case RequestRefused():
                reply = self._venues[event.market].refuse(event.refusal, event.detail)
                return [Reply(event.number, reply)]
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
        self._audience.add(connection)
        return [Accept(event.connection)]

    def _opened(self, event: ConnectionOpened, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        if self.is_ended and self._at_end is not AtEnd.HOLD:
            self._audience.remove(event.connection)
            return [CloseConnection(event.connection, GOING_AWAY, "")]
        return self._watch(connection, now_ns)

    def _message(self, event: MessageReceived, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
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
            effects += self._watch(connection, now_ns)
        if outcome.close is not None:
            self._audience.remove(connection.number)
            effects.append(
                CloseConnection(connection.number, outcome.close.code, outcome.close.reason)
            )
        return effects

    def _ping(self, event: PingReceived) -> list[AnyEffect]:
        if self._audience.get(event.connection) is None:
            return []
        return [SendFrames((event.connection,), frame(event.payload, PONG))]

    def _pong(self, event: PongReceived) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is not None:
            connection.pong()
            self._audience.note_liveness()
        return []

    # ---- time

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._timers(now_ns)
        if self.is_ended:
            return effects
        for stretch in self._player.play(now_ns, self._audience.watcher_count):
            for view, connections in self._audience.watchers.items():
                frames = view.frames(stretch.run, stretch.first, stretch.stop, stretch.dropped)
                if len(frames):
                    effects.append(SendFrames(connections, frames))
        if self.is_ended:
            effects += self._end()
        return effects

    def _timers(self, now_ns: int) -> list[AnyEffect]:
        effects: list[AnyEffect] = []
        due = self._audience.due(now_ns)
        for connection in due:
            venue_ms = self._venue_ms(self.position_ns(now_ns))
            effects += connection.advance(now_ns, venue_ms)
        for effect in effects:
            if isinstance(effect, CloseConnection):
                self._audience.remove(effect.connection)
        if due:
            self._audience.note_liveness()
        return effects

    def _end(self) -> list[AnyEffect]:
        effects: list[AnyEffect] = []
        if self._at_end is not AtEnd.HOLD:
            for number in self._audience.numbers():
                self._audience.remove(number)
                effects.append(CloseConnection(number, GOING_AWAY, ""))
        return [*effects, Ended()]

    # ---- time and the venue's clock

    def _watch(self, connection: Connection, now_ns: int) -> list[AnyEffect]:
        return self._touch(now_ns) if self._audience.watch(connection) else []

    def _touch(self, now_ns: int) -> list[AnyEffect]:
        return self._start(now_ns) if self._starts_itself else []

    def _start(self, now_ns: int) -> list[AnyEffect]:
        return [Started(now_ns)] if self._player.start(now_ns) else []

    def _venue_ms(self, position_ns: int) -> int:
        return (position_ns + self._clock_offset_ns) // NS_PER_MS
