"""REST through the proxy: byte for byte to the venue, byte for byte back, and recorded."""

import gzip

import pytest

from replayx.cassette.records import Interaction
from replayx.limits import REQUEST_BODY_BYTES_MAX
from tests.recorder.harness import events, header, http, recording


def script(answer: bytes):
    async def rest(peer, head, body):
        peer.send(answer)

    return rest


async def test_the_request_reaches_the_venue_byte_for_byte(exchange, session):
    body = b"symbol=BTCUSDT&x=%2f+%zz&timestamp=1"
    await session.request(
        b"POST /api/v3/order/test?a=%2F&b=[1]&c=x+y&d=%e4 HTTP/1.1\r\nHost: me\r\nX-Two: 1\r\n"
        b"X-Two: 2\r\nConnection: keep-alive, X-Hop\r\nX-Hop: gone\r\nAccept-Encoding: br, gzip\r\n"
        b"Content-Type: text/odd\r\nContent-Length: 36\r\n\r\n" + body
    )
    head, _, sent = exchange.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v3/order/test?a=%2F&b=[1]&c=x+y&d=%e4 HTTP/1.1\r\n")
    assert sent == body
    assert head.count(b"X-Two:") == 2
    assert b"X-Hop" not in head
    assert header(head, b"host") == b"127.0.0.1:%d" % exchange.port
    assert header(head, b"accept-encoding") == b"gzip"
    assert header(head, b"content-type") == b"text/odd"
    for automatic in (b"user-agent", b"accept"):
        assert header(head, automatic) is None


async def test_the_answer_reaches_the_client_byte_for_byte(exchange, session):
    packed = gzip.compress(b'{"a":1}')
    exchange.rest = script(
        http(
            packed,
            b"418 I'm a teapot",
            b"Content-Encoding: gzip\r\nSet-Thing: 1\r\nSet-Thing: 2\r\nX-Weight: 5\r\n",
        )
    )
    head, body = await session.request(b"GET /api/v3/depth HTTP/1.1\r\nHost: me\r\n\r\n")
    assert body == packed
    assert head.startswith(b"HTTP/1.1 418 I'm a teapot\r\n")
    assert head.count(b"Set-Thing:") == 2
    for added in (b"date", b"server", b"content-type"):
        assert header(head, added) is None
    (event,) = events(await session.cassette(), Interaction)
    assert (event.status, event.response_body) == (418, packed)
    assert ("Set-Thing", "1") in event.response_headers
    assert ("Set-Thing", "2") in event.response_headers
    assert (event.method, event.target, event.kind) == ("GET", "/api/v3/depth", "rest")
    assert event.latency_ns > 0


