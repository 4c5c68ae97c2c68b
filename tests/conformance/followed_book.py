"""A local order book by the venue's published algorithm, to the letter; it counts what goes wrong.

Spot: binance-spot-api-docs, web-socket-streams.md, "How to manage a local order book correctly".
USDⓈ-M: the derivatives documentation's page of the same name, with `pu`.
"""

import asyncio
import json
from decimal import Decimal

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

# How long to wait before asking again for a snapshot that was older than the first difference.
AGAIN_S = 0.02


class OutOfSync(Exception):
    """The algorithm says: start over."""


class FollowedBook:
    """One symbol's book. `resyncs`: how often it had to start over though nothing was cut."""

    def __init__(self, urls: dict[str, str], channel: str, *, is_futures: bool) -> None:
        self._is_futures = is_futures
        symbol = channel.partition("@")[0].upper()
        path, limit = ("/fapi/v1/depth", 1000) if is_futures else ("/api/v3/depth", 5000)
        self._snapshot_url = f"{urls['rest']}{path}?symbol={symbol}&limit={limit}"
        self._stream_url = f"{urls['ws']}{'/public' if is_futures else ''}/ws/{channel}"
        self._sides: tuple[dict[Decimal, str], dict[Decimal, str]] = ({}, {})
        self._prices: dict[Decimal, str] = {}
        self.channel = channel
        self.last = 0
        self.is_joined = False
        self.applied = self.resyncs = self.snapshots = self.connects = 0
        self.complaints: list[str] = []

    async def follow(self) -> None:
        """Follow until cancelled; connect again when the connection is closed."""
        async with aiohttp.ClientSession() as http:
            while True:
                self.is_joined = False
                try:
                    await self._follow_once(http)
                except ConnectionClosed:
                    await asyncio.sleep(AGAIN_S)
                except OutOfSync as complaint:
                    self.resyncs += 1
                    self.complaints.append(str(complaint))

    async def _follow_once(self, http: aiohttp.ClientSession) -> None:
        async with connect(self._stream_url, compression=None, max_queue=None) as socket:
            self.connects += 1
            first = json.loads(await socket.recv())
            await self._load(http, first["U"])
            self.apply(first)
            while True:
                self.apply(json.loads(await socket.recv()))

    async def _load(self, http: aiohttp.ClientSession, first_id: int) -> None:
        while True:
            async with http.get(self._snapshot_url) as answer:
                answer.raise_for_status()
                snapshot = await answer.json()
            self.snapshots += 1
            if snapshot["lastUpdateId"] >= first_id:
                break
            await asyncio.sleep(AGAIN_S)
        self.last, self.is_joined = snapshot["lastUpdateId"], False
        self._sides = ({}, {})
        self._set(snapshot["bids"], snapshot["asks"])

    def apply(self, message: dict) -> None:
        """Apply a difference, or raise OutOfSync."""
        if self._is_old(message):
            return
        if not self._follows(message):
            ids = {name: message[name] for name in ("U", "u", "pu") if name in message}
            raise OutOfSync(f"{self.channel}: {ids} behind {self.last}, joined: {self.is_joined}")
        self._set(message["b"], message["a"])
        self.last, self.is_joined = message["u"], True
        self.applied += 1
        bids, asks = self._sides
        if bids and asks and max(bids) >= min(asks):
            raise OutOfSync(f"{self.channel}: crossed at {self.last}")

    def best(self, count: int) -> dict[str, list[list[str]]]:
        """Return the best levels of both sides, as the venue wrote them."""
        told = {}
        for name, side in zip(("bids", "asks"), self._sides, strict=True):
            prices = sorted(side, reverse=name == "bids")[:count]
            told[name] = [[self._prices[price], side[price]] for price in prices]
        return told

    def _is_old(self, message: dict) -> bool:
        if self.is_joined:
            return message["u"] <= self.last
        return message["u"] < self.last or (not self._is_futures and message["u"] == self.last)

    def _follows(self, message: dict) -> bool:
        if not self._is_futures:
            return message["U"] <= self.last + 1
        if self.is_joined:
            return message["pu"] == self.last
        return message["U"] <= self.last <= message["u"]

    def _set(self, bids: list, asks: list) -> None:
        for side, levels in zip(self._sides, (bids, asks), strict=True):
            for text, quantity in levels:
                price = Decimal(text)
                self._prices[price] = text
                if Decimal(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)
