"""The venue's clock against ours, from the shortest of a few round trips."""

from replayx.clock import NS_PER_MS, VirtualClock
from replayx.recorder.clock_offset import clock_offset_ns
from replayx.recorder.upstream import Answer, NoAnswer
from replayx.venues.registry import load_venue
from replayx.venues.venue import Refusal

WALL_NS = 1_700_000_000_000 * NS_PER_MS


class FakeUpstream:
    """Answers after each of `trips_ms`, with a clock that is `ahead_ms` of ours at its midpoint."""

    def __init__(self, clock, trips_ms, ahead_ms, body=None):
        self.clock, self.trips_ms, self.ahead_ms, self.body = clock, trips_ms, ahead_ms, body

    async def request(self, request):
        assert request.target == "/api/v3/time"
        trip_ms = self.trips_ms.pop(0)
        if trip_ms is None:
            raise NoAnswer(Refusal.UPSTREAM_TIMEOUT, "silent", "/")
        self.clock.advance(trip_ms * NS_PER_MS // 2)
        time_ms = self.clock.wall_ns() // NS_PER_MS + self.ahead_ms
        # Only a short trip tells the truth: on a long one the way back took most of the time.
        self.clock.advance(trip_ms * NS_PER_MS // 2)
        skew_ms = trip_ms if trip_ms > 10 else 0
        body = self.body or b'{"serverTime":%d}' % (time_ms + skew_ms)
        return Answer(200, "", (), body)


async def offset(trips_ms, ahead_ms=250, body=None):
    clock = VirtualClock(wall_start_ns=WALL_NS)
    upstream = FakeUpstream(clock, trips_ms, ahead_ms, body)
    return await clock_offset_ns(load_venue("binance-spot"), upstream, clock, ())


async def test_the_shortest_round_trip_counts():
    assert await offset([100, 4, 80]) == 250 * NS_PER_MS
    assert await offset([4, 100, 80], -3) == -3 * NS_PER_MS


async def test_what_was_learned_before_a_failure_counts():
    assert await offset([4, None]) == 250 * NS_PER_MS


async def test_a_venue_that_does_not_tell():
    assert await offset([None]) is None
    assert await offset([4], body=b"<html>") is None
