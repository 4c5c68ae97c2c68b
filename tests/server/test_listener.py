import asyncio
import io
import re

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from replayx.limits import REQUEST_BODY_BYTES_MAX
from replayx.server.listener import urls
from tests.server.conftest import MS, T0

NOW = b"%d" % (T0 // MS)


async def _ask(base: str, data: bytes) -> bytes:
    """Send a request as it is written here, and return everything that comes back."""
    host, port = base.partition("://")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    answer = await reader.read(-1)
    writer.close()
    return answer


def _get(target: str, host: str = "127.0.0.1") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/time", "127.0.0.1"),
        ("/time?a=1", "127.0.0.1"),
        ("/time", "api.fake.example"),
        ("/time", "api.fake.example:9443"),
        ("/api.fake.example/time", "127.0.0.1"),
        ("/api.fake.example:9443/time", "127.0.0.1"),
        ("http://127.0.0.1:1/time", "x"),
        ("HTTP://api.fake.example/time", "x"),
        ("https://api.fake.example:443/time?a=1", "x"),
    ],
)
async def test_every_way_to_name_the_market(serve, target, host):
    async with serve() as (_, base):
        assert (await _ask(base["rest"], _get(target, host))).endswith(b"\r\n\r\n" + NOW)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("http://127.0.0.1", b"GET /"),
        ("http://127.0.0.1?a=1", b"GET /?a=1"),
        ("/api.fake.example", b"GET /"),
        ("/api.fake.example?a=1", b"GET /?a=1"),
        ("/nobody.example/time", b"GET /nobody.example/time"),
        ("//time", b"GET //time"),
        ("/time/", b"GET /time/"),
    ],
)
async def test_what_is_left_of_odd_targets(serve, target, shown):
    async with serve() as (_, base):
        answer = await _ask(base["rest"], _get(target))
        assert b" 404 " in answer.partition(b"\r\n")[0]
        assert re.search(rb"answer to (.*?)(\. Nearest|$)", answer)[1] == shown


async def test_a_large_body_is_asked_for_and_taken(serve):
    async with serve() as (server, base):
        host, port = base["rest"].partition("://")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b"POST /o HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n" % REQUEST_BODY_BYTES_MAX)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"q" * REQUEST_BODY_BYTES_MAX)
        assert (await reader.read(-1)).endswith(b"\r\n\r\norder")
        writer.close()
        assert server.unmatched_count == 0


async def test_a_body_too_large_is_refused_in_the_venues_words(serve):
    async with serve() as (_, base), aiohttp.ClientSession() as client:
        body = io.BytesIO(b"q" * (REQUEST_BODY_BYTES_MAX + 1))
        async with client.post(base["rest"] + "/o", data=body) as answer:
            assert (answer.status, await answer.text()) == (
                404,
                f"body too large: replayx takes at most {REQUEST_BODY_BYTES_MAX} bytes",
            )


async def test_a_request_whose_sender_goes_away_leaves_no_trace(serve, caplog):
    async with serve() as (_, base):
        host, port = base["rest"].partition("://")[2].split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /o HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        writer.close()
        await writer.wait_closed()
        assert (await _ask(base["rest"], _get("/time"))).endswith(NOW)
    assert caplog.records == []


async def test_a_handshake_names_no_server(serve):
    async with serve(starts="command") as (_, base):
        async with connect(base["ws"] + "/s/a") as client:
            assert "Server" not in client.response.headers
        with pytest.raises(InvalidStatus) as refused:
            await connect(base["ws"] + "/nowhere")
        assert "Server" not in refused.value.response.headers


async def test_more_connections_than_there_may_be_are_refused(serve, monkeypatch):
    monkeypatch.setattr("replayx.server.listener.CONNECTIONS_MAX", 2)
    async with serve(starts="command") as (_, base):
        first = await connect(base["ws"] + "/s/a")
        async with connect(base["ws"] + "/s/a"):
            with pytest.raises(InvalidStatus, match="503"):
                await connect(base["ws"] + "/s/a")
        await first.close()
        async with connect(base["ws"] + "/s/a"):
            pass


@pytest.mark.parametrize(
    ("host", "tls", "expected"),
    [
        ("127.0.0.1", False, ("http://127.0.0.1:80", "ws://127.0.0.1:80", "ws://127.0.0.1:80/v3")),
        ("::1", True, ("https://[::1]:80", "wss://[::1]:80", "wss://[::1]:80/v3")),
    ],
)
def test_urls(host, tls, expected):
    assert tuple(urls(host, 80, "/v3", tls=tls).values()) == expected
