"""A plan of ten toxics over real sockets: in lockstep every run has the same bytes and log."""

from fractions import Fraction
from functools import partial

import pytest

from replayx.faults.plan_text import plan_from_document
from replayx.session.clockwork import Regime
from replayx.session.inputs import ResetAsked, RunUntilAsked
from replayx.session.stops import StopAfter, StopAt
from tests.server.conftest import MS, T0
from tests.server.raw_client import RawClient

PATHS = ("/s/a", "/c/a/b", "/s/b")
WS = {"carrier": "ws"}
TEN = [
    {"type": "latency", "delay": "3ms", "jitter": "2ms", "where": WS},
    {"type": "bandwidth", "rate": "20KB/s", "where": WS},
    {"type": "slicer", "average_size": 5, "delay": "100us", "where": WS},
    {"type": "loss", "enter": "10%", "leave": "40%", "where": WS},
    {"type": "duplicate", "where": WS, "when": {"probability": "20%"}},
    {"type": "reorder", "where": WS, "when": {"every": 4}},
    {"type": "corrupt", "where": WS, "when": {"probability": "10%"}},
    {"type": "delay", "delay": "2ms", "jitter": "1ms", "where": {**WS, "channel": "b"}},
    {"type": "stale_feed", "mode": "hold", "where": WS, "when": {"from": "20ms", "for": "5ms"}},
    {"type": "fragment", "where": WS, "when": {"every": 3}},
]
PLAN = plan_from_document({"seed": 7, "toxic": TEN}, "plan", venues={})


def run(stop):
    return partial(RunUntilAsked, stop=stop)


async def play(pump, urls):
    """Run three clients to the tape's end, in three steps; return what each saw."""
    clients = [await RawClient.connect(urls["ws"] + path) for path in PATHS]
    await pump.command(run(StopAfter(7)))
    await pump.command(run(StopAt(T0 + 25 * MS)))
    await pump.command(run(StopAt(T0 + 10_000 * MS)))
    seen = tuple(client.seen.hexdigest() for client in clients)
    for client in clients:
        await client.close()
    return seen


async def day(serve, speed):
    async with serve(regime=Regime.LOCKSTEP, plan=PLAN, seed=1, speed=speed) as (server, urls):
        pump = server.timelines[""]
        seen = await play(pump, urls)
        return seen, pump.session.injector.log.digest()


@pytest.mark.parametrize("speed", [Fraction(10), None])
async def test_every_run_in_lockstep_has_the_same_bytes_and_faults(serve, speed):
    first = await day(serve, speed)
    assert len(set(first[0])) == len(PATHS)
    for _ in range(9):
        assert await day(serve, speed) == first


async def test_no_speed_changes_what_is_injected_in_lockstep(serve):
    assert await day(serve, Fraction(10)) == await day(serve, None)


async def test_after_a_reset_the_same_day_comes_again(serve):
    async with serve(regime=Regime.LOCKSTEP, plan=PLAN, seed=1) as (server, urls):
        pump = server.timelines[""]
        first = await play(pump, urls), pump.session.injector.log.digest()
        await pump.command(ResetAsked)
        assert not pump.session.injector.log.entries()
        assert (await play(pump, urls), pump.session.injector.log.digest()) == first
