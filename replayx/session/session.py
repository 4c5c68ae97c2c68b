"""The session: the tape, the playhead and the clients' subscriptions, turned into effects.

    input, now ──> handle ──┐
                            ├──> effects, to be performed at once and in order
             now ──> advance┘
                    next_deadline_ns: when `advance` has something to do again

Three times meet here: `now_ns` (monotonic, given), the position on the tape (the playhead maps one
to the other), and the venue's own clock (the position plus the recorded clock offset), which is
what /time and pings show. A client's liveness runs in the first, or in the second.
"""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from replayx.framing import PONG, frame
from replayx.session.answers import Answers, unmatched_total
from replayx.session.audience import Audience
from replayx.session.backlog import Backlog
from replayx.session.clockwork import ClockCommand, Clockwork, Regime
from replayx.session.connection import Connection
from replayx.session.effects import (
    Accept,
    AnyEffect,
    ClockState,
    CloseConnection,
    Ended,
    Refuse,
    Reply,
    SendFrames,
)
from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    HistoryBuilt,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
    RequestRefused,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    StartAsked,
)
from replayx.session.player import Player
from replayx.session.pulse import Liveness, Pulse
from replayx.session.rebasing import Rebase
from replayx.session.venue_clock import VenueClock
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpReply, Venue

if TYPE_CHECKING:
    from replayx.session.derived_streams import DerivedStreams


class AtEnd(Enum):
    """What happens to the connections when the tape has ended."""

    HOLD = "hold"
    CLOSE = "close"
    EXIT = "exit"


class OnSeek(Enum):
    """What happens to the connections when the tape is sought."""

    CLOSE = "close"
    CONTINUE = "continue"


# binance-ws.md section 2: what a venue sends when it goes away.
GOING_AWAY = 1001
# RFC 6455 section 7.4.1: 1008 is for whoever breaks the server's policy.
_TOO_MANY = (1008, "Too many requests")


