import asyncio
import json
import socket
from io import BytesIO

import aiohttp
import pytest

from replayx.errors import CassetteError, InvalidOption
from replayx.faults.rule import Plan, Rule
from replayx.faults.toxics.stall import Stall
from replayx.limits import CONTROL_BODY_BYTES_MAX
from replayx.server.control.control_port import ControlPort
from replayx.server.control.routes import ROUTES
from tests.server.control.conftest import Client
from tests.server.control.fake_run import START, S


async def test_a_change_of_the_clock_answers_with_the_clock(client):
    status, clock = await client.ask("PATCH", "/clock", {"speed": "10", "paused": True})
    assert (status, clock["speed"], clock["paused"]) == (200, "10", True)
    assert await client.ask("GET", "/clock") == (200, clock)


async def test_a_problem_says_what_was_expected_and_where(client):
    assert await client.ask("PATCH", "/clock", {"speed": "fast"}) == (
        400,
        {
            "status": 400,
            "error": "'fast'",
            "expected": "a number above 0, a ratio, or max",
            "where": "$.speed",
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/", None, 404, {"error": "nothing is at /", "hint": "See /openapi.json"}),
        ("GET", "/clock/", None, 404, {"error": "nothing is at /clock/"}),
        ("GET", "/connections/x", None, 404, {}),
        ("PUT", "/clock", None, 405, {"expected": "GET, HEAD, PATCH"}),
        ("GET", "/reset", None, 405, {"expected": "POST"}),
        ("OPTIONS", "/clock", None, 405, {}),
        ("POST", "/openapi.json", None, 405, {"expected": "GET, HEAD"}),
        ("PATCH", "/clock", b"", 400, {"where": "$"}),
        ("PATCH", "/clock", b"{", 400, {"where": "$"}),
        ("PATCH", "/clock", b"\xff", 400, {"where": "$"}),
        ("PATCH", "/clock", b"[]", 400, {"expected": "`object`", "where": "$"}),
        ("PATCH", "/clock", b"[" * 60_000, 400, {"where": "$"}),
        ("PATCH", "/clock", b'{"pased":true}', 400, {"where": "$"}),
        ("PATCH", "/clock", b'{"paused":1}', 400, {"where": "$.paused"}),
        ("PATCH", "/clock", b'{"speed":"1e99999999"}', 400, {"where": "$.speed"}),
        ("PATCH", "/clock", BytesIO(b" " * (CONTROL_BODY_BYTES_MAX + 1)), 413, {}),
        ("POST", "/clock/advance", b"{}", 400, {"where": "$"}),
        ("GET", "/transcript?limit=0", None, 400, {"where": "query.limit"}),
        ("GET", "/transcript?since=x", None, 400, {"where": "query.since"}),
        ("GET", "/transcript?sinc=1", None, 400, {"where": "query"}),
        ("GET", "/transcript?since=1&since=2", None, 400, {"error": "'since' is given twice"}),
        ("GET", "/clock?timeline=b", None, 404, {"error": "no timeline 'b'"}),
        ("GET", "/clock?timeline=b%20c", None, 400, {"where": "query.timeline"}),
        ("DELETE", "/connections/8", None, 404, {"error": "no connection 8 is open"}),
    ],
)
async def test_what_is_refused(client, method, path, body, status, told):
    found, problem = await client.ask(method, path, data=body)
    assert found == problem["status"] == status
    assert problem["error"]
    assert told.items() <= problem.items()


async def test_a_body_in_pieces_is_bounded_too(client):
    async def pieces():
        for _ in range(3):
            yield b" " * (CONTROL_BODY_BYTES_MAX // 2)

    status, problem = await client.ask("PATCH", "/clock", data=pieces())
    assert (status, problem["error"]) == (413, "the body is too large")


async def test_methods_that_are_allowed_are_told(client):
    async with client.raw("PUT", "/clock") as answer:
        assert answer.headers["Allow"] == "GET, HEAD, PATCH"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_answers(client, route):
    bodies = {
        "/clock/advance": {"by": "1s"},
        "/clock/seek": {"to": "1s"},
        "/clock/run-until": {"at": "1s"},
        "/faults": {"type": "stall"} if route.method == "POST" else {},
    }
    client.run.timelines[""].plan = Plan(rules=(Rule(name="slow", toxic=Stall()),))
    path = route.path.format(number=7, name="slow")
    body = bodies.get(route.path, {}) if route.body else None
    async with client.raw(route.method, path, json=body) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] in route.media
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_head_is_get_without_a_body(client):
    async with client.raw("HEAD", "/version") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Type"] == "application/json"


