import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from replayx.errors import InvalidOption, LimitExceeded
from replayx.server.timelines import HEADER, check_name, split_timeline
from replayx.session.inputs import PauseAsked, SeekAsked
from replayx.session.session import AtEnd
from tests.server.conftest import MS, ROWS, T0

NOW = T0 // MS


@pytest.mark.parametrize(
    ("target", "split"),
    [
        ("/time", ("", "/time")),
        ("/@mine/time?a=1", ("mine", "/time?a=1")),
        ("/%40mine/time", ("mine", "/time")),
        ("/@mine", ("mine", "/")),
        ("/@mine?a=1", ("mine", "/?a=1")),
        ("/@mine/api.fake.example/s/a@b", ("mine", "/api.fake.example/s/a@b")),
        ("/@/time", ("@", "/time")),
        ("/s/btc@trade", ("", "/s/btc@trade")),
    ],
)
def test_a_path_may_begin_with_a_timeline(target, split):
    assert split_timeline(target) == split


@pytest.mark.parametrize("name", ["", "@", "-a", "a b", "a" * 65, "ä", "a/b"])
def test_what_is_no_name(name):
    with pytest.raises(InvalidOption, match="expected a name of at most 64"):
        check_name(name)


async def ask(url, **headers):
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_each_name_has_a_clock_of_its_own(serve):
    async with serve(speed=1, starts="now") as (server, urls):
        mine = server.timeline("mine")
        assert server.timeline("mine") is mine
        await mine.command(PauseAsked)
        await mine.command(lambda number: SeekAsked(number, ROWS[5][0]))
        there = ROWS[5][0] // MS
        assert await ask(urls["rest"] + "/@mine/time") == (200, str(there))
        assert await ask(urls["rest"] + "/@mine/api.fake.example/time") == (200, str(there))
        assert await ask(urls["rest"] + "/time", **{HEADER: "mine"}) == (200, str(there))
        assert await ask(urls["rest"] + "/@other/time", **{HEADER: "mine"}) != (200, str(there))
        assert list(server.timelines) == ["", "mine", "other"]


async def test_a_timeline_may_have_a_port(serve):
    async with serve(timelines=(("mine", 0),), starts="command") as (server, urls):
        own = server.timeline_urls["mine"]
        assert own["rest"] != urls["rest"]
        await server.timelines["mine"].command(lambda number: SeekAsked(number, ROWS[7][0]))
        assert await ask(own["rest"] + "/time") == (200, str(ROWS[7][0] // MS))
        assert await ask(urls["rest"] + "/time") == (200, str(NOW))


async def test_stateful_answers_are_each_timelines_own(serve):
    async with serve(starts="command") as (_, urls):
        for name in ("", "/@mine", "/@other"):
            async with aiohttp.ClientSession() as client:
                async with client.post(urls["rest"] + name + "/o", data=b"q") as answer:
                    assert (answer.status, await answer.read()) == (200, b"order")
                async with client.post(urls["rest"] + name + "/o", data=b"q") as answer:
                    assert answer.status == 404


async def test_streams_of_one_name_do_not_move_those_of_another(serve):
    async with (
        serve(starts="command", at_end=AtEnd.CLOSE) as (server, urls),
        connect(urls["ws"] + "/@mine/s/a") as mine,
        connect(urls["ws"] + "/@other/s/a") as other,
        connect(urls["ws"] + "/s/a") as shared,
    ):
        for pump in server.timelines.values():
            assert not pump.session.is_started
        server.begin()
        got = [[message async for message in client] for client in (mine, other, shared)]
        assert got[0] == got[1] == got[2]
        assert len(got[0]) == len(ROWS) // 2


async def test_names_that_cannot_be_and_too_many_are_refused(serve, monkeypatch):
    monkeypatch.setattr("replayx.server.timelines.TIMELINES_MAX", 2)
    async with serve(starts="command") as (server, urls):
        status, text = await ask(urls["rest"] + "/@no!/time")
        assert (status, "a name of at most 64" in text) == (400, True)
        assert (await ask(urls["rest"] + "/@one/time"))[0] == 200
        status, text = await ask(urls["rest"] + "/@two/time")
        assert (status, "at most 2 timelines" in text) == (503, True)
        with pytest.raises(InvalidStatus, match="503"):
            await connect(urls["ws"] + "/@two/s/a")
        with pytest.raises(LimitExceeded):
            server.timeline("two")


async def test_with_exit_every_timeline_that_began_is_played(serve):
    async with serve(at_end=AtEnd.EXIT, speed=None, timelines=(("mine", 0),)) as (server, urls):
        async with connect(server.timeline_urls["mine"]["ws"] + "/s/a") as client:
            assert len([message async for message in client]) == len(ROWS) // 2
        await server.wait()
        assert not server.timelines[""].session.is_started
        assert urls
