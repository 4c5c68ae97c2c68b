import asyncio
import re

from replayx import __version__
from replayx.session.inputs import PauseAsked, RunUntilAsked
from replayx.session.stops import StopAfter, StopWhen
from tests.server.control.fake_run import START, T0, S


async def test_version_and_health(client):
    assert await client.ask("GET", "/version") == (200, {"version": __version__})
    assert await client.ask("GET", "/health") == (200, {"status": "ok"})


async def test_a_session_tells_what_is_played_and_where(client):
    await client.ask("POST", "/reset?timeline=b")
    seen = client.run.timelines[""].transcript
    seen.unanswered("no /x", 0, 0)
    seen.sent(2, 10)
    status, session = await client.ask("GET", "/session")
    assert status == 200
    assert session["cassettes"] == [
        {
            "path": "a.rpx",
            "markets": ["fake"],
            "start_ns": T0,
            "end_ns": T0 + 100 * S,
            "messages": 40,
        }
    ]
    assert session["markets"] == [{"name": "fake", "urls": {"rest": "http://127.0.0.1:1"}}]
    assert (session["timelines"], session["timeline"]) == (["", "b"], "")
    assert session["clock"]["position_ns"] == T0
    assert session["counts"] == {
        "requests": 0,
        "unmatched": 1,
        "connections": 0,
        "open_connections": 1,
        "messages_received": 0,
        "sent_bytes": 20,
    }


async def test_an_advance_goes_on_and_stands_still(client):
    status, clock = await client.ask("POST", "/clock/advance", {"by": "10s"})
    assert (status, clock["position_ns"], clock["paused"]) == (200, T0 + 10 * S, True)
    await client.ask("POST", "/clock/advance", {"messages": 5})
    assert client.run.timelines[""].inputs[-1] == RunUntilAsked(2, StopAfter(5))


async def test_a_seek_goes_both_ways(client):
    _, clock = await client.ask("POST", "/clock/seek", {"to": "+30s"})
    assert clock["position_ns"] == T0 + 30 * S
    _, clock = await client.ask("POST", "/clock/seek", {"to": "-10s"})
    assert clock["position_ns"] == T0 + 20 * S


async def test_a_run_answers_when_it_has_stopped(client):
    status, clock = await client.ask("POST", "/clock/run-until", {"event": "trade"})
    assert (status, clock["ended"]) == (200, True)
    assert client.run.timelines[""].inputs == [RunUntilAsked(1, StopWhen(event="trade"))]


async def test_a_run_that_takes_too_long_is_paused(client):
    timeline = client.run.timelines[""]
    timeline.never = asyncio.Event()
    asked = {"price_crosses": 1, "timeout": "20ms"}
    status, problem = await client.ask("POST", "/clock/run-until", asked)
    assert (status, problem["error"]) == (408, "not reached within 20ms")
    assert timeline.inputs[1:] == [PauseAsked(2)]
    assert timeline.told.paused


async def test_a_reset_is_the_beginning(client):
    await client.ask("POST", "/clock/seek", {"to": "50s"})
    assert (await client.ask("POST", "/reset"))[1]["position_ns"] == START.position_ns


async def test_connections_are_told_and_closed(client):
    connection = {
        "number": 7,
        "market": "fake",
        "path": "/s/a",
        "client": "127.0.0.1:9",
        "subscriptions": ["a", "b"],
        "sent_bytes": 30,
        "sent_messages": 2,
        "since_ns": 5,
    }
    assert await client.ask("GET", "/connections") == (200, {"connections": [connection]})
    assert await client.ask("DELETE", "/connections/7") == (200, connection)
    assert (await client.ask("DELETE", "/connections/7"))[0] == 404
    assert await client.ask("GET", "/connections") == (200, {"connections": []})


async def test_a_transcript_is_read_on_from_where_it_was_left(client):
    for _ in range(3):
        await client.ask("POST", "/reset")
    _, page = await client.ask("GET", "/transcript?limit=2")
    assert ([one["seq"] for one in page["entries"]], page["next"]) == ([1, 2], 3)
    _, page = await client.ask("GET", "/transcript?since=3")
    assert ([one["seq"] for one in page["entries"]], page["next"]) == ([3], 4)
    _, page = await client.ask("GET", "/transcript?since=4")
    assert page == {"entries": [], "next": 4, "dropped": 0}


async def test_unmatched_requests_are_told_until_a_reset(client):
    seen = client.run.timelines[""].transcript
    seen.unanswered("no /x", T0, 5)
    status, page = await client.ask("GET", "/requests/unmatched")
    told = {"kind": "unmatched", "seq": 1, "at_ns": T0, "now_ns": 5, "message": "no /x"}
    assert (status, page) == (200, {"total": 1, "requests": [told]})
    await client.ask("POST", "/reset")
    assert await client.ask("GET", "/requests/unmatched") == (200, {"total": 0, "requests": []})


async def test_metrics_are_text(client):
    async with client.raw("GET", "/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await answer.text()
    assert re.search(r'^replayx_open_connections\{timeline=""\} 1$', text, re.MULTILINE)
