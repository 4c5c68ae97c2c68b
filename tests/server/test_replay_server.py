import asyncio
import hashlib
import socket
import ssl
import threading

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from replayx.clock import RealClock
from replayx.errors import InvalidOption, ReplayxError, UnknownMarket
from replayx.faults.plan_text import plan_from_document
from replayx.server import deck
from replayx.server.replay_server import ReplayOptions, ReplayServer
from replayx.session.answers import Answers
from replayx.session.session import AtEnd
from tests.fake_venue import FakeVenue
from tests.server.conftest import CHANNELS, MS, ROWS, T0
from tests.server.raw_client import RawClient
from tests.tapes import sealed, write_cassette

COMBINED = [payload.decode() for _, _, payload in ROWS]
RAW_A = [str(k) for k in range(0, 40, 2)]


async def _read_to_close(url: str, **options) -> tuple[list[str], int, str]:
    async with connect(url, **options) as client:
        got = []
        try:
            while True:
                got.append(await client.recv())
        except ConnectionClosed as closed:
            return got, closed.rcvd.code, closed.rcvd.reason


async def test_a_client_gets_the_whole_tape_and_a_close(serve):
    async with serve(at_end=AtEnd.CLOSE) as (_, urls):
        assert await _read_to_close(urls["ws"] + "/c/a/b") == (COMBINED, 1001, "")


async def test_clients_with_other_subscriptions_get_theirs(serve):
    async with serve(at_end=AtEnd.CLOSE, speed=1) as (_, urls):
        both, raw = await asyncio.gather(
            _read_to_close(urls["ws"] + "/c/a/b"), _read_to_close(urls["ws"] + "/s/a")
        )
        assert raw[0] == RAW_A[len(RAW_A) - len(raw[0]) :]
        assert both[0] == COMBINED[len(COMBINED) - len(both[0]) :]
        assert both[0]
        assert raw[0]


async def test_many_clients_each_get_every_message(serve):
    async with serve(at_end=AtEnd.CLOSE, speed=1, starts="command") as (server, urls):
        clients = [await connect(urls["ws"] + "/c/a/b") for _ in range(30)]
        server.begin()
        for client in clients:
            assert [await client.recv() for _ in ROWS] == COMBINED
            await client.close()


async def test_two_replays_give_identical_bytes(serve):
    async def digest() -> str:
        async with serve(at_end=AtEnd.CLOSE) as (_, urls):
            host, port = urls["ws"].removeprefix("ws://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                b"GET /c/a/b HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            await reader.readuntil(b"\r\n\r\n")
            frames = await reader.readuntil(b"\x88\x02\x03\xe9")
            writer.close()
            return hashlib.sha256(frames).hexdigest()

    assert await digest() == await digest()


async def test_nothing_comes_before_its_time(serve):
    clock = RealClock()
    async with serve(speed=1, starts="command") as (server, urls):
        client = await connect(urls["ws"] + "/c/a/b", compression=None)
        start_ns = clock.now_ns()
        server.begin()
        for at_ns, _, _ in ROWS:
            await client.recv()
            assert clock.now_ns() - start_ns >= at_ns - T0
        await client.close()


async def test_commands_and_pings_are_answered(serve):
    async with serve(starts="command") as (_, urls), connect(urls["ws"] + "/s") as client:
        await client.send("+a")
        assert await client.recv() == "ok"
        await client.send(b"-a")
        assert await client.recv() == "ok"
        assert await (await client.ping(b"hello")) >= 0
        await client.send("bye")
        assert await client.recv() == "so long"
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "you asked")


async def test_a_refused_handshake_is_an_http_error(serve):
    async with serve() as (_, urls):
        with pytest.raises(InvalidStatus) as refused:
            await connect(urls["ws"] + "/nowhere")
        assert (refused.value.response.status_code, refused.value.response.body) == (
            404,
            b"no such path",
        )


async def test_requests_are_answered_and_counted(serve):
    async with serve() as (server, urls), aiohttp.ClientSession() as client:
        async with client.get(urls["rest"] + "/d?a=1&timestamp=9") as answer:
            assert (answer.status, await answer.read()) == (200, b"depth")
            assert answer.headers["Content-Type"] == "application/json"
        async with client.post(urls["rest"] + "/o", data=b"q") as answer:
            assert await answer.read() == b"order"
        assert server.unmatched_count == 0
        async with client.get(urls["rest"] + "/d?a=2") as answer:
            assert answer.status == 404
            assert "a 1, asked 2" in await answer.text()
        assert server.unmatched_count == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/time", {}),
        ("/api.fake.example/time", {}),
        ("/time", {"Host": "api.fake.example"}),
        ("/time", {"Host": "api.fake.example:9443"}),
    ],
)
async def test_the_market_may_be_named_by_the_original_host(serve, path, headers):
    async with (
        serve() as (_, urls),
        aiohttp.ClientSession() as client,
        client.get(urls["rest"] + path, headers=headers) as answer,
    ):
        assert int(await answer.read()) == T0 // MS


async def test_a_socket_may_be_opened_under_the_original_host(serve):
    async with serve(at_end=AtEnd.CLOSE) as (_, urls):
        got, _, _ = await _read_to_close(urls["ws"] + "/api.fake.example/s/a")
        assert got == RAW_A


async def test_stopping_closes_sockets_with_1001_and_frees_the_port(serve):
    async with serve(starts="command") as (server, urls):
        client = await connect(urls["ws"] + "/s/a")
        port = int(urls["ws"].rsplit(":", 1)[1])
        await server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd.code == 1001
        socket.create_server(("127.0.0.1", port)).close()


