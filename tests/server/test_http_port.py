import asyncio
import logging

import pytest
from aiohttp import web

from replayx.limits import REQUEST_BODY_BYTES_MAX
from replayx.server.http_port import HttpPort


async def _answer(request: web.BaseRequest) -> web.Response:
    if request.path == "/bug":
        raise ZeroDivisionError
    if request.path == "/named":
        return web.Response(headers={"Server": "nginx"})
    return web.Response(body=await request.read())


async def _ask(data: bytes) -> bytes:
    runner = web.ServerRunner(HttpPort(_answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0])
    writer.write(data)
    answer = await reader.read(-1)
    writer.close()
    await runner.cleanup()
    return answer


def _request(path: str, body: bytes = b"", *headers: str) -> bytes:
    head = (f"POST {path} HTTP/1.1", "Host: x", "Connection: close", *headers)
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body


async def test_an_answer_names_no_server_of_its_own():
    assert b"\r\nServer:" not in await _ask(_request("/"))


async def test_an_answer_keeps_the_server_it_names():
    assert b"\r\nServer: nginx\r\n" in await _ask(_request("/named"))


async def test_a_body_comes_as_it_was_sent():
    answer = await _ask(_request("/", b"not gzip", "Content-Encoding: gzip"))
    assert answer.endswith(b"\r\n\r\nnot gzip")


@pytest.mark.parametrize(("size", "status"), [(0, b"200"), (1, b"413")])
async def test_a_body_has_a_bound(size, status):
    answer = await _ask(_request("/", b"x" * (REQUEST_BODY_BYTES_MAX + size)))
    assert answer.split(b" ", 2)[1] == status


@pytest.mark.parametrize(
    "data",
    [
        b"what?\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
async def test_what_is_no_http_is_refused_without_a_word_in_our_log(data, caplog):
    answer = await _ask(data)
    assert answer.split(b" ", 2)[1] == b"400"
    assert b"aiohttp" not in answer
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_bug_of_ours_is_logged(caplog):
    assert (await _ask(_request("/bug"))).split(b" ", 2)[1] == b"500"
    assert "ZeroDivisionError" in caplog.text
