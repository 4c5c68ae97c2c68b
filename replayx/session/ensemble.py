"""The ensemble: everybody who takes part in a session, each made of those it needs."""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from replayx.faults.injector import Injector
from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.answers import Answers
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork, Regime
from replayx.session.desk import Desk
from replayx.session.handshakes import Handshakes
from replayx.session.limiting import Limiting
from replayx.session.links import Links
from replayx.session.outages import Outages
from replayx.session.pulse import Liveness, Pulse
from replayx.session.rebasing import Rebase
from replayx.session.reception import Reception
from replayx.session.round_trips import RoundTrips
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


class Ensemble(Standing):
    """Those who take part in a replay run. What time moves of them, `Playing` says."""

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
        self._injector.follow(self._clockwork.venue_clock.ms)
        self._is_ending = False
        self._assemble(limits)

    def _assemble(self, limits: Limits) -> None:
        """Make those who deal with clients, each of those it needs."""
        self._links = Links(self._injector, self._audience, self._pulse, self._clockwork)
        self.limiting = Limiting(
            *(self._venues, self._audience, self._pulse, self._clockwork),
            link_of=self._links.link_of,
            limits=limits,
        )
        self._trips = RoundTrips(
            *(self._venues, self._desk, self._audience, self._pulse, self._clockwork),
            faults=self._injector,
            link_of=self._links.link_of,
            limiting=self.limiting,
        )
        self._handshakes = Handshakes(
            *(self._venues, self._audience, self._links, self._pulse, self._clockwork),
            injector=self._injector,
        )
        self._outages = Outages(
            *(self._venues, self._injector, self._audience, self._links, self._pulse),
            clockwork=self._clockwork,
        )
        self._reception = Reception(
            *(self._venues, self._audience, self._desk, self._pulse, self._clockwork),
            trips=self._trips,
            links=self._links,
            handshakes=self._handshakes,
            limiting=self.limiting,
        )

    # ---- what is asked of it

    @property
    def unmatched_count(self) -> int:
        """How many requests had no answer."""
        return self._desk.unmatched_count

    @property
    def cut_off_count(self) -> int:
        """How many connections were ended because too much was in flight to them."""
        return self._links.cut_off

    @property
    def injector(self) -> Injector:
        """What injects the plan's faults, and what it did."""
        return self._injector

    @property
    def _answers(self) -> Mapping[str, Answers]:
        return self._desk.answers
