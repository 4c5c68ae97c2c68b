"""WebSockets through the proxy: every byte both ways, every end of a connection, and recorded."""

import asyncio
import json

import pytest

from replayx.cassette.records import ClientMessage, Closed, Control, Gap, Interaction, Opened
from replayx.framing import BINARY, CLOSE, PING, PONG, TEXT, frame
from replayx.recorder.frame_reader import close_payload
from tests.recorder.harness import (
    PATIENCE_S,
    accept,
    events,
    header,
    http,
    payloads,
    recording,
    say,
)

TRADE = b'{"e":"trade","E":1,"s":"BTCUSDT","t":%d,"p":"1.0","q":"1.0","T":1,"m":true,"M":true}'


def collector(exchange):
    """Have the exchange accept and put each connection's peer into a queue."""
    peers: asyncio.Queue = asyncio.Queue()

    async def socket(peer, head, body):
        peer.send(accept(head))
        peers.put_nowait(peer)
        await peer.ended.wait()

    exchange.socket = socket
    return peers


async def pair(exchange, session, target=b"/ws/btcusdt@trade", headers=b""):
    peers = collector(exchange)
    client = await session.open(target, headers)
    head = await client.head()
    venue = await asyncio.wait_for(peers.get(), PATIENCE_S)
    return client, venue, head


async def test_messages_and_control_frames_pass_both_ways_exactly_once(exchange, session):
    client, venue, _ = await pair(exchange, session)
    down = [
        frame(TRADE % 1), frame(b"\x00\xff binary", BINARY), frame(b"17", PING),
        frame(b"", PONG), frame(b"x" * 70_000), frame(TRADE % 2),
    ]  # fmt: skip
    venue.send(b"".join(down))
    assert [(await client.message()).wire for _ in down] == down
    up = [
        say(b'{"method":"LIST_SUBSCRIPTIONS","id":1}'),
        say(b"\x01", BINARY),
        say(b"17", PONG),
        say(b"mine", PING),
    ]
    client.send(b"".join(up))
    assert [(await venue.message()).wire for _ in up] == up
    venue.send(frame(b"mine", PONG))
    assert (await client.message()).opcode == PONG
    reader = await session.cassette()
    assert payloads(reader) == [TRADE % 1, b"\x00\xff binary", b"x" * 70_000, TRADE % 2]
    controls = [(c.sent, c.opcode, c.payload) for c in events(reader, Control)]
    assert controls == [
        (False, PING, b"17"), (False, PONG, b""), (True, PONG, b"17"), (True, PING, b"mine"),
        (False, PONG, b"mine"),
    ]  # fmt: skip
    sent = [(m.opcode, m.payload) for m in events(reader, ClientMessage)]
    assert sent == [(TEXT, b'{"method":"LIST_SUBSCRIPTIONS","id":1}'), (BINARY, b"\x01")]
    names = {c.name: c.kind.name for c in reader.channels.values()}
    assert names["btcusdt@trade"] == "STREAM"
    venue.ended.set()


async def test_fragments_are_recorded_whole_and_handed_on_as_they_came(exchange, session):
    client, venue, _ = await pair(exchange, session)
    venue.send(b"\x01\x03abc")
    venue.send(frame(b"p", PING))
    venue.send(b"\x80\x02de")
    assert (await client.message()).opcode == PING
    message = await client.message()
    assert (message.payload, message.wire) == (b"abcde", b"\x01\x03abc\x80\x02de")
    assert payloads(await session.cassette()) == [b"abcde"]
    venue.ended.set()


