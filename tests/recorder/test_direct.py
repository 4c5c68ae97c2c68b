"""Recording without a client, against an exchange that drops connections and lags behind."""

import asyncio
import json

import pytest

from replayx.cassette.records import Closed, Control, Gap, Interaction, Opened
from replayx.errors import InvalidOption
from replayx.framing import CLOSE, PING, frame
from replayx.recorder import direct
from replayx.recorder.frame_reader import close_payload
from replayx.venues.registry import load_venue
from tests.recorder.harness import accept, events, http, payloads, recording

WANTED = {"symbols": ("BTCUSDT",), "streams": ("trade", "depth@100ms")}


def combined(channel: str, payload: dict) -> bytes:
    return frame(json.dumps({"stream": channel, "data": payload}, separators=(",", ":")).encode())


def trade(number: int) -> bytes:
    event = {"e": "trade", "E": 1, "s": "BTCUSDT", "t": number, "p": "1", "q": "1", "T": 1}
    return combined("btcusdt@trade", event)


def diff(first: int, last: int) -> bytes:
    event = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": last, "b": [], "a": []}
    return combined("btcusdt@depth@100ms", event)


class Scripted:
    """Each connection gets the next script; REST answers with the next snapshot."""

    def __init__(self, exchange, scripts, snapshots):
        self.scripts = list(scripts)
        self.snapshots = list(snapshots)
        self.depth_asked = 0
        self.finished = asyncio.Event()
        exchange.socket, exchange.rest = self.socket, self.rest

    async def socket(self, peer, head, body):
        if not self.scripts:
            await peer.ended.wait()
        script = self.scripts.pop(0)
        peer.send(accept(head))
        await script(peer)
        if not self.scripts:
            self.finished.set()

    async def rest(self, peer, head, body):
        if b"/depth?" in head:
            self.depth_asked += 1
            last = self.snapshots.pop(0) if self.snapshots else 0
            peer.send(http(b'{"lastUpdateId":%d,"bids":[],"asks":[]}' % last))
        else:
            peer.send(http(b"{}"))


async def hold(peer):
    await peer.ended.wait()


def hold_with(frames):
    async def script(peer):
        peer.send(frames)
        await peer.ended.wait()

    return script


def interactions(reader, part):
    return [e for e in events(reader, Interaction) if part in e.target]


@pytest.fixture
def quick(monkeypatch):
    """Reconnections that do not wait."""
    monkeypatch.setattr(direct, "_BACKOFF_S", 0.001)
    monkeypatch.setattr(direct.DirectRecorder.__init__, "__kwdefaults__", {"backoff_s": 0.001})


async def until(condition):
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to that")


async def test_streams_are_recorded_with_what_a_client_would_fetch(exchange, tmp_path, quick):
    async def script(peer):
        peer.send(frame(b"17", PING))
        assert (await peer.message()).payload == b"17"  # the pong
        peer.send(diff(10, 12) + trade(1) + diff(13, 15))
        await peer.ended.wait()

    scripted = Scripted(exchange, [script], [11])
    async with recording(exchange, tmp_path / "a.rpx", **WANTED) as session:
        await until(lambda: session.live.recording.totals.messages == 3 and scripted.depth_asked)
        await until(lambda: session.live.recording.totals.interactions >= 5)
        reader = await session.cassette()
    (opened,) = events(reader, Opened)
    assert opened.target == "/stream?streams=btcusdt@trade/btcusdt@depth@100ms"
    assert {c.name for c in reader.channels.values()} == {"btcusdt@trade", "btcusdt@depth@100ms"}
    assert len(payloads(reader)) == 3
    assert interactions(reader, "/api/v3/exchangeInfo")
    assert interactions(reader, "/api/v3/klines")
    assert len(interactions(reader, "/api/v3/depth")) == 1
    assert [(c.sent, c.opcode) for c in events(reader, Control)] == [(False, 9), (True, 10)]
    assert events(reader, Gap) == []
    (closed,) = events(reader, Closed)
    assert (closed.code, closed.by) == (1001, "recorder")
    assert reader.header.clock_offset_ns is not None


async def test_snapshots_are_fetched_until_one_joins_the_diffs(exchange, tmp_path, quick):
    async def script(peer):
        peer.send(diff(100, 110))
        await until(lambda: scripted.depth_asked == 3)  # 50 and 60 are too old; 120 is ahead
        peer.send(diff(111, 119))
        peer.send(diff(120, 125))
        await peer.ended.wait()

    scripted = Scripted(exchange, [script], [50, 60, 120, 999])
    async with recording(exchange, tmp_path / "a.rpx", **WANTED) as session:
        await until(lambda: session.live.recording.totals.messages == 3)
        reader = await session.cassette()
    assert len(interactions(reader, "/api/v3/depth")) == 3
    assert scripted.snapshots == [999]


