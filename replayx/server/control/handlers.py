"""What each route of the control API does. A Problem that is returned is answered as such."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from replayx import __version__
from replayx.server.control.controls import Run, Timeline
from replayx.server.control.definitions import (
    Advance,
    ClockChange,
    ConnectionList,
    ConnectionState,
    Counts,
    Health,
    PageQuery,
    Problem,
    RunUntil,
    Seek,
    SessionState,
    TimelineQuery,
    TranscriptPage,
    UnmatchedPage,
    Version,
)
from replayx.server.control.metrics import exposition
from replayx.server.control.targets import (
    advance_stop,
    clock_inputs,
    run_until_stop,
    seek_ns,
    timeout_s,
)
from replayx.session.effects import ClockState
from replayx.session.inputs import PauseAsked, ResetAsked, RunUntilAsked, SeekAsked


class Call(NamedTuple):
    """A request that has been checked. `named` is what its path names, if anything; `given` is
    the body as it came: some bodies have fields that only its handler knows.
    """

    run: Run
    timeline: Timeline
    query: TimelineQuery
    body: msgspec.Struct | None
    named: str
    given: object = None


Handler = Callable[[Call], Awaitable[object]]


# ---- what there is


async def version(call: Call) -> Version:
    """Tell the version."""
    del call
    return Version(__version__)


async def health(call: Call) -> Health:
    """Tell that it is alive."""
    del call
    return Health("ok")


async def session(call: Call) -> SessionState:
    """Tell what is played and where."""
    facts, seen = call.run.facts(), call.timeline.transcript
    return SessionState(
        version=__version__,
        cassettes=facts.cassettes,
        markets=facts.markets,
        unknown_markets=facts.unknown_markets,
        timelines=tuple(call.run.timelines),
        timeline=call.query.timeline,
        seed=facts.seed,
        clock=call.timeline.clock(),
        counts=Counts(
            requests=seen.requests.total(),
            unmatched=seen.unmatched_total,
            connections=seen.connections.total(),
            open_connections=len(call.timeline.connections()),
            messages_received=seen.messages,
            sent_bytes=seen.sent_bytes,
        ),
    )


async def metrics(call: Call) -> bytes:
    """Tell the figures of every timeline."""
    return exposition(call.run)


# ---- the clock


async def clock(call: Call) -> ClockState:
    """Tell where the clock stands."""
    return call.timeline.clock()


async def change_clock(call: Call) -> ClockState:
    """Change the speed, pause or go on."""
    assert isinstance(call.body, ClockChange)
    told = call.timeline.clock()
    for make_input in clock_inputs(call.body):
        told = await call.timeline.command(make_input)
    return told


async def advance(call: Call) -> ClockState:
    """Go on by a duration or a number of messages, and stand still there."""
    assert isinstance(call.body, Advance)
    stop = advance_stop(call.body, call.timeline.clock())
    return await call.timeline.command(lambda number: RunUntilAsked(number, stop))


async def seek(call: Call) -> ClockState:
    """Go somewhere else."""
    assert isinstance(call.body, Seek)
    at_ns = seek_ns(call.body, call.timeline.clock())
    return await call.timeline.command(lambda number: SeekAsked(number, at_ns))


async def run_until(call: Call) -> ClockState | Problem:
    """Run until something happens, and stand still there."""
    assert isinstance(call.body, RunUntil)
    stop = run_until_stop(call.body, call.timeline.clock())
    within_s = timeout_s(call.body)
    try:
        async with asyncio.timeout(within_s):
            return await call.timeline.command(lambda number: RunUntilAsked(number, stop))
    except TimeoutError:
        await call.timeline.command(PauseAsked)
        return Problem(
            408,
            f"not reached within {call.body.timeout}",
            where="$.timeout",
            hint="The tape stands still where it is",
        )


async def reset(call: Call) -> ClockState:
    """Go back to how the session began."""
    return await call.timeline.command(ResetAsked)


# ---- who is there, and what was seen


async def connections(call: Call) -> ConnectionList:
    """Tell the open connections."""
    return ConnectionList(tuple(call.timeline.connections()))


async def disconnect(call: Call) -> ConnectionState | Problem:
    """Close a connection, as the venue would."""
    number = int(call.named)
    found = {one.number: one for one in call.timeline.connections()}.get(number)
    if found is None or not call.timeline.disconnect(number):
        return Problem(404, f"no connection {number} is open", hint="See GET /connections")
    return found


async def transcript(call: Call) -> TranscriptPage:
    """Tell what the run was given and did."""
    assert isinstance(call.query, PageQuery)
    seen = call.timeline.transcript
    entries = seen.entries(call.query.since, call.query.limit)
    behind = entries[-1].seq + 1 if entries else max(call.query.since, seen.next_seq)
    return TranscriptPage(tuple(entries), behind, seen.dropped)


async def unmatched(call: Call) -> UnmatchedPage:
    """Tell the requests that the tape could not answer."""
    assert isinstance(call.query, PageQuery)
    seen = call.timeline.transcript
    found = [one for one in seen.unmatched(call.query.limit) if one.seq >= call.query.since]
    return UnmatchedPage(seen.unmatched_count, tuple(found))
