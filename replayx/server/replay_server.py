"""The replay server: cassettes in, listeners out."""

import asyncio
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from replayx.cassette.reader import CassetteReader
from replayx.clock import NS_PER_S, Clock, RealClock
from replayx.errors import InvalidOption, ReplayxError, UnknownMarket
from replayx.server.listener import Listener, urls
from replayx.server.numbering import Numbering
from replayx.server.prefetch import Prefetch
from replayx.server.pump import Pump
from replayx.server.sink import Sink
from replayx.session.answers import Answers, unmatched_total
from replayx.session.inputs import StartAsked
from replayx.session.session import GOING_AWAY, AtEnd, ReplaySession
from replayx.timeline.merge import Run
from replayx.timeline.source import CassetteSource
from replayx.timeline.tape import Tape
from replayx.venues.registry import load_venue, venue_of_host
from replayx.venues.venue import Venue

# What clients get to take what was written and answer the close, when a signal ends the server.
_GRACE_S = 1.0
_PORT_MAX = 65535


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a tape is replayed. `ports`: one a market in the cassette's order; 0 takes a free one.

    `speed` None is as fast as clients read. `starts`: "first-client", "now" or "command".
    """

    host: str = "127.0.0.1"
    ports: tuple[int, ...] = (0,)
    speed: Fraction | None = Fraction(1)
    at_end: AtEnd = AtEnd.HOLD
    starts: str = "first-client"
    from_ns: int = 0
    tls: ssl.SSLContext | None = None


class ReplayServer:
    """Serves cassettes until it is stopped. Use it as an async context manager, or start and stop.

    `urls` are the base URLs by market once it has started.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        options: ReplayOptions,
        *,
        clock: Clock | None = None,
        on_unmatched: Callable[[str], None] | None = None,
        on_start: Callable[[int], None] | None = None,
    ) -> None:
        """Open the cassettes. Raises CassetteError, UnknownMarket, InvalidOption."""
        self._options = options
        self._on_start = on_start
        self._clock = clock or RealClock()
        with ExitStack() as opened:
            self._readers = [opened.enter_context(CassetteReader(path)) for path in paths]
            self._venues, self.unknown_markets = _load_venues(self._readers)
            self._files = opened.pop_all()
        self._answers = {
            name: Answers(name, venue, self._readers) for name, venue in self._venues.items()
        }
        for answers in self._answers.values():
            if on_unmatched is not None:
                answers.on_unmatched = on_unmatched
        self.urls: dict[str, Mapping[str, str]] = {}
        self._prefetches: list[Prefetch[Run]] = []
        self._listeners: list[Listener] = []
        self._sink = Sink()
        self._pump: Pump | None = None
        self._done = asyncio.Event()
        self._failure: BaseException | None = None
        self._flushing: asyncio.Task[None] | None = None

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
    def readers(self) -> Sequence[CassetteReader]:
        """The open cassettes."""
        return self._readers

    @property
    def unmatched_count(self) -> int:
        """How many requests the tape could not answer."""
        return unmatched_total(self._answers)

    @property
    def cut_off_count(self) -> int:
        """How many clients were cut off because they did not read."""
        return self._sink.cut_off

    async def start(self) -> None:
        """Open the listeners. Raises InvalidOption if a port is taken; then stop it too."""
        session = self._session()
        self._pump = Pump(session, self._sink, self._clock)
        self._pump.on_end = self._ended
        if self._on_start is not None:
            self._pump.on_start = self._on_start
        self._pump.on_failure = self._failed
        self._pump.preparing = asyncio.ensure_future(self._prepare())
        numbering = Numbering()
        for name, port in zip(self._venues, _ports(self._options.ports, self._venues), strict=True):
            listener = Listener(name, self._pump, self._sink, numbering, self._market_of_host)
            self._listeners.append(listener)
            await self._listen(name, listener, port)
        if self._options.starts == "now":
            self.begin()
        self._pump.start()

    async def _prepare(self) -> None:
        """Gather what requests can be answered, beside the event loop."""
        try:
            for answers in self._answers.values():
                await asyncio.to_thread(answers.prepare)
        except ReplayxError as error:
            self._failed(error)

    def begin(self) -> None:
        """Start the timeline, if nothing has started it yet."""
        assert self._pump is not None, "not started"
        self._pump.feed(StartAsked())

    async def wait(self) -> None:
        """Wait for the end: the tape's, with `at_end` EXIT, or a failure, which is raised."""
        await self._done.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Close every socket with 1001 and free the ports."""
        if self._pump is not None:
            self._pump.stop()
            if self._pump.preparing is not None:
                await asyncio.wait((self._pump.preparing,))  # it reads the files closed below
        if self._flushing is not None:
            self._flushing.cancel()
        for number in self._sink.numbers():
            self._sink.close(number, GOING_AWAY, "")
        await self._sink.closed(_GRACE_S)
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        for prefetch in self._prefetches:
            prefetch.close()
        for prefetch in self._prefetches:
            prefetch.join()  # it reads the files closed below
        self._files.close()

    # ---- making

    def _session(self) -> ReplaySession:
        options = self._options
        # The parts of a recording play the same in whatever order they are given.
        sources = [CassetteSource(reader) for reader in self._readers]
        sources.sort(key=lambda source: source.start_ns)
        first_ns = sources[0].start_ns
        lasts_ns = max((source.end_ns for source in sources), default=0) - first_ns
        if options.from_ns > lasts_ns:
            raise InvalidOption(
                f"{options.from_ns / NS_PER_S:g} s",
                expected=f"at most what the tape lasts: {lasts_ns / NS_PER_S:g} s",
                where="--from",
            )
        tape = Tape(sources, start_ns=first_ns + options.from_ns, prefetch=self._prefetch)
        return ReplaySession(
            tape,
            self._venues,
            self._answers,
            speed=options.speed,
            at_end=options.at_end,
            starts_itself=options.starts == "first-client",
            clock_offset_ns=sources[0].reader.header.clock_offset_ns or 0,
        )

    def _prefetch(self, runs: Iterator[Run]) -> Prefetch[Run]:
        prefetch = Prefetch(runs)
        # A seek leaves one behind, which ends by itself.
        self._prefetches = [one for one in self._prefetches if one.is_alive]
        self._prefetches.append(prefetch)
        return prefetch

    async def _listen(self, name: str, listener: Listener, port: int) -> None:
        host, tls = self._options.host, self._options.tls
        try:
            bound = await listener.start(host, port, tls)
        except OSError as error:
            raise InvalidOption(
                f"cannot listen on {host}:{port}: {error.strerror}",
                where="--port",
                hint="Choose another port, or 0 for a free one",
            ) from error
        wsapi_path = self._venues[name].wsapi_path
        self.urls[name] = urls(host, bound, wsapi_path, tls=tls is not None)

    def _market_of_host(self, host: str) -> str | None:
        found = venue_of_host(host)
        return found[0].name if found is not None and found[0].name in self._venues else None

    # ---- running

    def _ended(self) -> None:
        if self._options.at_end is AtEnd.EXIT:
            self._flushing = asyncio.ensure_future(self._flush())

    async def _flush(self) -> None:
        """Let the slowest clients take the rest of the tape before the process ends."""
        await self._sink.closed()
        self._done.set()

    def _failed(self, error: BaseException) -> None:
        self._failure = error
        self._done.set()


def _ports(given: Sequence[int], markets: Collection[str]) -> list[int]:
    """Return a port for each market: those given, then the ones after the last."""
    ports = list(given)
    if len(ports) > len(markets):
        raise InvalidOption(
            f"{len(ports)} ports",
            expected=f"at most {len(markets)}: one a market ({', '.join(markets)})",
            where="--port",
        )
    while len(ports) < len(markets):
        ports.append(ports[-1] + 1 if ports[-1] else 0)
    if ports and ports[-1] > _PORT_MAX:
        raise InvalidOption(
            f"no port {ports[-1]} for {list(markets)[-1]}",
            expected=f"ports up to {_PORT_MAX}",
            where="--port",
            hint="Give --port for each market, or 0 for free ones",
        )
    return ports


def _load_venues(readers: Sequence[CassetteReader]) -> tuple[dict[str, Venue], tuple[str, ...]]:
    """Return the venues of the cassettes' markets by name, and the markets that have none.

    Raises UnknownMarket if none has one.
    """
    venues: dict[str, Venue] = {}
    unknown: list[UnknownMarket] = []
    names = dict.fromkeys(market.name for reader in readers for market in reader.header.markets)
    for name in names:
        try:
            venues[name] = load_venue(name)
        except UnknownMarket as error:
            unknown.append(error)
    if unknown and not venues:
        raise unknown[0]
    return venues, tuple(name for name in names if name not in venues)
