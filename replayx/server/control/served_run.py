"""A replay server, as the control API sees it."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from replayx.clock import NS_PER_S
from replayx.server.control.controls import FaultsSeen, RunFacts, Timeline
from replayx.server.control.definitions import CassetteState, ConnectionState, MarketState
from replayx.server.pump import Pump
from replayx.server.replay_server import ReplayServer
from replayx.session.connection import Connection
from replayx.session.effects import ClockState
from replayx.session.inputs import AnyInput
from replayx.session.limits_state import LimitsState
from replayx.session.session import GOING_AWAY
from replayx.session.transcribed_session import TranscribedSession
from replayx.session.transcript import Transcript
from replayx.venues.venue import Venue


class ServedRun:
    """The run of a server that has started."""

    def __init__(self, server: ReplayServer) -> None:
        self._server = server
        self._seen: dict[str, PumpTimeline] = {}

    @property
    def timelines(self) -> Mapping[str, Timeline]:
        """The timelines there are, by name."""
        return MappingProxyType(
            {name: self._timeline(name, pump) for name, pump in self._server.timelines.items()}
        )

    @property
    def venues(self) -> Mapping[str, Venue]:
        """The venues of the markets that are served, by name."""
        return self._server.venues

    def make_timeline(self, name: str) -> Timeline:
        """Return the timeline of that name, a new one if there is none yet.

        Raises InvalidOption, LimitExceeded.
        """
        return self._timeline(name, self._server.timeline(name))

    def _timeline(self, name: str, pump: Pump) -> "PumpTimeline":
        return self._seen.setdefault(name, PumpTimeline(pump))

    def facts(self) -> RunFacts:
        """Return what is played and served."""
        cassettes = tuple(
            CassetteState(
                path=str(reader.path),
                markets=tuple(market.name for market in reader.header.markets),
                start_ns=reader.start_ns,
                end_ns=reader.end_ns,
                messages=reader.frame_count,
            )
            for reader in self._server.readers
        )
        markets = (MarketState(name, dict(urls)) for name, urls in self._server.urls.items())
        return RunFacts(
            cassettes=cassettes,
            markets=tuple(markets),
            unknown_markets=tuple(self._server.unknown_markets),
            seed=self._server.seed,
            cut_off=self._server.cut_off_count,
        )


class PumpTimeline:
    """A pump and its session as a timeline."""

    def __init__(self, pump: Pump) -> None:
        assert isinstance(pump.session, TranscribedSession), "a server makes no others"
        self._pump = pump
        self._session = pump.session

    @property
    def transcript(self) -> Transcript:
        """What it was given and did, up to now."""
        transcript = self._session.transcript
        assert transcript is not None, "a server gives it one"
        now_ns = round(asyncio.get_running_loop().time() * NS_PER_S)
        transcript.settle(self._session.position_ns(now_ns), now_ns)
        return transcript

    def clock(self) -> ClockState:
        """Return where its clock stands."""
        return self._pump.clock()

    async def command(self, make_input: Callable[[int], AnyInput]) -> ClockState:
        """Give it a command and return the clock once it is carried out."""
        return await self._pump.command(make_input)

    def faults(self) -> FaultsSeen:
        """Return what is injected, and what was."""
        injector = self._session.injector
        return FaultsSeen(injector.seed, injector.plan, injector.log)

    def limits(self) -> LimitsState:
        """Return which limits are imposed, and what clients used of them."""
        return self._session.limiting.state(round(asyncio.get_running_loop().time() * NS_PER_S))

    def limit_words(self) -> Collection[str]:
        """Return what the limits of its markets are called."""
        return self._session.limiting.words

    def connections(self) -> Sequence[ConnectionState]:
        """Return the open connections in the order of their numbers."""
        told = (self._told(connection) for connection in self._session.connections())
        return [one for one in told if one is not None]

    def disconnect(self, number: int) -> bool:
        """Close a connection as the venue would; False if none of that number is open."""
        if self._pump.sink.traffic(number) is None:
            return False
        self._pump.sink.close(number, GOING_AWAY, "")
        return True

    def _told(self, connection: Connection) -> ConnectionState | None:
        traffic = self._pump.sink.traffic(connection.number)
        if traffic is None:  # its handshake is not complete
            return None
        return ConnectionState(
            number=connection.number,
            market=connection.market,
            path=connection.subscription.target,
            client=traffic.client,
            subscriptions=tuple(connection.subscription.channels),
            sent_bytes=traffic.sent_bytes,
            sent_messages=connection.played,
            since_ns=traffic.since_ns,
        )
