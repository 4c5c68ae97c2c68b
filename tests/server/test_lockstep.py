"""Time as a control, over real sockets: what a client sees of seeks, runs and lockstep."""

import asyncio
from fractions import Fraction
from functools import partial

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from replayx.session.clockwork import Regime
from replayx.session.inputs import (
    PauseAsked,
    ResumeAsked,
    RunUntilAsked,
    SeekAsked,
    SpeedAsked,
)
from replayx.session.session import OnSeek
from replayx.session.stops import StopAfter, StopAt
from tests.server.conftest import MS, ROWS, T0
from tests.server.raw_client import RawClient

PATHS = ("/s/a", "/c/a/b", "/s/b", "/s/a/b", "/s")
AT = [at for at, _, _ in ROWS]
END = T0 + 40 * MS


def run(stop):
    return partial(RunUntilAsked, stop=stop)


def seek(at_ns):
    return partial(SeekAsked, at_ns=at_ns)


async def answered(clients, counts):
    """Wait until each client has so many texts: what it sent has been handled."""
    async with asyncio.timeout(10):
        while [len(client.texts) for client in clients] != counts:
            await asyncio.sleep(0.001)


async def script(serve):
    """Run five clients through runs, seeks and changes of speed; return a digest for each."""
    async with serve(regime=Regime.LOCKSTEP, on_seek=OnSeek.CONTINUE) as (server, urls):
        pump = server.timelines[""]
        clients = [await RawClient.connect(urls["ws"] + path) for path in PATHS]
        state = await pump.command(run(StopAfter(7)))
        assert state.delivered == 7
        clients[4].send(b"+a")
        clients[0].send(b"-a")
        clients[1].send(b"?/time")
        await answered(clients, [5, 8, 3, 7, 1])
        await pump.command(partial(SpeedAsked, speed=Fraction(10)))
        await pump.command(seek(AT[20]))
        await pump.command(run(StopAt(AT[29])))
        clients[0].send(b"+b")
        await answered(clients, [6, 18, 8, 17, 6])
        await pump.command(partial(SpeedAsked, speed=None))
        await pump.command(seek(AT[2]))
        state = await pump.command(run(StopAt(END + MS)))
        assert (state.ended, state.position_ns) == (True, END)
        async with aiohttp.ClientSession() as http, http.get(urls["rest"] + "/time") as answer:
            assert int(await answer.read()) == END // MS
        assert [len(client.texts) for client in clients] == [25, 56, 27, 55, 25]
        digests = [client.seen.hexdigest() for client in clients]
        await asyncio.gather(*(client.close() for client in clients))
        return digests


async def test_runs_in_lockstep_are_identical_to_the_byte(serve):
    first = await script(serve)
    assert len(set(first)) == len(PATHS)
    for _ in range(9):
        assert await script(serve) == first


async def test_a_run_in_lockstep_has_been_read_when_it_is_answered(serve):
    async with (
        serve(regime=Regime.LOCKSTEP) as (server, urls),
        connect(urls["ws"] + "/s/a", max_queue=None) as client,
    ):
        await server.timelines[""].command(run(StopAfter(11)))
        assert [await client.recv() for _ in range(6)] == [str(k) for k in range(0, 11, 2)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.recv()


async def test_without_a_roll_call_a_client_may_read_later(serve):
    async with serve(regime=Regime.LOCKSTEP, roll_call=False) as (server, urls):
        client = await connect(urls["ws"] + "/s/a", max_queue=1)
        await server.timelines[""].command(run(StopAfter(40)))
        assert [await client.recv() for _ in range(20)] == [str(k) for k in range(0, 40, 2)]
        await client.close()


async def test_set_free_in_lockstep_it_plays_to_its_end(serve):
    async with (
        serve(regime=Regime.LOCKSTEP) as (server, urls),
        connect(urls["ws"] + "/s/a") as client,
    ):
        await server.timelines[""].command(ResumeAsked)
        assert [await client.recv() for _ in range(20)] == [str(k) for k in range(0, 40, 2)]


async def test_after_a_seek_clients_reconnect_and_everything_agrees(serve):
    async with serve(starts="command", speed=1) as (server, urls):
        pump = server.timelines[""]
        client = await connect(urls["ws"] + "/c/a/b")
        state = await pump.command(seek(AT[30]))
        assert (state.position_ns, state.started) == (AT[30], False)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd.code == 1001
        async with aiohttp.ClientSession() as http, http.get(urls["rest"] + "/time") as answer:
            assert int(await answer.read()) == AT[30] // MS
        async with connect(urls["ws"] + "/c/a/b") as again:
            await pump.command(ResumeAsked)
            assert [await again.recv() for _ in range(10)] == [
                payload.decode() for _, _, payload in ROWS[30:]
            ]
            # At its end, a seek back plays it once more, to whoever comes then.
            await pump.command(PauseAsked)
            await pump.command(seek(T0))
        async with connect(urls["ws"] + "/c/a/b") as once_more:
            await pump.command(ResumeAsked)
            assert await once_more.recv() == ROWS[0][2].decode()


async def test_many_seeks_leave_no_thread_behind(serve):
    async with serve(starts="command", on_seek=OnSeek.CONTINUE) as (server, urls):
        pump = server.timelines[""]
        async with connect(urls["ws"] + "/c/a/b") as client:
            for k in range(60):
                await pump.command(seek(AT[k % 40]))
                await pump.command(run(StopAfter(1)))
                assert await client.recv() == ROWS[k % 40][2].decode()
        async with asyncio.timeout(5):
            while sum(one.is_alive for one in server._deck._prefetches) > 1:
                await asyncio.sleep(0.01)
        assert len(server._deck._prefetches) < 20


async def test_a_client_that_reads_only_between_runs_gets_the_same(serve, monkeypatch):
    monkeypatch.setattr("replayx.session.roll_call.ROLL_CALL_NS", 50 * MS)
    async with serve(regime=Regime.LOCKSTEP) as (server, urls):
        client = await connect(urls["ws"] + "/s/a/b", max_queue=2)
        for first in (0, 20):
            await server.timelines[""].command(run(StopAfter(20)))
            assert [await client.recv() for _ in range(20)] == [
                str(k) for k in range(first, first + 20)
            ]
        await client.close()