async def test_handshakes_pass_with_their_headers(exchange, session):
    _, venue, head = await pair(
        exchange, session, b"/stream?streams=a@trade/b@trade", b"X-Mine: 1\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: p\r\n",
    )  # fmt: skip
    sent = exchange.requests[0]
    assert sent.startswith(b"GET /stream?streams=a@trade/b@trade HTTP/1.1\r\n")
    assert header(sent, b"x-mine") == b"1"
    assert header(sent, b"sec-websocket-protocol") == b"p"
    assert header(sent, b"sec-websocket-extensions") is None
    assert header(sent, b"sec-websocket-key") == b"dGhlIHNhbXBsZSBub25jZQ=="
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert header(head, b"sec-websocket-accept") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert header(head, b"x-venue") == b"yes"
    (opened,) = events(await session.cassette(), Opened)
    assert (opened.role, opened.target) == ("ws", "/stream?streams=a@trade/b@trade")
    venue.ended.set()


async def test_a_refused_handshake_reaches_the_client_whole(exchange, session):
    async def refuse(peer, head, body):
        peer.send(http(b'{"code":-1}', b"429 Too Many Requests", b"Retry-After: 7\r\n"))

    exchange.socket = refuse
    client = await session.open()
    head = await client.head()
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests")
    assert header(head, b"retry-after") == b"7"
    assert await client.exactly(11) == b'{"code":-1}'
    reader = await session.cassette()
    (event,) = events(reader, Interaction)
    assert (event.status, event.response_body) == (429, b'{"code":-1}')
    assert events(reader, Opened) == []


@pytest.mark.parametrize("payload", [close_payload(4001, "bye"), close_payload(1000, ""), b""])
async def test_a_close_by_the_venue_passes_and_so_does_its_answer(exchange, session, payload):
    client, venue, _ = await pair(exchange, session)
    venue.send(frame(payload, CLOSE))
    assert (await client.message()).wire == frame(payload, CLOSE)
    client.send(say(payload, CLOSE))
    assert (await venue.message()).payload == payload
    venue.ended.set()
    assert await client.message() is None
    (closed,) = events(await session.cassette(), Closed)
    assert closed.by == "venue"
    assert closed.code == (int.from_bytes(payload[:2], "big") or 1005)


async def test_a_close_by_the_client_passes_and_so_does_its_answer(exchange, session):
    client, venue, _ = await pair(exchange, session)
    payload = close_payload(3999, "enough")
    client.send(say(payload, CLOSE))
    assert (await venue.message()).payload == payload
    venue.send(frame(payload, CLOSE))
    assert (await client.message()).payload == payload
    venue.ended.set()
    assert await client.message() is None
    (closed,) = events(await session.cassette(), Closed)
    assert (closed.code, closed.reason, closed.by) == (3999, "enough", "client")


async def test_a_venue_that_drops_the_connection_is_a_gap_and_no_close_frame(exchange, session):
    client, venue, _ = await pair(exchange, session)
    venue.send(frame(TRADE % 1))
    venue.ended.set()
    assert (await client.message()).payload == TRADE % 1
    assert await client.message() is None
    reader = await session.cassette()
    (closed,) = events(reader, Closed)
    assert (closed.code, closed.by) == (1006, "venue")
    assert [gap.reason for gap in events(reader, Gap)] == ["the venue dropped the connection"]


async def test_a_client_that_drops_the_connection_ends_the_venues(exchange, session):
    client, venue, _ = await pair(exchange, session)
    client.close()
    assert await venue.message() is None
    venue.ended.set()
    (closed,) = events(await session.cassette(), Closed)
    assert (closed.code, closed.by) == (1006, "client")


async def test_stopping_closes_both_sides_with_1001(exchange, session):
    client, venue, _ = await pair(exchange, session)
    stopping = asyncio.create_task(session.stop())
    for peer in (client, venue):
        message = await peer.message()
        assert message.opcode == CLOSE
        assert message.payload[:2] == (1001).to_bytes(2, "big")
    venue.ended.set()
    await stopping
    (closed,) = events(await session.cassette(), Closed)
    assert (closed.code, closed.by) == (1001, "recorder")


async def test_a_frame_that_breaks_the_protocol_ends_the_connection(exchange, session):
    client, venue, _ = await pair(exchange, session)
    venue.send(frame(TRADE % 1) + b"\xf1\x01a")
    assert (await client.message()).payload == TRADE % 1
    assert (await client.message()).payload[:2] == (1002).to_bytes(2, "big")
    venue.ended.set()
    assert payloads(await session.cassette()) == [TRADE % 1]


