"""Recording without a client: subscribes, fetches what a client would, reconnects, marks gaps."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from replayx.cassette.records import Gap
from replayx.clock import NS_PER_S
from replayx.recorder.book_watch import BookWatch
from replayx.recorder.connection_tape import ConnectionTape
from replayx.recorder.feed_socket import FeedSocket, handshake_headers
from replayx.recorder.recording import Recording
from replayx.recorder.rest_tape import record_exchange
from replayx.recorder.upstream import Answer, NoAnswer, UpstreamClient
from replayx.venues.venue import Feed, HttpReply, HttpRequest, Venue

# The first wait before a reconnection; doubled each time up to the last.
_BACKOFF_S, _BACKOFF_MAX_S = 1.0, 60.0
# A connection is renewed this long before the venue would close it: clocks differ, and so does
# what a venue counts as the beginning.
_RENEWAL_NS = 600 * NS_PER_S
_NORMAL, _GOING_AWAY = 1000, 1001
_ERROR = 400  # HTTP: from here on an answer is a refusal (RFC 9110, 15)


def _keep_quiet(notice: str) -> None:
    """Tell nobody."""


class Wanted(NamedTuple):
    """What to record."""

    symbols: tuple[str, ...]
    streams: tuple[str, ...]
    agent: str


class DirectRecorder:
    """Records what was asked for until it is cancelled or `stop` is called."""

    def __init__(
        self,
        recording: Recording,
        venue: Venue,
        upstream: UpstreamClient,
        wanted: Wanted,
        *,
        jitter: Callable[[], float],
        backoff_s: float = _BACKOFF_S,
        on_notice: Callable[[str], None] = _keep_quiet,
    ) -> None:
        """`jitter` draws from [0, 1); `on_notice` is told, once each, what cannot be had.

        Raises InvalidOption if the market has no such stream.
        """
        self.feeds = venue.feeds(wanted.symbols, wanted.streams)
        self._recording = recording
        self._venue = venue
        self._upstream = upstream
        self._wanted = wanted
        self._jitter = jitter
        self._backoff_s = backoff_s
        self._on_notice = on_notice
        self._noticed: dict[str, None] = {}
        self._books: dict[str, tuple[str, BookWatch]] = {
            channel: (symbol, BookWatch(venue))
            for symbol, channel in venue.depth_channels(wanted.symbols, wanted.streams).items()
        }
        self._watched = {channel: watch.diff for channel, (_, watch) in self._books.items()}
        self._sockets: dict[FeedSocket, None] = {}

    async def run(self) -> None:
        """Record; ends only by being cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for feed in self.feeds:
                tasks.create_task(self._keep(feed))
            tasks.create_task(self._snapshots())

    def stop(self) -> None:
        """Close every connection."""
        for socket in tuple(self._sockets):
            socket.close(_GOING_AWAY, "the recorder stops")

    # ---- REST

    async def _snapshots(self) -> None:
        for target in self._venue.snapshots(self._wanted.symbols, self._wanted.streams):
            await self._fetch(target)

    async def _fetch(self, target: str) -> bytes:
        """Return an answer's body, recorded; nothing if there is no answer."""
        await self._recording.room()
        asked = HttpRequest("GET", target, (("User-Agent", self._wanted.agent),))
        started_ns = self._recording.stamp()
        try:
            answer = await self._upstream.request(asked)
        except NoAnswer as error:
            self._gap("", f"no answer to {target}: {error.detail}")
            self._notice(f"no answer to GET {target}: {error.detail}")
            return b""
        record_exchange(self._recording, asked, answer, started_ns)
        if answer.status >= _ERROR:
            self._notice(f"the venue refused GET {target}: {answer.status}")
        return answer.body

    async def _join(self, channel: str) -> None:
        """Fetch depth snapshots of a channel's book until one joins its diffs."""
        symbol, watch = self._books[channel]
        target = self._venue.depth_target(symbol)
        is_joined = False
        try:
            is_joined = await watch.join(partial(self._fetch, target), delay_s=self._backoff_s)
        finally:  # also when the connection is lost, or the recording ends, before one joined
            if not is_joined:
                self._gap(channel, "no depth snapshot joins the diffs")
                self._notice(f"no depth snapshot joins the diffs of {channel}: its book is unknown")

    def _notice(self, notice: str) -> None:
        if notice not in self._noticed:
            self._noticed[notice] = None
            self._on_notice(notice)

    def _gap(self, channel: str, reason: str) -> None:
        event = partial(Gap, market=self._venue.name, connection=0, channel=channel, reason=reason)
        self._recording.add(event)

    # ---- streams

    async def _keep(self, feed: Feed) -> None:
        """Keep a connection open: renew it in time, open it again when it is lost."""
        failures = 0
        socket: FeedSocket | None = None
        while True:
            fresh = await self._open(feed)
            if fresh is None:
                failures += 1
                await asyncio.sleep(self._delay_s(failures))
                continue
            if socket is not None:  # the next one is open: nothing is lost in between
                socket.close(_NORMAL, "renewed")
                self._sockets.pop(socket, None)
            async with asyncio.TaskGroup() as joins:
                running = [
                    joins.create_task(self._join(name))
                    for name in feed.channels
                    if name in self._books
                ]
                opened_ns = self._recording.stamp()
                is_lost = await self._watch(fresh, opened_ns)
                for task in running:
                    task.cancel()
            lived_ns = self._recording.stamp() - opened_ns
            failures = 1 if lived_ns > _BACKOFF_MAX_S * NS_PER_S else failures + 1
            socket = None if is_lost else fresh
            if is_lost:
                await asyncio.sleep(self._delay_s(failures))

    async def _open(self, feed: Feed) -> FeedSocket | None:
        """Return a feed's connection, or None, the reason recorded as a gap."""
        subscription = self._venue.open(feed.target)
        assert not isinstance(subscription, HttpReply), "a feed the venue itself refuses"
        await self._recording.room()
        headers = handshake_headers(self._wanted.agent)
        try:
            dialled = await self._upstream.dial(subscription.role, feed.target, headers)
        except NoAnswer as error:
            self._gap("", f"cannot connect: {error.detail}")
            self._notice(f"cannot connect: {error.detail}")
            return None
        if isinstance(dialled, Answer):
            self._gap("", f"the venue refused the connection: {dialled.status}")
            self._notice(f"the venue refused the connection: {dialled.status}")
            return None
        for name in feed.channels:
            if name in self._books:
                self._books[name][1].reset()
        tape = ConnectionTape(self._recording, self._venue, subscription, watched=self._watched)
        tape.opened(headers, dialled.headers)
        socket = FeedSocket(self._recording, tape, dialled)
        self._sockets[socket] = None
        return socket

    async def _watch(self, socket: FeedSocket, opened_ns: int) -> bool:
        """Wait for a connection's end (True), or for the time to renew it (False)."""
        liveness = self._venue.liveness
        silence_ns = liveness.ping_interval_ns + liveness.pong_deadline_ns
        renewal_ns = opened_ns + max(liveness.lifetime_ns - _RENEWAL_NS, liveness.lifetime_ns // 2)
        while not socket.ended.is_set():
            now_ns = self._recording.stamp()
            if now_ns >= renewal_ns:
                return False
            if now_ns - socket.last_ns >= silence_ns:
                socket.abort()  # says nothing, not even a ping: it is dead
            wait_ns = min(renewal_ns, max(socket.last_ns + silence_ns, now_ns + NS_PER_S)) - now_ns
            await _ended_within(socket.ended, wait_ns / NS_PER_S)
        self._sockets.pop(socket, None)
        return True

    def _delay_s(self, failures: int) -> float:
        """Return how long to wait after `failures` in a row: doubled, with jitter."""
        delay_s = min(self._backoff_s * (1 << min(failures - 1, 16)), _BACKOFF_MAX_S)
        return delay_s * (0.5 + self._jitter() / 2)


async def _ended_within(ended: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return
