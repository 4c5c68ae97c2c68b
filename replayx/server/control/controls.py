"""What the control API drives: a run, and the timelines in it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from replayx.faults.fault_log import FaultLog
from replayx.faults.rule import Plan
from replayx.server.control.definitions import CassetteState, ConnectionState, MarketState
from replayx.session.effects import ClockState
from replayx.session.inputs import AnyInput
from replayx.session.limits_state import LimitsState
from replayx.session.transcript import Transcript
from replayx.venues.venue import Venue


class FaultsSeen(NamedTuple):
    """What is injected into a timeline, and what was."""

    seed: int
    plan: Plan
    log: FaultLog


class Timeline(Protocol):
    """One tape under one clock, with the clients that watch it."""

    @property
    def transcript(self) -> Transcript:
        """What it was given and did, up to now."""
        ...

    def clock(self) -> ClockState:
        """Return where its clock stands."""
        ...

    async def command(self, make_input: Callable[[int], AnyInput]) -> ClockState:
        """Give it a command, numbered by it, and return the clock once it is carried out.

        Raises ReplayxError if it can't be. The command is given before the first await.
        """
        ...

    def faults(self) -> FaultsSeen:
        """Return what is injected, and what was."""
        ...

    def limits(self) -> LimitsState:
        """Return which limits are imposed, and what clients used of them."""
        ...

    def limit_words(self) -> Collection[str]:
        """Return what the limits of its markets are called."""
        ...

    def connections(self) -> Sequence[ConnectionState]:
        """Return the open connections in the order of their numbers."""
        ...

    def disconnect(self, number: int) -> bool:
        """Close a connection as the venue would; False if none of that number is open."""
        ...


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What does not depend on the timeline."""

    cassettes: tuple[CassetteState, ...]
    markets: tuple[MarketState, ...]
    unknown_markets: tuple[str, ...] = ()
    seed: int | None = None
    cut_off: int = 0


class Run(Protocol):
    """A replay server as the control API sees it."""

    @property
    def timelines(self) -> Mapping[str, Timeline]:
        """The timelines there are, by name; "" is the one that clients share."""
        ...

    @property
    def venues(self) -> Mapping[str, Venue]:
        """The venues of the markets that are served, by name."""
        ...

    def make_timeline(self, name: str) -> Timeline:
        """Return the timeline of that name, a new one if there is none yet.

        Raises ReplayxError.
        """
        ...

    def facts(self) -> RunFacts:
        """Return what is played and served."""
        ...
