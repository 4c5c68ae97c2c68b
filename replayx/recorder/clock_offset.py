"""How far the venue's clock is from ours, as well as a few requests can tell."""

import asyncio

from replayx.clock import NS_PER_MS, Clock
from replayx.recorder.upstream import NoAnswer, UpstreamClient
from replayx.venues.venue import HeaderPairs, HttpRequest, Venue

_ROUNDS = 3
# A venue that takes longer tells nothing of use: the error is half the round trip.
_PATIENCE_S = 2.0


async def clock_offset_ns(
    venue: Venue, upstream: UpstreamClient, clock: Clock, headers: HeaderPairs
) -> int | None:
    """Return (venue's clock - ours) in ns; None if the venue does not tell.

    The best of a few rounds is the one with the shortest round trip (as in NTP, RFC 5905).
    """
    best: tuple[int, int] | None = None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            for _ in range(_ROUNDS):
                sample = await _sample(venue, upstream, clock, headers)
                best = sample if best is None else min(best, sample)
    except (TimeoutError, NoAnswer, ValueError):
        pass  # what was learned before counts
    return None if best is None else best[1]


async def _sample(
    venue: Venue, upstream: UpstreamClient, clock: Clock, headers: HeaderPairs
) -> tuple[int, int]:
    """Return (round trip, offset). Raises NoAnswer, ValueError."""
    start_ns, wall_ns = clock.now_ns(), clock.wall_ns()
    answer = await upstream.request(HttpRequest("GET", venue.time_target, headers))
    trip_ns = clock.now_ns() - start_ns
    time_ms = venue.server_time_ms(answer.body)
    if time_ms is None:
        raise ValueError("an answer without a time")
    return trip_ns, time_ms * NS_PER_MS - (wall_ns + trip_ns // 2)
