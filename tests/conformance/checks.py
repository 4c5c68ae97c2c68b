"""Run named checks of a client and report each as one JSON line; the last exit status says all.

A check is an async function; it passes when it returns, and what it returns is shown.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal

CHECK_S = 25  # how long one check may take

Check = Callable[[], Awaitable[object]]


class Checks:
    """The checks of one client, run in order; one that fails does not stop the next."""

    def __init__(self) -> None:
        self.failed = 0

    async def run(self, name: str, check: Check) -> None:
        """Run a check and report it."""
        try:
            async with asyncio.timeout(CHECK_S):
                detail, passed = str(await check()), True
        except TimeoutError:
            detail, passed = f"not done after {CHECK_S} s", False
        except Exception as error:
            detail, passed = f"{type(error).__name__}: {error}", False
        self.failed += not passed
        line = json.dumps({"check": name, "passed": passed, "detail": detail[:500]})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    async def run_all(self, prefix: str, checks: dict[str, Check]) -> None:
        """Run several checks."""
        for name, check in checks.items():
            await self.run(prefix + name, check)


def listeners() -> dict[str, dict[str, str]]:
    """Return the replay server's URLs by market and role, as given on the command line."""
    return json.loads(sys.argv[1])


def origin(url: str) -> str:
    """Return a URL without its path."""
    return "/".join(url.split("/")[:3])


def expect(found: object, expected: object) -> None:
    """Raise unless two values are equal."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def claim(holds: object, what: str) -> None:
    """Raise unless something holds."""
    if not holds:
        raise AssertionError(what)


def check_book(bids, asks, *, most: int) -> str:
    """Check that a book is sorted, not crossed, and not deeper than asked for."""
    bid_prices, ask_prices = ([Decimal(str(level[0])) for level in side] for side in (bids, asks))
    claim(bid_prices and ask_prices, "a side is empty")
    claim(len(bid_prices) <= most and len(ask_prices) <= most, f"more than {most} levels")
    expect(bid_prices, sorted(set(bid_prices), reverse=True))
    expect(ask_prices, sorted(set(ask_prices)))
    claim(bid_prices[0] < ask_prices[0], f"crossed: {bid_prices[0]} / {ask_prices[0]}")
    return f"{len(bid_prices)} x {len(ask_prices)} levels, {bid_prices[0]} / {ask_prices[0]}"


def check_bars(rows, interval_ms: int, *, count: int) -> str:
    """Check that candles tile and hold their own prices."""
    expect(len(rows), count)
    times = [int(row[0]) for row in rows]
    expect(times, list(range(times[0], times[0] + interval_ms * count, interval_ms)))
    for row in rows:
        start, high, low, close = (Decimal(str(value)) for value in row[1:5])
        claim(low <= min(start, close) and max(start, close) <= high, f"not a candle: {row}")
    return f"{count} bars"


def check_rising(ids) -> str:
    """Check that ids rise by one each."""
    ids = [int(one) for one in ids]
    expect(ids, list(range(ids[0], ids[0] + len(ids))))
    return f"{len(ids)} ids"


class LocalBook:
    """A book kept by the venue's recipe: a snapshot, then the differences that join it."""

    def __init__(self, snapshot: dict, *, is_futures: bool) -> None:
        self._sides = tuple(
            {Decimal(price): Decimal(lots) for price, lots in snapshot[side]}
            for side in ("bids", "asks")
        )
        self._is_futures = is_futures
        self._update_id = snapshot["lastUpdateId"]
        self._joined = False
        self.applied = 0

    def apply(self, message: dict) -> None:
        """Apply a difference; those from before the snapshot are passed over."""
        if message["u"] <= self._update_id and not self._joined:
            return
        claim(self._follows(message), f"a gap between {self._update_id} and {message['U']}")
        for side, key in zip(self._sides, "ba", strict=True):
            for price, lots in message[key]:
                side[Decimal(price)] = Decimal(lots)
                if not side[Decimal(price)]:
                    del side[Decimal(price)]
        claim(max(self._sides[0]) < min(self._sides[1]), "the book is crossed")
        self._update_id, self._joined = message["u"], True
        self.applied += 1

    def _follows(self, message: dict) -> bool:
        if not self._is_futures:
            is_next = message["U"] == self._update_id + 1
            return is_next or (not self._joined and message["U"] <= self._update_id)
        if self._joined:
            return message["pu"] == self._update_id
        return message["pu"] <= self._update_id
