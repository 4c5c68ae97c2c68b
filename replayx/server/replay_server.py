"""The replay server: cassettes in, listeners out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from replayx.cassette.reader import CassetteReader
from replayx.clock import Clock, RealClock
from replayx.errors import ReplayxError
from replayx.server.deck import Deck
from replayx.server.history_builder import HistoryBuilder
from replayx.server.listeners import Listeners
from replayx.server.pump import Pump
from replayx.server.replay_options import ReplayOptions
from replayx.server.run_recorder import RunRecordings
from replayx.server.sink import Sink
from replayx.server.timelines import Timelines
from replayx.session.clockwork import Regime
from replayx.session.effects import Reach
from replayx.session.inputs import HistoryBuilt, StartAsked
from replayx.session.session import GOING_AWAY, AtEnd
from replayx.venues.venue import Venue

# What clients get to take what was written and answer the close, when a signal ends the server.
_GRACE_S = 1.0

__all__ = ["ReplayOptions", "ReplayServer"]


class ReplayServer:
    """Serves cassettes until it is stopped. Use it as an async context manager, or start and stop.

    `urls` are the base URLs by market once it has started; `unknown_markets` are not served.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        options: ReplayOptions,
        *,
        clock: Clock | None = None,
        on_unmatched: Callable[[str], None] | None = None,
        on_start: Callable[[int], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """Open the cassettes. Raises CassetteError, UnknownMarket, InvalidOption."""
        self._options = options
        self._on_start = on_start
        self._on_warning = on_warning or _unheard
        self._clock = clock or RealClock()
        self._deck = Deck(paths, options, self._clock, on_unmatched=on_unmatched)
        self.readers: Sequence[CassetteReader] = self._deck.readers
        self.unknown_markets = self._deck.unknown_markets
        self.urls: dict[str, Mapping[str, str]] = {}
        self.timeline_urls: dict[str, Mapping[str, str]] = {}
        self._listeners: Listeners | None = None
        self._timelines: Timelines | None = None
        self._preparing: asyncio.Future[None] | None = None
        self._builder: HistoryBuilder | None = None
        self._starts_at_once = False
        self._done = asyncio.Event()
        self._failure: BaseException | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._recordings = RunRecordings(self._deck, options)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def timelines(self) -> Mapping[str, Pump]:
        """The timelines there are, by name; the one that clients share has an empty name."""
        assert self._timelines is not None, "not started"
        return self._timelines.by_name

    @property
    def seed(self) -> int:
        """What chance is drawn by, unless a plan says otherwise."""
        return self._options.seed

    @property
    def venues(self) -> Mapping[str, Venue]:
        """The venues of the markets that are served, by name."""
        return self._deck.venues

    def timeline(self, name: str) -> Pump:
        """Return the timeline of that name, a new one if there is none yet.

        Raises InvalidOption, LimitExceeded.
        """
        assert self._timelines is not None, "not started"
        return self._timelines.get(name)

    @property
    def unmatched_count(self) -> int:
        """How many requests the tape could not answer."""
        return sum(pump.session.unmatched_count for pump in self._pumps())

    @property
    def cut_off_count(self) -> int:
        """How many clients were cut off: they did not read, or rules held too much for them."""
        return sum(pump.sink.cut_off + pump.session.cut_off_count for pump in self._pumps())

    def _pumps(self) -> list[Pump]:
        return [] if self._timelines is None else list(self._timelines.by_name.values())

    async def start(self) -> None:
        """Open the listeners. Raises InvalidOption if a port is taken; then stop it too."""
        self._preparing = asyncio.ensure_future(self._prepare())
        self._builder = HistoryBuilder(
            self._deck.histories,
            self._preparing,
            on_built=self._built,
            on_failure=self._failed,
            on_warning=self._on_warning,
        )
        if self._options.regime is Regime.LOCKSTEP:
            await self._builder.build_all()  # nothing may depend on how long that takes
        self._timelines = Timelines(self._made)
        if self._on_start is not None:
            self._timelines.shared.on_start = self._on_start
        self._listeners = listeners = Listeners(self.venues, self._options, self._timelines)
        for name, port in listeners.ports().items():
            self.urls[name] = await listeners.listen(name, port)
        for timeline, port in self._options.timelines:
            self._timelines.get(timeline)
            market = next(iter(self.venues))
            self.timeline_urls[timeline] = await listeners.listen(market, port, timeline)
        if self._options.starts == "now":
            self._starts_at_once = True
            self.begin()
        self._timelines.start()

    async def _prepare(self) -> None:
        """Gather what requests can be answered, beside the event loop."""
        try:
            await asyncio.to_thread(self._deck.prepare)
        except ReplayxError as error:
            self._failed(error)

    def begin(self) -> None:
        """Start every timeline that nothing has started yet."""
        for pump in self._pumps():
            pump.feed(StartAsked())

    async def wait(self) -> None:
        """Wait for the end: the tape's, with `at_end` EXIT, or a failure, which is raised."""
        await self._done.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Close every socket with 1001 and free the ports."""
        if self._timelines is not None:
            self._timelines.stop()
        if self._preparing is not None:
            await asyncio.wait((self._preparing,))  # it reads the files closed below
        if self._builder is not None:
            await self._builder.stop()
        if self._flushing is not None:
            self._flushing.cancel()
        sinks = [pump.sink for pump in self._pumps()]
        for sink in sinks:
            for number in sink.numbers():
                sink.close(number, GOING_AWAY, "")
        await asyncio.gather(*(sink.closed(_GRACE_S) for sink in sinks))
        if self._listeners is not None:
            await self._listeners.stop()
        try:
            await self._recordings.close()
        finally:
            self._deck.close()

    # ---- making

    def _made(self, name: str) -> Pump:
        """Return a new timeline. Raises WouldOverwrite, StorageFailure."""
        session = self._deck.session()
        if self._options.transcript is not None:
            self._recordings.begin(session, name)
        pump = Pump(session, Sink(), self._clock)
        pump.on_end = self._ended
        pump.on_failure = self._failed
        pump.on_reach_changed = partial(self._reach_changed, name)
        pump.preparing = self._preparing
        if self._builder is not None:
            pump.on_history_wanted = self._builder.want
        if self._starts_at_once:
            pump.feed(StartAsked())
        return pump

    # ---- running

    def _reach_changed(self, timeline: str, market: str, reach: Reach) -> None:
        if self._listeners is not None:
            self._listeners.set_reach(timeline, market, reach)

    def _built(self, market: str) -> None:
        for pump in self._pumps():
            pump.feed(HistoryBuilt(market))

    def _ended(self) -> None:
        if self._options.at_end is not AtEnd.EXIT or self._flushing is not None:
            return
        if all(pump.session.is_ended for pump in self._pumps() if pump.session.is_started):
            self._flushing = asyncio.ensure_future(self._flush())

    async def _flush(self) -> None:
        """Let the slowest clients take the rest of the tape before the process ends."""
        await asyncio.gather(*(pump.sink.closed() for pump in self._pumps()))
        self._done.set()

    def _failed(self, error: BaseException) -> None:
        self._failure = error
        self._done.set()


def _unheard(text: str) -> None:
    """Take a warning that nobody hears."""
    del text