class ReplaySession:
    """One replay run. The caller performs the effects of each call before the next call."""

    def __init__(
        self,
        tape: Tape,
        venues: Mapping[str, Venue],
        answers: Mapping[str, Answers],
        *,
        speed: Fraction | None = Fraction(1),
        regime: Regime = Regime.WALL,
        skip_idle_ns: int | None = None,
        liveness: Liveness | None = None,
        on_seek: OnSeek = OnSeek.CLOSE,
        roll_call: bool = True,
        at_end: AtEnd = AtEnd.HOLD,
        starts_itself: bool = True,
        clock_offset_ns: int = 0,
        rebase: Rebase | None = None,
        derived: "Mapping[str, DerivedStreams] | None" = None,
    ) -> None:
        """Take the tape and, by market, the venues, the answers and the streams derived from it.

        `starts_itself`: the first request or subscription starts the timeline. Otherwise
        StartAsked does, and in lockstep commands alone. `liveness` None is the tape's time in
        lockstep, else the machine's. `roll_call`: in lockstep a run is over when every client has
        read it.
        """
        is_lockstep = regime is Regime.LOCKSTEP
        self._venues = venues
        self._answers = answers
        self._clockwork = Clockwork(
            tape,
            venues,
            speed=speed,
            regime=regime,
            skip_idle_ns=skip_idle_ns,
            venue_clock=VenueClock(clock_offset_ns),
            rebase=rebase,
        )
        self._backlog = Backlog()
        self._unmatched_before = 0  # by runs before a reset
        self._at_end = at_end
        self._on_seek = on_seek
        self._starts_itself = starts_itself and not is_lockstep
        self._calls_roll = roll_call and is_lockstep
        self._audience = Audience(tape.channels, derived=derived or {})
        self._shift_ms = self._clockwork.venue_clock.shift_ms
        for streams in (derived or {}).values():
            streams.follow(self._clockwork.venue_clock)
        liveness = liveness or (Liveness.TAPE if is_lockstep else Liveness.WALL)
        self._pulse = Pulse(self._audience, self._clockwork, liveness, self._forget)

    # ---- what is asked of it

    @property
    def is_flat_out(self) -> bool:
        """Whether messages go as fast as they can be written: the caller minds backpressure."""
        return self._player.is_flat_out

    @property
    def is_lockstep(self) -> bool:
        """Whether only commands move the tape: the caller answers them when all was written."""
        return self._clockwork.regime is Regime.LOCKSTEP

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

    def clock(self, now_ns: int) -> ClockState:
        """Return where the clock stands."""
        return self._clockwork.state(now_ns)

    @property
    def unmatched_count(self) -> int:
        """How many requests had no answer."""
        return self._unmatched_before + unmatched_total(self._answers)

    def next_deadline_ns(self) -> int | None:
        """Return when `advance` has something to do; None: not before the next input."""
        due_ns = None
        if not self._is_held:
            due_ns = self._player.deadline_ns(self._audience.watcher_count)
        times = (due_ns, self._pulse.deadline_ns())
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def _player(self) -> Player:
        return self._clockwork.player

    @property
    def _is_held(self) -> bool:
        """Whether the tape waits: for a client, or, where no time passes, for a history."""
        return self._pulse.holds_the_tape or (self._player.is_flat_out and self._backlog.is_waiting)

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
                return self._pong(event, now_ns)
            case ConnectionLost():
                self._forget(event.connection)
                return self._settle(now_ns)
            case RequestRefused():
                reply = self._venues[event.market].refuse(event.refusal, event.detail)
                return [Reply(event.number, reply)]
            case HistoryBuilt():
                return self._take_up(event.market, now_ns)
            case StartAsked():
                return self._clockwork.start(now_ns)
            case _:
                return self._command(event, now_ns)

    def _request(self, event: RequestReceived, now_ns: int) -> list[AnyEffect]:
        if self._answers[event.market].needs_history(event.request):
            return self._backlog.add(event.market, event)
        started = self._touch(now_ns)
        position_ns = self.position_ns(now_ns)
        clock = self._clockwork.venue_clock
        reply = self._answers[event.market].http(
            event.request, position_ns, clock.ms(position_ns), shift_ms=clock.shift_ms
        )
        return [*started, Reply(event.number, reply)]

    def _asked(self, event: ConnectionAsked, now_ns: int) -> list[AnyEffect]:
        venue = self._venues[event.market]
        opened = venue.open(event.target)
        if isinstance(opened, HttpReply):
            return [Refuse(event.connection, opened)]
        time_ns = self._pulse.now_ns(now_ns)
        connection = Connection(event.connection, event.market, venue, opened, time_ns)
        self._audience.add(connection)
        return [Accept(event.connection)]

    def _opened(self, event: ConnectionOpened, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        if self.is_ended and self._at_end is not AtEnd.HOLD:
            self._forget(event.connection)
            return [CloseConnection(event.connection, GOING_AWAY, "")]
        return self._watch(connection, now_ns)

    def _message(self, event: MessageReceived, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        outcome = connection.venue.command(connection.subscription, event.payload)
        effects: list[AnyEffect] = []
        if outcome.request is not None:
            if self._answers[connection.market].needs_history(outcome.request):
                return self._wait(connection, event)
            effects += self._touch(now_ns)
            position_ns = self.position_ns(now_ns)
            clock = self._clockwork.venue_clock
            message = self._answers[connection.market].wsapi(
                outcome.request, position_ns, clock.ms(position_ns), shift_ms=clock.shift_ms
            )
            effects.append(SendFrames((connection.number,), frame(message)))
        if outcome.reply is not None:
            effects.append(SendFrames((connection.number,), frame(outcome.reply)))
        if outcome.changed:
            effects += self._watch(connection, now_ns)
        if outcome.close is not None:
            self._forget(connection.number)
            effects.append(
                CloseConnection(connection.number, outcome.close.code, outcome.close.reason)
            )
        return effects

    def _wait(self, connection: Connection, event: MessageReceived) -> list[AnyEffect]:
        if self._backlog.has_room(connection.market):
            return self._backlog.add(connection.market, event)
        self._forget(connection.number)
        return [CloseConnection(connection.number, *_TOO_MANY)]

    def _take_up(self, market: str, now_ns: int) -> list[AnyEffect]:
        """Go on with what waited for a market's history."""
        self._audience.watch_anew()
        return [
            effect for event in self._backlog.take(market) for effect in self.handle(event, now_ns)
        ]

    def _ping(self, event: PingReceived) -> list[AnyEffect]:
        if self._audience.get(event.connection) is None:
            return []
        return [SendFrames((event.connection,), frame(event.payload, PONG))]

    def _pong(self, event: PongReceived, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is not None:
            self._pulse.pong(connection, event.payload)
        return self._settle(now_ns)

    def _command(self, event: ClockCommand, now_ns: int) -> list[AnyEffect]:
        effects = self.advance(now_ns)  # what is due by now comes first
        effects += self._clockwork.command(event, now_ns)
        if self._calls_roll and isinstance(event, RunUntilAsked | ResumeAsked):
            # The echo comes behind whatever a client sent before: the tape waits for that, too.
            effects += self._pulse.call_roll(now_ns)
        is_sought = isinstance(event, SeekAsked) and self._on_seek is OnSeek.CLOSE
        if is_sought or isinstance(event, ResetAsked):
            effects += self._close_all()
        if isinstance(event, ResetAsked):
            self._unmatched_before = self.unmatched_count
            self._answers = {name: one.afresh() for name, one in self._answers.items()}
        return effects + self._settle(now_ns)

    # ---- time

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._pulse.advance(now_ns)
        if self._clockwork.venue_clock.shift_ms != self._shift_ms:
            self._shift_ms = self._clockwork.venue_clock.shift_ms
            self._audience.watch_anew()
        if not self.is_ended and not self._is_held:
            for stretch in self._player.play(
                now_ns, self._audience.watcher_count, horizon_ns=self._pulse.horizon_ns
            ):
                for view, connections in self._audience.watchers.items():
                    frames = view.frames(stretch.run, stretch.first, stretch.stop, stretch.dropped)
                    if len(frames):
                        effects.append(SendFrames(connections, frames))
            if self.is_ended:
                effects += self._end()
        return effects + self._settle(now_ns)

    def _end(self) -> list[AnyEffect]:
        closed = [] if self._at_end is AtEnd.HOLD else self._close_all()
        return [*closed, Ended()]

    def _settle(self, now_ns: int) -> list[AnyEffect]:
        """Answer a command that has arrived; in lockstep when every client has read that far."""
        if not self._clockwork.has_arrived:
            return []
        effects: list[AnyEffect] = []
        if self._calls_roll and self._clockwork.calls_roll():
            effects += self._pulse.call_roll(now_ns)
        return [*effects, *self._clockwork.tell(now_ns)] if self._pulse.is_heard else effects

    def _close_all(self) -> list[AnyEffect]:
        effects: list[AnyEffect] = []
        for number in self._audience.numbers():
            self._forget(number)
            effects.append(CloseConnection(number, GOING_AWAY, ""))
        return effects

    def _forget(self, number: int) -> None:
        self._audience.remove(number)
        self._pulse.leave(number)

    def _watch(self, connection: Connection, now_ns: int) -> list[AnyEffect]:
        if not self._audience.watch(connection):
            return []
        view, market = connection.view, connection.market
        if view is not None and view.is_derived and self._answers[market].lacks_history:
            return [*self._backlog.want(market), *self._touch(now_ns)]
        return self._touch(now_ns)

    def _touch(self, now_ns: int) -> list[AnyEffect]:
        return self._clockwork.start(now_ns) if self._starts_itself else []
