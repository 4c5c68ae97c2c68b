"""What the control API drives: a run, and the timelines in it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from replayx.server.control.definitions import CassetteState, ConnectionState, MarketState
from replayx.session.effects import ClockState
from replayx.session.inputs import AnyInput
from replayx.session.transcript import Transcript


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

    def make_timeline(self, name: str) -> Timeline:
        """Return the timeline of that name, a new one if there is none yet.

        Raises ReplayxError.
        """
        ...

    def facts(self) -> RunFacts:
        """Return what is played and served."""
        ...