async def test_a_lost_connection_is_a_gap_and_is_opened_again(exchange, tmp_path, quick):
    async def dropped(peer):
        peer.send(trade(1))
        await peer.writer.drain()

    async def closed(peer):
        peer.send(trade(2) + frame(close_payload(1001, "maintenance"), CLOSE))
        await peer.message()

    async def last(peer):
        peer.send(trade(3) + trade(5))
        await peer.ended.wait()

    Scripted(exchange, [dropped, closed, last], [])
    async with recording(exchange, tmp_path / "a.rpx", **WANTED) as session:
        await until(lambda: session.live.recording.totals.messages == 4)
        reader = await session.cassette()
    assert len(events(reader, Opened)) == 3
    assert [(c.code, c.by) for c in events(reader, Closed)] == [
        (1006, "venue"), (1001, "venue"), (1001, "recorder"),
    ]  # fmt: skip
    reasons = [(gap.reason, gap.channel) for gap in events(reader, Gap)]
    assert ("the venue dropped the connection", "") in reasons
    assert ("the venue closed the connection", "") in reasons
    assert ("messages are missing", "btcusdt@trade") in reasons


async def test_a_refused_connection_is_tried_again(exchange, tmp_path, quick):
    async def last(peer):
        peer.send(trade(3))
        await peer.ended.wait()

    scripted = Scripted(exchange, [last], [])

    async def refuse(peer, head, body):
        exchange.socket = scripted.socket
        peer.send(http(b"{}", b"503 Service Unavailable"))

    exchange.socket = refuse
    told = []
    out = tmp_path / "a.rpx"
    async with recording(exchange, out, on_notice=told.append, **WANTED) as session:
        await until(lambda: session.live.recording.totals.messages == 1)
        reader = await session.cassette()
    assert told[0] == "the venue refused the connection: 503"
    assert "the venue refused the connection: 503" in [g.reason for g in events(reader, Gap)]


async def test_a_connection_is_renewed_before_the_venue_would_close_it(
    exchange, tmp_path, quick, monkeypatch
):
    liveness = type(load_venue("binance-spot").liveness)
    short = liveness(ping_interval_ns=10**12, pong_deadline_ns=10**12, lifetime_ns=100_000_000)
    monkeypatch.setattr(load_venue("binance-spot"), "liveness", short)
    seen = []

    async def first(peer):
        peer.send(trade(1))
        message = await peer.message()
        seen.append((message.opcode, message.payload[:2]))

    async def second(peer):
        peer.send(trade(2))
        await peer.ended.wait()

    Scripted(exchange, [first, second], [])
    async with recording(exchange, tmp_path / "a.rpx", **WANTED) as session:
        await until(lambda: session.live.recording.totals.messages == 2 and seen)
        reader = await session.cassette()
    assert seen == [(CLOSE, (1000).to_bytes(2, "big"))]
    assert "the venue dropped the connection" not in [g.reason for g in events(reader, Gap)]


async def test_a_silent_connection_is_dropped(exchange, tmp_path, quick, monkeypatch):
    liveness = type(load_venue("binance-spot").liveness)
    short = liveness(ping_interval_ns=1, pong_deadline_ns=1, lifetime_ns=10**15)
    monkeypatch.setattr(load_venue("binance-spot"), "liveness", short)
    monkeypatch.setattr(direct, "NS_PER_S", 1_000_000)
    scripted = Scripted(exchange, [hold] * 10, [])
    async with recording(exchange, tmp_path / "a.rpx", **WANTED) as session:
        # On a busy machine one may be dropped before it is open: so, some more.
        await until(lambda: len(scripted.scripts) <= 6)
        await until(lambda: session.live.recording.totals.gaps >= 2)
        reader = await session.cassette()
    assert len(events(reader, Opened)) >= 2


async def test_a_stream_the_market_does_not_have_is_an_error(exchange, tmp_path):
    with pytest.raises(InvalidOption):
        async with recording(
            exchange, tmp_path / "a.rpx", symbols=("BTCUSDT",), streams=("trades",)
        ):
            pass
    assert not (tmp_path / "a.rpx").exists()


async def test_what_the_venue_refuses_is_marked_and_told_once(exchange, tmp_path, quick):
    scripted = Scripted(exchange, [hold_with(diff(10, 12))], [])

    async def refuse(peer, head, body):
        scripted.depth_asked += b"/depth?" in head
        peer.send(http(b'{"code":-1,"msg":"no"}', b"404 Not Found"))

    exchange.rest = refuse
    told = []
    out = tmp_path / "a.rpx"
    async with recording(exchange, out, on_notice=told.append, **WANTED) as session:
        await until(lambda: session.live.recording.totals.gaps)
        assert scripted.depth_asked == 10
        reader = await session.cassette()
    (gap,) = events(reader, Gap)
    assert (gap.channel, gap.reason) == (
        "btcusdt@depth@100ms", "no depth snapshot joins the diffs",
    )  # fmt: skip
    assert len(told) == len(set(told))
    for part in ("/exchangeInfo", "/klines", "/depth", "its book is unknown"):
        assert any(part in notice for notice in told)


async def test_a_recording_that_ends_before_a_snapshot_joined_says_so(exchange, tmp_path, quick):
    scripted = Scripted(exchange, [hold_with(diff(10, 12))], [100])  # ahead of all diffs
    told = []
    out = tmp_path / "a.rpx"
    async with recording(exchange, out, on_notice=told.append, **WANTED) as session:
        await until(lambda: scripted.depth_asked)
        reader = await session.cassette()
    assert [gap.channel for gap in events(reader, Gap)] == ["btcusdt@depth@100ms"]
    assert len(told) == 1
