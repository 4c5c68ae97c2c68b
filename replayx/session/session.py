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

from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.answers import Answers
from replayx.session.audience import Audience
from replayx.session.clockwork import ClockCommand, Clockwork, Regime
from replayx.session.desk import Desk
from replayx.session.effects import (
    AnyEffect,
    ClockTold,
    CloseConnection,
    Ended,
    Reply,
    SendFrames,
)
from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    FaultsAsked,
    HistoryBuilt,
    LimitsAsked,
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
from replayx.session.limiting import Limiting
from replayx.session.pulse import Liveness, Pulse
from replayx.session.rebasing import Rebase
from replayx.session.reception import Reception
from replayx.session.round_trips import RequestFaults, RoundTrips
from replayx.session.standing import Standing
from replayx.session.venue_clock import VenueClock
from replayx.timeline.tape import Tape
from replayx.venues.venue import Venue

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


class ReplaySession(Standing):
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
        injector: RequestFaults | None = None,
        limits: Limits = NO_LIMITS,
    ) -> None:
        """Take the tape and, by market, the venues, the answers and the streams derived from it.

        `starts_itself`: the first request or subscription starts the timeline. Otherwise
        StartAsked does, and in lockstep commands alone. `liveness` None is the tape's time in
        lockstep, else the machine's. `roll_call`: in lockstep a run is over when every client has
        read it.
        """
        is_lockstep = regime is Regime.LOCKSTEP
        self._venues = venues
        self._clockwork = Clockwork(
            tape,
            venues,
            speed=speed,
            regime=regime,
            skip_idle_ns=skip_idle_ns,
            starts_itself=starts_itself,
            venue_clock=VenueClock(clock_offset_ns),
            rebase=rebase,
        )
        self._desk = Desk(answers, self._clockwork)
        self._at_end = at_end
        self._on_seek = on_seek
        self._calls_roll = roll_call and is_lockstep
        self._audience = Audience(tape.channels, derived=derived or {})
        self._shift_ms = self._clockwork.venue_clock.shift_ms
        for streams in (derived or {}).values():
            streams.follow(self._clockwork.venue_clock)
        liveness = liveness or (Liveness.TAPE if is_lockstep else Liveness.WALL)
        self._pulse = Pulse(self._audience, self._clockwork, liveness)
        self.limiting = Limiting(venues, self._pulse, self._clockwork, limits=limits)
        self._trips = RoundTrips(
            *(venues, self._desk, self._audience, self._pulse, self._clockwork),
            faults=injector,
            limiting=self.limiting,
        )
        self._reception = Reception(
            *(venues, self._audience, self._desk, self._pulse, self._clockwork),
            trips=self._trips,
            limiting=self.limiting,
        )

    # ---- what is asked of it

    @property
    def unmatched_count(self) -> int:
        """How many requests had no answer."""
        return self._desk.unmatched_count

    def next_deadline_ns(self) -> int | None:
        """Return when `advance` has something to do; None: not before the next input."""
        due_ns = None
        if not self._is_held:
            due_ns = self._player.deadline_ns(self._audience.watcher_count)
        times = (due_ns, self._pulse.deadline_ns(), self._trips.deadline_ns())
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def _is_held(self) -> bool:
        """Whether the tape waits: for a client, or, where no time passes, for a history."""
        return self._pulse.holds_the_tape or (self.is_flat_out and self._desk.is_waiting)

    @property
    def _answers(self) -> Mapping[str, Answers]:
        return self._desk.answers

    # ---- inputs

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        match event:
            case RequestReceived():
                return [*self._run_first(now_ns), *self._trips.http(event, now_ns)]
            case MessageReceived():
                return [*self._run_first(now_ns), *self._reception.message(event, now_ns)]
            case ConnectionAsked():
                return self._reception.asked(event, now_ns)
            case ConnectionOpened():
                return self._opened(event, now_ns)
            case PingReceived():
                return self._reception.ping(event, now_ns)
            case PongReceived():
                return [*self._reception.pong(event, now_ns), *self._settle(now_ns)]
            case ConnectionLost():
                self._pulse.forget(event.connection)
                self.limiting.left(event.connection)
                return self._settle(now_ns)
            case RequestRefused():
                reply = self._venues[event.market].refuse(event.refusal, event.detail)
                return [Reply(event.number, reply)]
            case HistoryBuilt():
                return self._take_up(event.market, now_ns)
            case StartAsked():
                return self._clockwork.start(now_ns)
            case FaultsAsked() | LimitsAsked():
                return self._change(event, now_ns)
            case _:
                return self._command(event, now_ns)

    def _run_first(self, now_ns: int) -> list[AnyEffect]:
        """Play what is due, if a run may end in it: no question sees further than that."""
        return [] if self._player.halt is None or self.is_flat_out else self.advance(now_ns)

    def _opened(self, event: ConnectionOpened, now_ns: int) -> list[AnyEffect]:
        connection = self._audience.get(event.connection)
        if connection is None:
            return []
        if self.is_ended and self._at_end is not AtEnd.HOLD:
            self._pulse.forget(event.connection)
            return [CloseConnection(event.connection, GOING_AWAY, "")]
        return self._reception.watch(connection, now_ns)

    def _change(self, event: FaultsAsked | LimitsAsked, now_ns: int) -> list[AnyEffect]:
        if isinstance(event, LimitsAsked):
            self.limiting.impose(event.limits)
        return [ClockTold(event.number, self.clock(now_ns))]

    def _take_up(self, market: str, now_ns: int) -> list[AnyEffect]:
        """Go on with what waited for a market's history."""
        self._audience.watch_anew()
        waited = [*self._run_first(now_ns), *self._trips.take_up(market, now_ns)]
        return waited + self._settle(now_ns)

    def _command(self, event: ClockCommand, now_ns: int) -> list[AnyEffect]:
        effects = self.advance(now_ns)  # what is due by now comes first
        effects += self._clockwork.command(event, now_ns)
        if self._calls_roll and isinstance(event, RunUntilAsked | ResumeAsked):
            # The echo comes behind whatever a client sent before: the tape waits for that, too.
            effects += self._pulse.call_roll(now_ns)
        is_sought = isinstance(event, SeekAsked) and self._on_seek is OnSeek.CLOSE
        if is_sought or isinstance(event, ResetAsked):
            effects += self._pulse.close_all(GOING_AWAY)
        if isinstance(event, ResetAsked):
            effects += self._trips.reset(now_ns)
            self._desk.reset()
            self.limiting.reset()
        return effects + self._settle(now_ns)

    # ---- time

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._pulse.advance(now_ns) + self._trips.advance(now_ns)
        if self._clockwork.venue_clock.shift_ms != self._shift_ms:
            self._shift_ms = self._clockwork.venue_clock.shift_ms
            self._audience.watch_anew()
        if not self.is_ended and not self._is_held:
            for stretch in self._player.play(
                now_ns, self._audience.watcher_count, horizon_ns=self._horizon_ns
            ):
                for view, connections in self._audience.watchers.items():
                    frames = view.frames(stretch.run, stretch.first, stretch.stop, stretch.dropped)
                    if len(frames):
                        effects.append(SendFrames(connections, frames))
            effects += self._trips.advance(now_ns)  # what is due where the tape is now
            if self.is_ended:
                effects += self._end()
        return effects + self._settle(now_ns)

    @property
    def _horizon_ns(self) -> int | None:
        """Until when, in tape time, only the tape tells anything; None: it is free."""
        times = (self._pulse.horizon_ns, self._trips.horizon_ns)
        return min((ns for ns in times if ns is not None), default=None)

    def _end(self) -> list[AnyEffect]:
        closed = [] if self._at_end is AtEnd.HOLD else self._pulse.close_all(GOING_AWAY)
        return [*closed, Ended()]

    def _settle(self, now_ns: int) -> list[AnyEffect]:
        """Answer a command that has arrived; in lockstep when every client has read that far."""
        if not self._clockwork.has_arrived or (self.is_flat_out and self._desk.is_waiting):
            return []
        effects: list[AnyEffect] = []
        if self._calls_roll and self._clockwork.calls_roll():
            effects += self._pulse.call_roll(now_ns)
        return [*effects, *self._clockwork.tell(now_ns)] if self._pulse.is_heard else effects
