"""Snapshots are fetched until one joins the diffs."""

import asyncio

from replayx.recorder import book_watch
from replayx.recorder.book_watch import BookWatch
from replayx.venues.registry import load_venue

VENUE = load_venue("binance-spot")


def diff(first: int, last: int) -> bytes:
    return b'{"e":"depthUpdate","s":"X","U":%d,"u":%d,"b":[],"a":[]}' % (first, last)


def snapshots(*ids):
    rest = list(ids)

    async def fetch():
        return b'{"lastUpdateId":%d}' % rest.pop(0) if rest else b""

    fetch.rest = rest
    return fetch


async def test_the_first_that_joins_ends_it():
    watch, fetch = BookWatch(VENUE), snapshots(5, 11, 99)
    watch.diff(diff(10, 12))
    assert await watch.join(fetch, delay_s=0)
    assert fetch.rest == [99]


async def test_nothing_is_fetched_before_the_first_diff():
    watch, fetch = BookWatch(VENUE), snapshots(11)
    joining = asyncio.create_task(watch.join(fetch, delay_s=0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert fetch.rest == [11]
    watch.diff(diff(10, 12))
    assert await joining


async def test_a_snapshot_ahead_waits_for_its_diff():
    watch, fetch = BookWatch(VENUE), snapshots(20)
    watch.diff(diff(10, 12))
    joining = asyncio.create_task(watch.join(fetch, delay_s=0))
    for first in (13, 16):
        await asyncio.sleep(0)
        watch.diff(diff(first, first + 2))
    await asyncio.sleep(0)
    assert not joining.done()
    watch.diff(diff(19, 22))
    assert await joining


async def test_it_gives_up_after_some_fetches():
    watch, fetch = BookWatch(VENUE), snapshots(*[1] * 99)
    watch.diff(diff(10, 12))
    assert not await watch.join(fetch, delay_s=0)
    assert len(fetch.rest) == 99 - book_watch._FETCHES_MAX


async def test_a_new_connection_forgets_the_diffs_of_the_old_one():
    watch = BookWatch(VENUE)
    watch.diff(diff(10, 12))
    watch.reset()
    watch.diff(diff(50, 52))
    assert await watch.join(snapshots(11, 51), delay_s=0)
