"""TLS on real sockets: toward the venue with an authority of one's own, and toward clients."""

import ssl

import pytest

from replayx.cassette.records import Interaction
from replayx.cli.record import _client_tls
from replayx.cli.tls import server_tls
from replayx.framing import frame
from replayx.recorder.proxy import Listen
from tests.recorder.harness import Exchange, accept, events, payloads, recording
from tests.server.certificates import make_certificate

GET = b"GET /api/v3/depth HTTP/1.1\r\nHost: me\r\n\r\n"


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
async def venue(certificate):
    exchange = Exchange()
    await exchange.start(server_tls(*certificate))
    yield exchange
    await exchange.stop()


async def say_hello(peer, head, body):
    peer.send(accept(head) + frame(b'{"e":"trade","s":"BTCUSDT"}'))
    await peer.ended.wait()


async def test_https_and_wss_with_an_authority_of_ones_own(venue, certificate, tmp_path):
    venue.socket = say_hello
    tls = _client_tls(certificate[0])
    async with recording(venue, tmp_path / "a.rpx", tls=tls) as session:
        head, body = await session.request(GET)
        assert (head.split()[1], body) == (b"200", b"{}")
        client = await session.open()
        assert (await client.head()).split()[1] == b"101"
        message = await client.message()
        assert payloads(await session.cassette()) == [message.payload]
    assert len(venue.requests) == 2


async def test_a_venue_that_cannot_be_trusted_is_sent_nothing(venue, tmp_path):
    async with recording(venue, tmp_path / "a.rpx", tls=_client_tls(None)) as session:
        head, body = await session.request(GET)
        assert head.split()[1][:1] == b"5"
        assert b'"code":' in body
        assert b"certificate" in body.lower()
        client = await session.open()
        assert (await client.head()).split()[1][:1] == b"5"
        told = events(await session.cassette(), Interaction)
    assert [event.label[:29] for event in told] == ["replayx: upstream unreachable"] * 2
    assert venue.requests == []


async def test_clients_are_served_https_and_wss(exchange, certificate, tmp_path):
    exchange.socket = say_hello
    listen = Listen(tls=server_tls(*certificate))
    async with recording(exchange, tmp_path / "a.rpx", listen=listen) as session:
        session.tls = ssl.create_default_context(cafile=certificate[0])
        head, _ = await session.request(GET)
        assert head.split()[1] == b"200"
        client = await session.open()
        assert (await client.head()).split()[1] == b"101"
        message = await client.message()
        assert payloads(await session.cassette()) == [message.payload]
