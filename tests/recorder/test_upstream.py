"""Requests and handshakes toward the venue, and what goes wrong with them."""

import asyncio
import ssl

import pytest

from replayx.recorder import upstream as module
from replayx.recorder.upstream import Answer, NoAnswer, UpstreamClient, UpstreamSocket
from replayx.venues.venue import HttpRequest, Refusal, Role, Upstream
from tests.recorder.harness import PATIENCE_S, accept, http

KEY = (("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"))


@pytest.fixture
async def client(exchange):
    client = UpstreamClient(exchange.upstream(), ssl.create_default_context())
    yield client
    await client.close()


class Sink:
    """Takes what a connection gives."""

    def __init__(self):
        self.got = b""
        self.gone = asyncio.Event()

    def data(self, data):
        self.got += data

    def lost(self):
        self.gone.set()


async def test_an_answer_comes_as_it_is(exchange, client):
    async def rest(peer, head, body):
        peer.send(http(b"abc", b"299 Odd", b"A: 1\r\nA: 2\r\n"))

    exchange.rest = rest
    answer = await client.request(HttpRequest("GET", "/p"))
    headers = (("Content-Length", "3"), ("A", "1"), ("A", "2"))
    assert answer == Answer(299, "Odd", headers, b"abc")


async def test_bytes_after_the_handshake_go_to_the_receiver(exchange, client):
    async def socket(peer, head, body):
        peer.send(accept(head) + b"early")
        await peer.writer.drain()
        await peer.ended.wait()
        peer.send(b"late")

    exchange.socket = socket
    dialled = await client.dial(Role.STREAM, "/ws", KEY)
    assert isinstance(dialled, UpstreamSocket)
    sink = Sink()
    dialled.start(sink)
    exchange.peers[-1].ended.set()
    await asyncio.wait_for(sink.gone.wait(), PATIENCE_S)
    assert sink.got == b"earlylate"
    dialled.release()


async def test_a_connection_lost_before_it_starts_is_lost(exchange, client):
    async def socket(peer, head, body):
        peer.send(accept(head))

    exchange.socket = socket
    dialled = await client.dial(Role.STREAM, "/ws", KEY)
    while not dialled.transport.is_closing():
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    sink = Sink()
    dialled.start(sink)
    await asyncio.wait_for(sink.gone.wait(), PATIENCE_S)
    dialled.release()


async def test_a_refused_handshake_is_an_answer(exchange, client):
    async def socket(peer, head, body):
        peer.send(http(b"no", b"403 Forbidden"))

    exchange.socket = socket
    answer = await client.dial(Role.WS_API, "/ws-api/v3", KEY)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (403, b"no")


async def test_silence_is_a_timeout(exchange, monkeypatch):
    monkeypatch.setattr(module, "UPSTREAM_ANSWER_S", 0.01)

    async def rest(peer, head, body):
        await peer.ended.wait()

    exchange.rest = rest
    client = UpstreamClient(exchange.upstream(), ssl.create_default_context())
    with pytest.raises(NoAnswer) as caught:
        await client.request(HttpRequest("GET", "/p"))
    assert caught.value.refusal is Refusal.UPSTREAM_TIMEOUT
    await client.close()


async def test_nobody_there(exchange, client):
    await exchange.stop()
    with pytest.raises(NoAnswer) as caught:
        await client.request(HttpRequest("GET", "/p"))
    assert caught.value.refusal is Refusal.UPSTREAM_UNREACHABLE
    assert f"127.0.0.1:{exchange.port}/p" in str(caught.value)


async def test_a_role_without_a_url():
    client = UpstreamClient(Upstream(rest="", ws=""), ssl.create_default_context())
    with pytest.raises(NoAnswer) as caught:
        await client.dial(Role.WS_API, "/ws-api/v3", KEY)
    assert "wsapi" in str(caught.value)
    await client.close()


async def test_an_answer_too_large(exchange, client, monkeypatch):
    monkeypatch.setattr(module, "BODY_BYTES_MAX", 2)

    async def rest(peer, head, body):
        peer.send(http(b"abc"))

    exchange.rest = rest
    with pytest.raises(NoAnswer) as caught:
        await client.request(HttpRequest("GET", "/p"))
    assert caught.value.refusal is Refusal.BODY_TOO_LARGE
