"""The clock of a session: the commands that move it, the run that is pending, and where it stands.

A command is answered with the clock's state: at once, or, where something has to be played first,
when it was. A run that is pending is superseded by the next command (a change of speed apart): it
is answered at once with where it stands.

Regimes. *Wall*: the tape runs by the machine's clock, as fast as `speed` says. *Lockstep*: it
stands still until it is told to move, and then goes as far as it was told, as fast as clients read;
no machine's clock shows in it.
"""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import assert_never

from replayx.session.effects import AnyEffect, ClockState, ClockTold, Started
from replayx.session.halts import HaltAtTime, halt_at
from replayx.session.inputs import (
    PauseAsked,
    ResetAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.player import Player
from replayx.session.rebasing import Rebase
from replayx.session.stops import StopAt
from replayx.session.venue_clock import VenueClock
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Tape
from replayx.venues.venue import Venue

ClockCommand = SpeedAsked | PauseAsked | ResumeAsked | SeekAsked | RunUntilAsked | ResetAsked


class Regime(Enum):
    """What moves the tape."""

    WALL = "wall"
    LOCKSTEP = "lockstep"


class Clockwork:
    """Drives a player by commands. `player` is another one after a reset."""

    def __init__(
        self,
        tape: Tape,
        venues: Mapping[str, Venue],
        *,
        speed: Fraction | None = Fraction(1),
        regime: Regime = Regime.WALL,
        skip_idle_ns: int | None = None,
        starts_itself: bool = True,
        venue_clock: VenueClock | None = None,
        rebase: Rebase | None = None,
    ) -> None:
        """Take the tape. It is made of the sources of `rebase`, if there is one."""
        self.regime = regime
        self.venue_clock = rebase.clock if rebase else venue_clock or VenueClock()
        self._rebase = rebase
        self._starts_itself = starts_itself and regime is Regime.WALL
        self._venues = venues
        self._first_speed = self._speed = speed
        self._skip_idle_ns = skip_idle_ns
        self._pending: int | None = None
        self._was_paused = False
        self._is_roll_due = False
        self.player = self._made(tape)

    def _made(self, tape: Tape) -> Player:
        # In lockstep a speed is kept and told, but virtual time does not pass by itself.
        is_lockstep = self.regime is Regime.LOCKSTEP
        playhead = Playhead(tape.start_ns, speed=None if is_lockstep else self._speed)
        if is_lockstep:
            playhead.pause(0)
        return Player(tape, playhead, skip_idle_ns=self._skip_idle_ns)

    # ---- asked

    def state(self, now_ns: int) -> ClockState:
        """Return where the clock stands."""
        player = self.player
        position_ns = player.position_ns(now_ns)
        regime = self.regime.value
        if self.regime is Regime.WALL and self._speed != 1:
            regime = "scaled"
        return ClockState(
            regime=regime,
            speed="max" if self._speed is None else str(self._speed),
            paused=player.is_paused,
            started=player.is_started,
            ended=player.is_ended,
            position_ns=position_ns,
            start_ns=player.start_ns,
            end_ns=player.end_ns,
            venue_ms=self.venue_clock.ms(position_ns),
            shift_ms=self.venue_clock.shift_ms,
            delivered=player.delivered,
        )

    @property
    def speed(self) -> Fraction | None:
        """How many times as fast as the machine's clock the tape runs; None: by another measure."""
        return None if self.regime is Regime.LOCKSTEP else self._speed

    @property
    def has_arrived(self) -> bool:
        """Whether a command waits for its answer, and what it asked for was played."""
        return self._pending is not None and self.player.halt is None

    def calls_roll(self) -> bool:
        """Say, once a command that played something, that its answer waits for the clients."""
        is_due, self._is_roll_due = self._is_roll_due, False
        return is_due

    # ---- moved

    def tell(self, now_ns: int) -> list[AnyEffect]:
        """Answer the command that waits, if there is one."""
        if self._pending is None:
            return []
        number, self._pending = self._pending, None
        return [ClockTold(number, self.state(now_ns))]

    def touch(self, now_ns: int) -> list[AnyEffect]:
        """Note that a client asked for something, which may start the timeline."""
        return self.start(now_ns) if self._starts_itself else []

    def start(self, now_ns: int) -> list[AnyEffect]:
        """Let the timeline run, if nothing has started it yet."""
        self._rebase_start(now_ns)
        if self.regime is Regime.LOCKSTEP and not self.player.is_started:
            self.player.resume(now_ns)
        elif not self.player.start(now_ns):
            return []
        return [Started(now_ns)]

    def command(self, event: ClockCommand, now_ns: int) -> list[AnyEffect]:
        """Apply a command. What it leads to is answered now, or by `tell` once it has arrived."""
        if isinstance(event, SpeedAsked):
            self._set_speed(now_ns, event.speed)
            return [ClockTold(event.number, self.state(now_ns))]
        effects = self._supersede(now_ns)
        self._pending = event.number
        self._is_roll_due = isinstance(event, RunUntilAsked | PauseAsked)
        was_started = self.player.is_started
        match event:
            case PauseAsked():
                self.player.pause(now_ns)
            case ResumeAsked():
                self._rebase_start(now_ns)
                self.player.resume(now_ns)
            case SeekAsked():
                self._seek(event.at_ns, now_ns)
            case RunUntilAsked():
                self._run_until(event, now_ns)
            case ResetAsked():
                self._reset()
            case _:
                assert_never(event)
        if self.player.is_started and not was_started:
            effects.append(Started(now_ns))
        return effects

    def _rebase_start(self, now_ns: int) -> None:
        """Set what times are moved by, if this starts the run."""
        player = self.player
        if self._rebase is None or player.is_started:
            return
        if self._rebase.set(player.position_ns(now_ns), now_ns):
            player.reread()

    def _seek(self, at_ns: int, now_ns: int) -> None:
        if self._rebase is not None and self.player.is_started:
            self._rebase.set(self.player.course.reachable_ns(at_ns), now_ns)
        self.player.seek(now_ns, at_ns)

    def _set_speed(self, now_ns: int, speed: Fraction | None) -> None:
        self._speed = speed
        if self.regime is Regime.WALL:
            self.player.set_speed(now_ns, speed)

    def _supersede(self, now_ns: int) -> list[AnyEffect]:
        """Answer what is pending with where it stands, which is how it stood before."""
        if self.player.halt is not None:
            self.player.halt = None
            if self._was_paused:
                self.player.pause(now_ns)
        return self.tell(now_ns)

    def _run_until(self, event: RunUntilAsked, now_ns: int) -> None:
        player = self.player
        self._was_paused = player.is_paused
        if player.is_ended:
            return
        self._rebase_start(now_ns)
        if isinstance(event.stop, StopAt):
            earliest_ns = player.position_ns(now_ns)
            player.halt = HaltAtTime(min(max(event.stop.at_ns, earliest_ns), player.end_ns))
        else:
            player.halt = halt_at(event.stop, player.tape, self._venues)
        player.resume(now_ns)

    def _reset(self) -> None:
        self._speed = self._first_speed
        self.player = self._made(self.player.rewound())