async def test_at_the_end_it_may_exit(serve):
    async with serve(at_end=AtEnd.EXIT) as (server, urls):
        got, code, _ = await _read_to_close(urls["ws"] + "/s/a")
        assert (got, code) == (RAW_A, 1001)
        await asyncio.wait_for(server.wait(), 5)


async def test_a_port_that_is_taken_is_told(tape, serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = ReplayServer([tape], ReplayOptions(ports=(port,)))
        with pytest.raises(InvalidOption, match=f"cannot listen on 127.0.0.1:{port}"):
            await server.start()
        await server.stop()


async def test_more_ports_than_markets_are_refused(tape, serve):
    server = ReplayServer([tape], ReplayOptions(ports=(0, 0)))
    with pytest.raises(InvalidOption, match=r"2 ports; expected at most 1: one a market \(fake\)"):
        await server.start()
    await server.stop()


async def test_a_client_that_reads_nothing_is_cut_off(serve, tmp_path, monkeypatch):
    monkeypatch.setattr("replayx.server.sink.CLIENT_BUFFER_BYTES_MAX", 10_000)
    from tests.tapes import channel, sealed, write_cassette

    rows = [(T0 + k, 0, b"x" * 60_000) for k in range(400)]
    big = write_cassette(tmp_path / "big.rpx", [channel(0, "a")], [sealed(rows)])
    async with serve(big, speed=1) as (server, urls):
        host, port = urls["ws"].removeprefix("ws://").split(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(
            b"GET /s/a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        async with asyncio.timeout(5):
            while not server.cut_off_count:
                await asyncio.sleep(0)
        writer.close()


async def test_a_client_for_whom_a_rule_holds_too_much_is_counted_as_cut_off(serve, monkeypatch):
    monkeypatch.setattr("replayx.session.links.CLIENT_BUFFER_BYTES_MAX", 8)
    plan = plan_from_document({"toxic": [{"type": "stall"}]}, "plan", venues={})
    async with serve(speed=None, plan=plan, seed=1) as (server, urls):
        client = await RawClient.connect(urls["ws"] + "/s/a")
        async with asyncio.timeout(5):
            await client.closed.wait()
        assert server.cut_off_count == 1


async def test_tls(serve, tmp_path):
    from tests.server.certificates import make_certificate

    cert, key = make_certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    trusting = ssl.create_default_context(cafile=str(cert))
    async with serve(at_end=AtEnd.CLOSE, tls=tls) as (_, urls):
        assert urls["rest"].startswith("https://")
        got, _, _ = await _read_to_close(urls["ws"] + "/c/a/b", ssl=trusting)
        assert got == COMBINED


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_parts_play_the_same_in_any_order_even_if_they_overlap(serve, tmp_path, order):
    from tests.server.conftest import CHANNELS
    from tests.tapes import sealed, write_cassette

    parts = [
        write_cassette(tmp_path / "1.rpx", CHANNELS, [sealed(ROWS[:25])]),
        write_cassette(tmp_path / "2.rpx", CHANNELS, [sealed(ROWS[18:])]),
    ]
    async with serve(*(parts[k] for k in order), at_end=AtEnd.CLOSE) as (_, urls):
        assert await _read_to_close(urls["ws"] + "/c/a/b") == (COMBINED, 1001, "")


async def test_to_begin_beyond_the_end_is_refused(serve):
    with pytest.raises(InvalidOption, match=r"--from: 1 s; expected at most .* lasts: 0\.04 s"):
        async with serve(from_at=lambda start_ns: start_ns + 1_000_000_000):
            raise AssertionError


async def test_requests_wait_for_what_was_recorded_to_be_gathered(serve, monkeypatch):
    gathered, may_go_on = [], threading.Event()
    prepare = Answers.prepare

    def slowly(answers):
        may_go_on.wait(5)
        gathered.append(answers)
        prepare(answers)

    monkeypatch.setattr(Answers, "prepare", slowly)
    async with serve() as (_, urls), aiohttp.ClientSession() as client:
        asked = asyncio.ensure_future(client.get(urls["rest"] + "/d?a=1"))
        async with connect(urls["ws"] + "/s/a", max_queue=None) as watching:
            assert await watching.recv() == RAW_A[0]  # nothing else waits
        assert gathered == []
        may_go_on.set()
        async with await asked as answer:
            assert await answer.read() == b"depth"


async def test_an_unreadable_index_of_requests_is_told(serve, monkeypatch):
    def damaged(answers):
        raise ReplayxError("torn")

    monkeypatch.setattr(Answers, "prepare", damaged)
    async with serve() as (server, _):
        with pytest.raises(ReplayxError, match="torn"):
            await asyncio.wait_for(server.wait(), 5)


async def test_a_market_that_no_venue_knows_is_left_out(tmp_path, monkeypatch):
    def load(name):
        if name != "fake":
            raise UnknownMarket(f"no market is called {name!r}")
        return FakeVenue()

    made = write_cassette(
        tmp_path / "two.rpx", CHANNELS, [sealed(ROWS)], markets=("stranger", "fake")
    )
    monkeypatch.setattr(deck, "load_venue", load)
    async with ReplayServer([made], ReplayOptions()) as server:
        assert list(server.urls) == ["fake"]
        assert server.unknown_markets == ("stranger",)
