"""The door: whether anybody listens, on a port that stays ours."""

import asyncio

import aiohttp
import pytest

from replayx.faults.rule import Plan, Rule, When
from replayx.server.door import Door
from replayx.session.effects import Reach
from tests.faults.flows import toxic
from tests.server.conftest import MS


class Greeter(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"hello")
        transport.close()


async def greeting(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = await reader.read(-1)
    writer.close()
    return told


async def reopened(door):
    door.reopen()
    while door._opening is not None:
        await asyncio.sleep(0)


async def test_it_is_open_shut_and_open_again_on_one_port():
    door = Door(Greeter)
    port = await door.open("127.0.0.1", 0, None)
    for _ in range(3):
        assert await greeting(port) == b"hello"
        door.shut()
        assert not door.is_open
        with pytest.raises(ConnectionRefusedError):
            await greeting(port)
        await reopened(door)
        assert door.is_open
    assert await greeting(port) == b"hello"
    await door.close()
    with pytest.raises(ConnectionRefusedError):
        await greeting(port)


async def test_nobody_else_gets_the_port_meanwhile():
    door, other = Door(Greeter), Door(Greeter)
    port = await door.open("127.0.0.1", 0, None)
    door.shut()
    with pytest.raises(ConnectionRefusedError):
        await greeting(port)
    await door.close()
    assert await other.open("127.0.0.1", port, None) == port
    await other.close()


async def test_shut_while_it_opens_is_shut():
    door = Door(Greeter)
    port = await door.open("127.0.0.1", 0, None)
    door.shut()
    door.shut()
    door.reopen()
    door.shut()
    for _ in range(10):
        await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError):
        await greeting(port)
    await reopened(door)
    assert await greeting(port) == b"hello"
    await door.close()


async def test_a_door_that_was_never_open_can_be_closed():
    await Door(Greeter).close()


# ---- a market that is down


def down(how, **when):
    rule = Rule(name="d", toxic=toxic("down", how=how), when=When(**when))
    return Plan(rules=(rule,))


async def eventually(is_so):
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.005)


async def test_connections_are_reset_and_refused_until_the_market_is_back(serve):
    plan = down("refused", from_ns=10 * MS, for_ns=20 * MS)
    async with serve(speed=1, plan=plan) as (server, base), aiohttp.ClientSession() as session:
        pump = server.timeline("")
        socket = await session.ws_connect(base["ws"] + "/s/a")
        async for message in socket:
            assert message.type is aiohttp.WSMsgType.TEXT
        assert socket.close_code == 1006
        await eventually(lambda: pump.reach.get("fake") is Reach.OPEN)
        await eventually(lambda: next(iter(server._listeners))._door._opening is None)
        async with session.get(base["rest"] + "/time") as response:
            assert response.status == 200


async def test_while_it_is_refused_nobody_listens(serve):
    async with serve(plan=down("refused")) as (server, base), aiohttp.ClientSession() as session:
        await eventually(lambda: server.timeline("").reach)
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(base["rest"] + "/time")


async def test_while_it_is_silent_nothing_is_said(serve):
    async with serve(plan=down("silent")) as (server, base), aiohttp.ClientSession() as session:
        await eventually(lambda: server.timeline("").reach)
        for target in (base["rest"] + "/time", base["ws"] + "/s/a"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await session.get(target)
