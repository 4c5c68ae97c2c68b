"""A local order book by the venue's published algorithm; the drivers that have none use it.

binance-spot-api-docs, web-socket-streams.md, "How to manage a local order book correctly".
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

from telling import tell, tell_book


class OutOfSyncError(Exception):
    """The algorithm says: start over."""


class PublishedBook:
    """One symbol's book. The caller opens a stream, loads, and applies what comes."""

    def __init__(self) -> None:
        self.last = 0
        self._is_joined = False
        self._sides: tuple[dict[Decimal, str], dict[Decimal, str]] = ({}, {})

    async def load(self, snapshot: Callable[[], Awaitable[dict]], first_id: int) -> None:
        """Take the first snapshot that is not older than the differences there are."""
        while True:
            told = await snapshot()
            if told["lastUpdateId"] >= first_id:
                break
            tell("old snapshot", last=told["lastUpdateId"])
            await asyncio.sleep(0.1)
        self.last, self._is_joined = told["lastUpdateId"], False
        self._sides = ({}, {})
        self._set(told["bids"], told["asks"])

    def apply(self, message: dict) -> None:
        """Apply a difference, or raise OutOfSyncError."""
        if message["u"] <= self.last:
            return
        if message["U"] > self.last + 1:
            raise OutOfSyncError(f"{message['U']} does not follow {self.last}")
        self._set(message["b"], message["a"])
        self.last, self._is_joined = message["u"], True
        bids, asks = self._sides
        best = sorted(bids, reverse=True)[:10], sorted(asks)[:10]
        tell_book(self.last, *([[p, side[p]] for p in ps] for side, ps in zip(
            self._sides, best, strict=True)))  # fmt: skip
        if best[0] and best[1] and best[0][0] >= best[1][0]:
            raise OutOfSyncError(f"crossed at {self.last}")

    def _set(self, bids: list, asks: list) -> None:
        for side, levels in zip(self._sides, (bids, asks), strict=True):
            for price, quantity in levels:
                if Decimal(quantity):
                    side[Decimal(price)] = quantity
                else:
                    side.pop(Decimal(price), None)