async def test_the_document_is_served(client):
    status, document = await client.ask("GET", "/openapi.json")
    assert (status, document["openapi"]) == (200, "3.1.0")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:99"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:5", "Origin": "http://localhost:5"}, 200),
        ({"Host": "localhost:5", "Origin": "http://localhost:6"}, 403),
    ],
)
async def test_pages_in_a_browser_are_refused(client, headers, status):
    found, _ = await client.ask("POST", "/reset", headers=headers)
    assert found == status
    assert len(client.run.timelines[""].inputs) == (status == 200)


async def test_a_token_is_asked_for(run):
    port = ControlPort(run, "127.0.0.1", token="s3cret")
    url = await port.start(0)
    async with aiohttp.ClientSession() as session:
        client = Client(run, url, session)
        async with client.raw("GET", "/clock") as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        for token, status in (("s3cret", 200), ("s3cre", 401), ("s3crets", 401), ("é", 401)):
            sent = {"Authorization": f"Bearer {token}"}
            assert (await client.ask("GET", "/metrics", headers=sent) if status == 401 else
                    await client.ask("GET", "/clock", headers=sent))[0] == status  # fmt: skip
    await port.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "example.org"])
async def test_others_may_not_command_without_a_token(run, host):
    with pytest.raises(InvalidOption, match=r"--control: .* can be reached from other machines"):
        ControlPort(run, host)
    ControlPort(run, host, token="t")


async def test_a_port_that_is_taken_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = ControlPort(run, "127.0.0.1")
        with pytest.raises(InvalidOption, match=r"--control: cannot listen on 127\.0\.0\.1:"):
            await port.start(taken.getsockname()[1])
        await port.stop()


async def test_a_command_makes_the_timeline_it_names(client):
    status, clock = await client.ask("POST", "/clock/seek?timeline=b", {"to": "5s"})
    assert (status, clock["position_ns"]) == (200, START.position_ns + 5 * S)
    assert client.run.timelines[""].told == START
    assert (await client.ask("GET", "/clock?timeline=b"))[1]["position_ns"] == clock["position_ns"]
    await client.ask("POST", "/reset?timeline=c")
    status, problem = await client.ask("POST", "/reset?timeline=d")
    assert (status, problem["error"]) == (409, "3 timelines")


async def test_a_run_that_has_failed_is_told(client):
    async def fails(make_input):
        raise CassetteError("no chunk", path="a.rpx", offset=5)

    client.run.timelines[""].command = fails
    status, problem = await client.ask("POST", "/reset")
    assert (status, problem["error"], problem["where"]) == (503, "no chunk", "a.rpx at byte 5")


async def test_a_transcript_comes_in_lines_if_asked_for(client):
    await client.ask("PATCH", "/clock", {"speed": 2, "paused": True})
    headers = {"Accept": "application/x-ndjson"}
    async with client.raw("GET", "/transcript?since=1", headers=headers) as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert [line["command"] for line in lines] == ["speed", "pause"]


async def test_a_client_that_goes_away_while_it_waits_harms_nobody(client):
    client.run.timelines[""].never = asyncio.Event()
    with pytest.raises(TimeoutError):
        await client.ask(
            "POST",
            "/clock/run-until",
            {"channel": "a"},
            timeout=aiohttp.ClientTimeout(total=0.1),
        )
    assert (await client.ask("GET", "/clock"))[0] == 200


async def test_a_word_that_is_none_is_told_with_those_that_are(client):
    status, problem = await client.ask("POST", "/clock/run-until", {"event": "moon"})
    assert (status, problem["where"]) == (400, "$.event")
    assert problem["error"] == "Invalid enum value 'moon'"
    assert {"trade", "candle"} <= set(problem["expected"].split(", "))
