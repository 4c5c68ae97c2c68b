"""Playing: the part of a session that time moves: what is due, on the tape and on its way.

What the tape tells goes to everybody who watches it, and by `links` where the plan acts on a
connection. What is sent besides goes the same way, behind it.
"""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from replayx.faults.injector import Injector
from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.answers import Answers
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork, Regime
from replayx.session.desk import Desk
from replayx.session.effects import (
    AbortConnection,
    AnyEffect,
    CloseConnection,
    Ended,
    SendFrames,
)
from replayx.session.handshakes import Handshakes
from replayx.session.inputs import MessageReceived, PingReceived, PongReceived
from replayx.session.limiting import Limiting
from replayx.session.links import Arrival, Links
from replayx.session.outages import Outages
from replayx.session.pulse import Liveness, Pulse
from replayx.session.rebasing import Rebase
from replayx.session.reception import Reception
from replayx.session.round_trips import RoundTrips
from replayx.session.standing import Standing
from replayx.session.venue_clock import VenueClock
from replayx.timeline.tape import Stretch, Tape
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


class Playing(Standing):
    """A replay run as time moves it; `ReplaySession` is what its inputs do."""

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
        injector: Injector | None = None,
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
        self._injector = injector or Injector(
            0, start_ns=tape.start_ns, venues=venues, channels=tape.channels
        )
        self._links = Links(self._injector, self._audience, self._pulse, self._clockwork)
        self.limiting = Limiting(
            *(venues, self._audience, self._pulse, self._clockwork),
            link_of=self._links.link_of,
            limits=limits,
        )
        self._trips = RoundTrips(
            *(venues, self._desk, self._audience, self._pulse, self._clockwork),
            faults=self._injector,
            link_of=self._links.link_of,
            limiting=self.limiting,
        )
        self._handshakes = Handshakes(
            *(venues, self._audience, self._links, self._pulse, self._clockwork),
            injector=self._injector,
        )
        self._outages = Outages(
            *(venues, self._injector, self._audience, self._links, self._pulse),
            clockwork=self._clockwork,
        )
        self._reception = Reception(
            *(venues, self._audience, self._desk, self._pulse, self._clockwork),
            trips=self._trips,
            links=self._links,
            handshakes=self._handshakes,
            limiting=self.limiting,
        )
        self._is_ending = False

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
        times = (
            due_ns,
            self._pulse.deadline_ns(),
            self._trips.deadline_ns(),
            self._links.deadline_ns(),
            self._handshakes.deadline_ns(),
            self._outages.deadline_ns(),
        )
        return min((ns for ns in times if ns is not None), default=None)

    @property
    def _is_held(self) -> bool:
        """Whether the tape waits: for a client, or, where no time passes, for a history.

        Or until what is in flight has arrived, if there is too much of it.
        """
        if self._pulse.holds_the_tape:
            return True
        return self.is_flat_out and (self._desk.is_waiting or self._links.is_full)

    @property
    def injector(self) -> Injector:
        """What injects the plan's faults, and what it did."""
        return self._injector

    @property
    def _answers(self) -> Mapping[str, Answers]:
        return self._desk.answers

    # ---- time

    def _advanced(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`: at most one write a connection at full speed."""
        effects = self._arrived(now_ns)
        effects += self._links.carry(self._pulse.advance(now_ns), now_ns)
        effects += self._links.carry(self._trips.advance(now_ns), now_ns)
        if self._clockwork.venue_clock.shift_ms != self._shift_ms:
            self._shift_ms = self._clockwork.venue_clock.shift_ms
            self._audience.watch_anew()
        if not self.is_ended and not self._is_held:
            for stretch in self._player.play(
                now_ns, self._audience.watcher_count, horizon_ns=self._horizon_ns
            ):
                effects += self._played(stretch, now_ns)
            effects += self._arrived(now_ns)
            # What is due where the tape is now.
            effects += self._links.carry(self._trips.advance(now_ns), now_ns)
            if self.is_ended:
                effects += self._end(now_ns)
        effects += self._links.carry(self._outages.advance(now_ns), now_ns)
        if self._is_ending and self._links.is_clear:
            self._is_ending = False
            effects.append(Ended())
        return effects + self._settle(now_ns)

    def _played(self, stretch: Stretch, now_ns: int) -> list[AnyEffect]:
        """Return a stretch of the tape for everybody who watches it."""
        run, first, stop, dropped, _ = stretch
        self._injector.note(run, first, stop)
        effects: list[AnyEffect] = []
        if not self._links.is_idle:
            # A toxic may end a connection, which watches nothing then.
            for view, connections in tuple(self._audience.watchers.items()):
                effects += self._links.stream(stretch, view, connections, now_ns)
            return effects
        for view, connections in self._audience.watchers.items():
            frames = view.frames(run, first, stop, dropped)
            if len(frames):
                effects.append(SendFrames(connections, frames))
        return effects

    def _arrived(self, now_ns: int) -> list[AnyEffect]:
        """Return what arrives by now at clients, and what follows from what arrives from them."""
        effects = self._links.advance(now_ns)
        effects += self._handshakes.advance(now_ns)
        return effects + self._heard(self._links.arrived(now_ns), now_ns)

    def _heard(self, arrivals: list[Arrival], now_ns: int) -> list[AnyEffect]:
        """Do what clients said, now that it has arrived."""
        effects: list[AnyEffect] = []
        for arrival in arrivals:
            match arrival:
                case MessageReceived():
                    told = self._reception.message(arrival, now_ns)
                case PingReceived():
                    told = self._reception.ping(arrival, now_ns)
                case PongReceived():
                    told = self._reception.pong(arrival, now_ns)
                case CloseConnection():
                    self._pulse.forget(arrival.connection)
                    told = [arrival]
                case AbortConnection():
                    self._pulse.forget(arrival.connection)
                    self._links.drop(arrival.connection)
                    told = [arrival]
                case _:
                    assert_never(arrival)
            effects += self._links.carry(told, now_ns)
        return effects

    @property
    def _horizon_ns(self) -> int | None:
        """Until when, in tape time, only the tape tells anything; None: it is free."""
        times = (
            self._pulse.horizon_ns,
            self._trips.horizon_ns,
            self._links.horizon_ns,
            self._handshakes.horizon_ns,
            self._outages.horizon_ns,
        )
        return min((ns for ns in times if ns is not None), default=None)

    def _end(self, now_ns: int) -> list[AnyEffect]:
        if self._at_end is AtEnd.HOLD:
            return [Ended()]
        self._is_ending = True  # once what is in flight has arrived
        return self._links.carry(self._pulse.close_all(GOING_AWAY), now_ns)

    def _settle(self, now_ns: int) -> list[AnyEffect]:
        """Answer a command that has arrived; in lockstep when every client has read that far."""
        if not self._clockwork.has_arrived or (self.is_flat_out and self._desk.is_waiting):
            return []
        effects: list[AnyEffect] = []
        if self._calls_roll and self._clockwork.calls_roll():
            effects += self._pulse.call_roll(now_ns)
        return [*effects, *self._clockwork.tell(now_ns)] if self._pulse.is_heard else effects