@pytest.mark.parametrize(
    ("method", "answer", "line"),
    [
        (b"GET", b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", b"302 Found"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", b"200 OK"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n", b"204 No Content"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", b"304 Not Modified"),
        (b"DELETE", http(b"[]"), b"200 OK"),
    ],
)
async def test_answers_without_a_body_and_redirects(exchange, session, method, answer, line):
    exchange.rest = script(answer)
    head, _ = await session.request(method + b" /p HTTP/1.1\r\nHost: me\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + line)
    for name in (b"location", b"etag", b"content-length"):
        assert header(head, name) == header(answer, name)
    assert len(exchange.requests) == 1


async def test_a_chunked_answer_arrives_whole(exchange, session):
    exchange.rest = script(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    _, body = await session.request(b"GET /p HTTP/1.1\r\nHost: me\r\n\r\n")
    assert body == b"abcde"


async def test_a_venue_that_drops_the_request_is_told_as_the_venue_would(exchange, session):
    async def drop(peer, head, body):
        peer.close()

    exchange.rest = drop
    head, body = await session.request(
        b"POST /api/v3/order/test HTTP/1.1\r\nHost: me\r\nContent-Length: 0\r\n\r\n"
    )
    assert head.startswith(b"HTTP/1.1 5")
    assert b'"code":' in body
    (event,) = events(await session.cassette(), Interaction)
    assert event.label.startswith("replayx: upstream unreachable")
    assert event.response_body == body


async def test_a_request_too_large_is_refused(exchange, session):
    size = REQUEST_BODY_BYTES_MAX + 1
    peer = await session.client()
    peer.send(b"POST /api/v3/order/test HTTP/1.1\r\nHost: me\r\nContent-Length: %d\r\n\r\n" % size)
    peer.send(b"x" * size)
    assert (await peer.head()).split()[1] == b"413"
    assert exchange.requests == []
    peer.close()


async def test_trading_is_refused_toward_a_live_venue(exchange, tmp_path):
    order = b"POST /api/v3/order HTTP/1.1\r\nHost: me\r\nContent-Length: 0\r\n\r\n"
    look = b"GET /api/v3/account HTTP/1.1\r\nHost: me\r\n\r\n"
    live = {"upstream": exchange.upstream(live=True)}
    async with recording(exchange, tmp_path / "a.rpx", **live) as session:
        head, body = await session.request(order)
        assert head.split()[1][:1] == b"4"
        assert b"--allow-trading" in body
        assert exchange.requests == []
        await session.request(look)
        assert len(exchange.requests) == 1
        labels = [e.label for e in events(await session.cassette(), Interaction)]
        assert [bool(label) for label in labels] == [True, False]
    async with recording(exchange, tmp_path / "b.rpx", **live, allow_trading=True) as session:
        await session.request(order)
        assert len(exchange.requests) == 2
    async with recording(exchange, tmp_path / "c.rpx") as session:  # a testnet
        await session.request(order)
        assert len(exchange.requests) == 3


async def test_the_header_says_where_it_comes_from(exchange, session):
    header = (await session.cassette()).header
    assert header.markets[0].name == "binance-spot"
    assert header.markets[0].hosts["rest"] == f"http://127.0.0.1:{exchange.port}"
    assert header.clock_offset_ns < 0  # the fake's clock stands in 2023
    assert header.redaction == "replayx-1"
    assert header.start_monotonic_ns > 0


@pytest.mark.parametrize(
    ("method", "target", "sent"),
    [
        (b"GET", b"/api/v3/depth?", b"/api/v3/depth?"),
        (b"GET", b"//other.example/x?a=b@c", b"//other.example/x?a=b@c"),
        (b"GET", b"/a//b/../c/./d;e=f?&&=&a=%zz|'[]:@!$()*,~?/", None),
        (b"GET", b"http://other.example/api/v3/x?b=1", b"/api/v3/x?b=1"),
        (b"GET", b"http://other.example?b=1", b"/?b=1"),
        (b"OPTIONS", b"*", b"/*"),
    ],
)
async def test_every_target_goes_to_the_venue_as_it_came(exchange, session, method, target, sent):
    await session.request(method + b" " + target + b" HTTP/1.1\r\nHost: me\r\n\r\n")
    (request,) = exchange.requests
    assert request.split(b"\r\n")[0] == b"%s %s HTTP/1.1" % (method, sent or target)
    assert header(request, b"host") == b"127.0.0.1:%d" % exchange.port


async def test_a_tunnel_is_refused(exchange, session):
    head, _ = await session.request(b"CONNECT .example:80 HTTP/1.1\r\nHost: me\r\n\r\n")
    assert head.split()[1][:1] == b"5"
    assert exchange.requests == []


async def test_what_a_client_does_wrong_leaves_no_traceback(exchange, session, caplog):
    head, _ = await session.request(b"GARBAGE\r\nBad Header\r\n\r\n")
    assert head.split()[1] == b"400"
    peer = await session.client()
    peer.send(b"POST /x HTTP/1.1\r\nHost: me\r\nContent-Length: 9\r\n\r\nabc")
    peer.writer.transport.abort()
    await session.request(b"GET /x HTTP/1.1\r\nHost: me\r\n\r\n")
    assert [record for record in caplog.records if record.exc_info] == []
    assert len(exchange.requests) == 1