async def test_a_client_that_does_not_read_is_closed_and_the_others_go_on(
    exchange, session, monkeypatch
):
    monkeypatch.setattr("replayx.recorder.relay.CLIENT_BUFFER_BYTES_MAX", 100_000)
    slow, slow_venue, _ = await pair(exchange, session)
    good, good_venue, _ = await pair(exchange, session)
    slow.reader._transport.pause_reading()
    block = frame(b"x" * 50_000) * 20
    try:
        while not slow_venue.writer.is_closing():
            slow_venue.send(block)
            await asyncio.wait_for(slow_venue.writer.drain(), PATIENCE_S)
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    slow_venue.ended.set()
    good_venue.send(frame(TRADE % 7))
    assert (await good.message()).payload == TRADE % 7
    good_venue.ended.set()
    slow.close()
    closed = [(c.code, c.by) for c in events(await session.cassette(), Closed)]
    assert (1008, "recorder") in closed


async def test_requests_over_the_socket_become_interactions(exchange, session):
    client, venue, _ = await pair(exchange, session, b"/ws-api/v3")
    asks = [b'{"id":"a","method":"time"}', b'{"id":2,"method":"depth","params":{"symbol":"X"}}']
    client.send(b"".join(map(say, asks)) + say(b"what?"))
    for _ in range(3):
        await venue.message()
    answers = [b'{"id":2,"status":200,"result":{}}', b'{"id":"a","status":400,"error":{"code":-1}}']
    event = b'{"subscriptionId":0,"event":{"e":"balanceUpdate"}}'
    venue.send(b"".join(map(frame, [*answers, event])))
    assert [(await client.message()).payload for _ in range(3)] == [*answers, event]
    client.send(say(b'{"id":3,"method":"ping"}'))
    await venue.message()
    venue.ended.set()
    reader = await session.cassette()
    found = [
        (i.kind, i.method, i.request_body, i.status, i.response_body)
        for i in events(reader, Interaction)
    ]
    assert found == [
        ("wsapi", "depth", asks[1], 200, answers[0]),
        ("wsapi", "time", asks[0], 400, answers[1]),
    ]
    assert all(i.latency_ns > 0 for i in events(reader, Interaction))
    assert [m.payload for m in events(reader, ClientMessage)] == [
        b"what?",
        b'{"id":3,"method":"ping"}',  # never answered
    ]
    assert payloads(reader) == [event]
    assert [c.kind.name for c in reader.channels.values()] == ["USER"]


async def test_orders_over_the_socket_are_refused_toward_a_live_venue(exchange, tmp_path):
    live = exchange.upstream(live=True)
    async with recording(exchange, tmp_path / "a.rpx", upstream=live) as session:
        client, venue, _ = await pair(exchange, session, b"/ws-api/v3")
        order = b'{"id":9,"method":"order.place","params":{"symbol":"BTCUSDT"}}'
        look = b'{"id":10,"method":"ping"}'
        client.send(say(order) + say(look))
        reply = json.loads((await client.message()).payload)
        assert reply["id"] == 9
        assert "--allow-trading" in reply["error"]["msg"]
        assert (await venue.message()).payload == look
        venue.ended.set()
        (event,) = events(await session.cassette(), Interaction)
        assert event.label == "replayx: trading refused"


async def test_missing_messages_of_a_channel_are_a_gap(exchange, session):
    client, venue, _ = await pair(exchange, session)
    for number in (1, 2, 5):
        venue.send(frame(TRADE % number))
    for _ in range(3):
        await client.message()
    venue.send(frame(b"", CLOSE))
    await client.message()
    venue.ended.set()
    reader = await session.cassette()
    (gap,) = events(reader, Gap)
    assert (gap.channel, gap.place, gap.reason) == ("btcusdt@trade", 2, "messages are missing")
