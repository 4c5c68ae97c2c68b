"""One recording from beginning to end: makes the parts, waits for a reason to stop, puts away."""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from replayx import __version__
from replayx.cassette.records import FORMAT_VERSION, Header, Market
from replayx.cassette.redact import REDACTION, Redactor
from replayx.cassette.writer import LEVEL
from replayx.clock import NS_PER_S, Clock
from replayx.errors import InvalidOption, UpstreamFailure, WouldOverwrite
from replayx.recorder.chunk_thread import ChunkThread, part_path
from replayx.recorder.clock_offset import clock_offset_ns
from replayx.recorder.direct import DirectRecorder, Wanted
from replayx.recorder.proxy import Listen, Proxy
from replayx.recorder.recording import Recording, Rotation
from replayx.recorder.upstream import UpstreamClient
from replayx.rng import named_stream
from replayx.venues.venue import Upstream, Venue

AGENT = f"replayx/{__version__}"


class RecordOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to record, from where, into which file. With `streams`: without a client."""

    out: Path
    upstream: Upstream
    listen: Listen = Listen()
    symbols: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    duration_ns: int = 0
    rotation: Rotation = Rotation()
    allow_trading: bool = False
    tls: ssl.SSLContext | None = None
    level: int = LEVEL


class LiveRecording(msgspec.Struct, frozen=True):
    """A recording that has begun. `port` is 0 where nothing listens."""

    recording: Recording
    venue: Venue
    port: int


class Summary(msgspec.Struct, frozen=True):
    """What was recorded."""

    files: tuple[str, ...]
    messages: int
    interactions: int
    gaps: int
    bytes: int


def _keep_quiet(notice: str) -> None:
    """Tell nobody."""


async def record(
    venue: Venue,
    options: RecordOptions,
    clock: Clock,
    *,
    on_ready: Callable[[LiveRecording], None],
    stop: asyncio.Event,
    on_notice: Callable[[str], None] = _keep_quiet,
) -> Summary:
    """Record until `stop` is set, the duration is over, or something fails.

    `on_notice` is told what a recording without a client cannot get from the venue.

    Raises WouldOverwrite, StorageFailure, UpstreamFailure, InvalidOption. What was recorded by
    then is in the file, which is finished.
    """
    _check_out(options)
    async with AsyncExitStack() as stack:
        upstream = UpstreamClient(options.upstream, options.tls or ssl.create_default_context())
        stack.push_async_callback(upstream.close)
        header = await _header(venue, options, upstream, clock)
        recording = _recording(venue, options, header, clock)
        thread = recording.thread
        try:
            task, port = await _begin(
                stack, options, venue, upstream, recording, on_notice=on_notice
            )
        except InvalidOption:
            await thread.finish()
            options.out.unlink()  # made above, and empty: the next try may have the name
            raise
        try:
            on_ready(LiveRecording(recording, venue, port))
            await _until(stop, task, thread, options.duration_ns)
            await stack.aclose()
        finally:
            recording.seal()
            await thread.finish()
    return _summary(recording)


def _check_out(options: RecordOptions) -> None:
    """Raise WouldOverwrite before anything is asked of the venue."""
    paths = [options.out]
    if options.rotation != Rotation():
        paths.append(part_path(options.out, 2))
    for path in paths:
        if path.exists():
            raise WouldOverwrite(
                "the file exists", where=str(path), hint="Choose another --out or move it away"
            )


async def _header(
    venue: Venue, options: RecordOptions, upstream: UpstreamClient, clock: Clock
) -> Header:
    offset_ns = await clock_offset_ns(venue, upstream, clock, (("User-Agent", AGENT),))
    if offset_ns is None and options.streams:
        raise UpstreamFailure(
            "the venue does not answer",
            where=options.upstream.rest + venue.time_target,
            hint="Check --upstream and the network",
        )
    origins = {
        "rest": options.upstream.rest,
        "ws": options.upstream.ws,
        "wsapi": options.upstream.wsapi,
    }
    hosts = {role: origin for role, origin in origins.items() if origin}
    return Header(
        format_version=FORMAT_VERSION,
        tool=f"replayx {__version__}",
        origin="recorded",
        start_wall_ns=clock.wall_ns(),
        start_monotonic_ns=clock.now_ns(),
        clock_offset_ns=offset_ns,
        redaction=REDACTION,
        markets=(Market(venue.name, venue.api_date, hosts),),
    )


def _recording(venue: Venue, options: RecordOptions, header: Header, clock: Clock) -> Recording:
    # The salt is what a pseudonym cannot be undone without; it is forgotten with the process.
    redactor = Redactor(venue.secrets, secrets.token_bytes(32))
    loop = asyncio.get_running_loop()
    thread = ChunkThread(options.out, header, redactor, loop, level=options.level)
    recording = Recording(thread, header, clock, options.rotation)
    thread.on_room = recording.made_room
    return recording


async def _begin(
    stack: AsyncExitStack,
    options: RecordOptions,
    venue: Venue,
    upstream: UpstreamClient,
    recording: Recording,
    *,
    on_notice: Callable[[str], None],
) -> "tuple[asyncio.Task[None] | None, int]":
    """Start; return the task that records without a client, or the port that clients go to."""
    if not options.streams:
        proxy = Proxy(recording, venue, upstream, allow_trading=options.allow_trading)
        stack.push_async_callback(proxy.stop)
        await proxy.start(options.listen)
        return None, proxy.port
    wanted = Wanted(options.symbols, options.streams, AGENT)
    jitter = named_stream(secrets.randbits(64), "recorder/backoff").random
    direct = DirectRecorder(recording, venue, upstream, wanted, jitter=jitter, on_notice=on_notice)
    task = asyncio.create_task(direct.run())
    stack.callback(direct.stop)
    stack.push_async_callback(_cancel, task)
    return task, 0


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait((task,))


async def _until(
    stop: asyncio.Event,
    task: "asyncio.Task[None] | None",
    thread: ChunkThread,
    duration_ns: int,
) -> None:
    """Wait for a reason to stop, and raise it if it is a failure."""
    stopping = asyncio.ensure_future(stop.wait())
    reasons: set[asyncio.Future[object]] = {stopping, thread.failed}  # type: ignore[arg-type] # of None
    if task is not None:
        reasons.add(task)  # type: ignore[arg-type] # of None
    timeout = duration_ns / NS_PER_S if duration_ns else None
    done, _ = await asyncio.wait(reasons, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task is not None and task in done:
        task.result()


def _summary(recording: Recording) -> Summary:
    thread, totals = recording.thread, recording.totals
    return Summary(
        files=tuple(map(str, thread.parts)),
        messages=totals.messages,
        interactions=totals.interactions,
        gaps=totals.gaps,
        bytes=sum(path.stat().st_size for path in thread.parts if path.exists()),
    )
