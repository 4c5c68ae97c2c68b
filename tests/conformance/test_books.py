"""A book kept by the published algorithm, to the letter, stays in sync with a replay, and right."""

import asyncio
import json
import random
import subprocess
import sys
from contextlib import contextmanager
from itertools import takewhile

import aiohttp
import pytest

from replayx.cassette.reader import CassetteReader
from tests.conformance.followed_book import FollowedBook
from tests.conftest import CAPTURES
from tests.oracle.book import Book
from tests.oracle.told import captured, read

pytestmark = pytest.mark.capture

SEED = 20240808
MINUTES = 2
SPEED = "60"  # at `max` there is nothing left to join when a snapshot has been fetched
FILES = {
    "binance-spot": "binance_spot_20240808_btcusdt_ethusdt",
    "binance-usdm": "binance_usdm_20240808_btcusdt_ethusdt",
}
CHANNELS = {
    "binance-spot": ("btcusdt@depth@100ms", "ethusdt@depth@100ms"),
    "binance-usdm": ("btcusdt@depth@0ms", "ethusdt@depth@0ms"),
}


@contextmanager
def replaying(cassette, *options):
    """Run a replay server; give its URLs by market, and the control API's."""
    command = [sys.executable, "-m", "replayx", "replay", str(cassette), "--port", "0", "--json"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            ready = json.loads(server.stdout.readline())
            yield ready["listeners"], ready["control"]
        finally:
            server.terminate()


async def until(holds, tasks):
    """Wait until something holds; raise what a task raised."""
    while not holds():
        await asyncio.sleep(0.002)
        for task in tasks:
            if task.done():
                task.result()


async def follow_to_the_end(urls, control, market, last_ids):
    """Follow every symbol, joining at the start and at two later moments, to the last ids."""
    rng, books, tasks = random.Random(SEED), [], []
    async with aiohttp.ClientSession(control) as http:

        async def command(method, path, **body):
            async with http.request(method, path, json=body) as answer:
                assert answer.ok, await answer.text()
                return await answer.json()

        clock = await command("PATCH", "/clock", paused=True)
        moments = sorted(rng.randrange(clock["start_ns"], clock["end_ns"]) for _ in range(2))
        for stop_ns in (*moments, clock["end_ns"]):
            for channel in CHANNELS[market]:
                books.append(FollowedBook(urls, channel, is_futures=market == "binance-usdm"))
                tasks.append(asyncio.create_task(books[-1].follow()))
            await until(lambda: all(book.connects for book in books), tasks)
            await command("POST", "/clock/run-until", at=stop_ns)
    await until(lambda: all(book.last >= last_ids[book.channel] for book in books), tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return books


@pytest.mark.parametrize("market", FILES)
async def test_books_stay_in_sync(imported, market):
    name, final = FILES[market], {}
    with CassetteReader(imported(name)) as reader:
        end_ns = reader.start_ns + MINUTES * 60 * 1_000_000_000
    lines = captured([CAPTURES / "ws" / f"{name}.ndjson.zst"])
    told = read(takewhile(lambda line: line["t"] < end_ns, lines))
    for symbol, one in told.items():
        book = Book()
        book.load(one.snapshots[0])
        for delta in one.deltas:
            book.apply(delta)
        final[symbol] = book
    last_ids = {name: final[name.partition("@")[0].upper()].last for name in CHANNELS[market]}
    options = ("--speed", SPEED, "--to", f"{MINUTES}m")
    with replaying(imported(name), *options) as (urls, control):
        async with asyncio.timeout(120):
            books = await follow_to_the_end(urls[market], control, market, last_ids)
    for book in books:
        assert (book.resyncs, book.connects) == (0, 1), book.complaints
        expected = final[book.channel.partition("@")[0].upper()]
        assert book.last == expected.last
        bids, asks = expected.levels(500)
        assert book.best(500) == {"bids": [list(x) for x in bids], "asks": [list(x) for x in asks]}
