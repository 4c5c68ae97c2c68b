import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from websockets.asyncio.client import connect

from replayx.errors import InvalidOption
from replayx.server.control.control_port import ControlPort
from replayx.server.control.served_run import ServedRun
from tests.server.conftest import MS, T0
from tests.server.control.conftest import Client


@pytest.fixture
def controlled(serve):
    @asynccontextmanager
    async def controlling(**options):
        async with serve(starts="command", **options) as (server, urls):
            port = ControlPort(ServedRun(server), "127.0.0.1")
            url = await port.start(0)
            async with aiohttp.ClientSession() as session:
                yield Client(server, url, session), urls
            await port.stop()

    return controlling


async def received(socket, count):
    async with asyncio.timeout(10):
        return [await socket.recv(decode=False) for _ in range(count)]


async def test_a_session_is_told(controlled):
    async with controlled() as (client, urls):
        _, session = await client.ask("GET", "/session")
        assert session["markets"] == [{"name": "fake", "urls": dict(urls)}]
        (cassette,) = session["cassettes"]
        assert (cassette["markets"], cassette["messages"]) == (["fake"], 40)
        assert cassette["start_ns"] == session["clock"]["start_ns"] == T0
        assert session["clock"]["speed"] == "max"
        assert (session["timelines"], session["unknown_markets"]) == ([""], [])


async def test_a_fault_is_injected_from_the_next_request_on(controlled):
    async with controlled(seed=9) as (client, urls):
        _, session = await client.ask("GET", "/session")
        assert session["seed"] == 9
        target = urls["rest"] + "/time"
        async with aiohttp.ClientSession() as web:
            assert (await web.get(target)).status == 200
            await client.ask("POST", "/faults", {"type": "http_error", "status": 503})
            assert (await web.get(target)).status == 503
            _, state = await client.ask("DELETE", "/faults")
            assert (await web.get(target)).status == 200
        assert (state["seed"], state["injected"]) == (9, 1)


async def test_a_client_gets_what_the_clock_is_told_to_play(controlled):
    async with controlled(speed=1) as (client, urls), connect(urls["ws"] + "/s/a/b") as socket:
        _, clock = await client.ask("POST", "/clock/advance", {"messages": 3})
        assert (clock["delivered"], clock["paused"]) == (3, True)
        assert await received(socket, 3) == [b"0", b"1", b"2"]
        _, clock = await client.ask("POST", "/clock/run-until", {"channel": "b"})
        assert await received(socket, 1) == [b"3"]
        assert clock["position_ns"] == T0 + 3 * MS


async def test_connections_are_told_with_what_they_got(controlled):
    async with controlled(speed=1) as (client, urls), connect(urls["ws"] + "/s/a") as socket:
        await client.ask("POST", "/clock/advance", {"messages": 4})
        await received(socket, 2)
        _, told = await client.ask("GET", "/connections")
        (connection,) = told["connections"]
        host, port = socket.local_address[:2]
        assert connection.pop("since_ns") > 0
        assert connection == {
            "number": 1,
            "market": "fake",
            "path": "/s/a",
            "client": f"{host}:{port}",
            "subscriptions": ["a"],
            "sent_bytes": 6,
            "sent_messages": 2,
        }


async def test_a_connection_is_closed_as_the_venue_would(controlled):
    async with controlled() as (client, urls), connect(urls["ws"] + "/s/a") as socket:
        assert (await client.ask("DELETE", "/connections/1"))[0] == 200
        async with asyncio.timeout(10):
            await socket.wait_closed()
        assert socket.close_code == 1001
        assert (await client.ask("DELETE", "/connections/1"))[0] == 404
        assert (await client.ask("GET", "/connections"))[1] == {"connections": []}


async def test_requests_stand_in_the_transcript_and_unmatched_ones_beside(controlled):
    async with controlled() as (client, urls):
        async with client.session.get(urls["rest"] + "/nothing?x=1") as answer:
            assert answer.status == 404
        _, page = await client.ask("GET", "/transcript")
        kinds = [entry["kind"] for entry in page["entries"]]
        assert [kind for kind in kinds if kind != "history"] == ["request", "unmatched", "reply"]
        _, page = await client.ask("GET", "/requests/unmatched")
        assert page["total"] == 1
        assert "/nothing" in page["requests"][0]["message"]
        await client.ask("POST", "/reset")
        assert (await client.ask("GET", "/requests/unmatched"))[1]["total"] == 0
        async with client.session.get(urls["rest"] + "/nothing?x=1"):
            assert (await client.ask("GET", "/requests/unmatched"))[1]["total"] == 1


async def test_what_was_sent_is_counted(controlled):
    async with controlled(speed=1) as (client, urls), connect(urls["ws"] + "/s/a/b") as socket:
        await client.ask("POST", "/clock/advance", {"messages": 40})
        size = sum(2 + len(one) for one in await received(socket, 40))
        _, session = await client.ask("GET", "/session")
        assert session["counts"]["sent_bytes"] == size
        _, page = await client.ask("GET", "/transcript")
        assert sum(one.get("size", 0) for one in page["entries"] if one["kind"] == "played") == size


async def test_timelines_have_clocks_of_their_own(controlled):
    async with controlled(speed=1) as (client, _):
        await client.ask("POST", "/clock/seek?timeline=mine", {"to": "20ms"})
        _, mine = await client.ask("GET", "/clock?timeline=mine")
        _, shared = await client.ask("GET", "/clock")
        assert (mine["position_ns"], shared["position_ns"]) == (T0 + 20 * MS, T0)
        assert (await client.ask("GET", "/session"))[1]["timelines"] == ["", "mine"]
        assert list(client.run.timelines) == ["", "mine"]


async def test_what_can_be_no_timeline(controlled):
    async with controlled() as (client, _):
        run = ServedRun(client.run)
        with pytest.raises(InvalidOption):
            run.make_timeline("no name")
        assert run.make_timeline("") is run.timelines[""]
