"""A book kept by the published algorithm, to the letter, stays in sync with a replay, and right."""

import asyncio
import json
import random
import subprocess
import sys
from contextlib import contextmanager

import pytest

from replayx.recorder.importer import import_captures
from tests.conformance.followed_book import FollowedBook
from tests.conftest import CAPTURES
from tests.oracle.book import Book
from tests.oracle.told import captured, read

pytestmark = pytest.mark.capture

SEED = 20240808
SPEED = "60"  # at `max` a capture is over before a client has fetched its snapshot
FILES = {
    "binance-spot": "binance_spot_20240808_btcusdt_ethusdt",
    "binance-usdm": "binance_usdm_20240808_btcusdt_ethusdt",
}
CHANNELS = {
    "binance-spot": ("btcusdt@depth@100ms", "ethusdt@depth@100ms"),
    "binance-usdm": ("btcusdt@depth@0ms", "ethusdt@depth@0ms"),
}


def capture_of(market):
    return CAPTURES / "ws" / f"{FILES[market]}.ndjson.zst"


@contextmanager
def replaying(cassette, *options):
    """Run a replay server; give its URLs by market."""
    command = [sys.executable, "-m", "replayx", "replay", str(cassette), "--port", "0", "--json"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())["listeners"]
        finally:
            server.terminate()


async def until(holds, tasks):
    """Wait until something holds; raise what a task raised."""
    while not holds():
        await asyncio.sleep(0.002)
        for task in tasks:
            if task.done():
                task.result()


async def follow_to_the_end(urls, market, last_ids, rng):
    """Follow every symbol, joining at the start and later, until each has seen the last id."""
    books, tasks = [], []
    for channel in CHANNELS[market]:
        for wanted in (0, rng.randrange(100, 1000), rng.randrange(1000, 2000)):
            # The first of a symbol joins at the start, the others when that has got somewhere.
            first = next((one for one in books if one.channel == channel), None)
            await until(lambda: first is None or first.applied >= wanted, tasks)  # noqa: B023
            books.append(FollowedBook(urls, channel, is_futures=market == "binance-usdm"))
            tasks.append(asyncio.create_task(books[-1].follow()))
    await until(lambda: all(book.last >= last_ids[book.channel] for book in books), tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return books


@pytest.mark.parametrize("market", FILES)
async def test_books_stay_in_sync(captures, tmp_path, market):
    told = read(captured([capture_of(market)]))
    final = {}
    for symbol, one in told.items():
        book = Book()
        book.load(one.snapshots[0])
        for delta in one.deltas:
            book.apply(delta)
        final[symbol] = book
    import_captures([capture_of(market)], tmp_path / "tape.rpx")
    last_ids = {name: final[name.partition("@")[0].upper()].last for name in CHANNELS[market]}
    with replaying(tmp_path / "tape.rpx", "--speed", SPEED) as urls:
        async with asyncio.timeout(60):
            rng = random.Random(SEED)
            books = await follow_to_the_end(urls[market], market, last_ids, rng)
    for book in books:
        assert (book.resyncs, book.connects) == (0, 1), book.complaints
        expected = final[book.channel.partition("@")[0].upper()]
        assert book.last == expected.last
        bids, asks = expected.levels(500)
        assert book.best(500) == {"bids": [list(x) for x in bids], "asks": [list(x) for x in asks]}
