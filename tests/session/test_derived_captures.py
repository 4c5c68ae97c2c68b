"""Derived streams of the real captures against what they are by definition."""

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction
from replayx.market.codec import Fact
from replayx.market.history import MarketHistory
from replayx.session.derived_streams import DerivedStreams
from replayx.session.venue_clock import VenueClock
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpRequest

# The recorder's clock was behind the venue's (README of the captures).
TAPES = {
    "binance-spot": ("binance_spot_20240808_btcusdt_ethusdt", "ethusdt", 1_272),
    "binance-usdm": ("binance_usdm_20240808_btcusdt_ethusdt", "ethusdt", 1_269),
}
pytestmark = pytest.mark.capture


class _Tape:
    """A capture, its derived streams, and what it tells, in order."""

    def __init__(self, path: Path, market: str, symbol: str, offset_ms: int) -> None:
        self.venue = load_venue(market)
        self.symbol = symbol
        self.offset_ms = offset_ms
        self.reader = CassetteReader(path)
        self.source = CassetteSource(self.reader)
        self.history = MarketHistory(market, [self.source], self.venue, list(self._facts()))
        self.history.build()
        self.market = market
        self._recorded: dict[str, list[tuple[tuple[int, int], dict]]] = {}

    def streams(self) -> DerivedStreams:
        made = DerivedStreams(self.market, self.venue, [self.source], self.history)
        made.follow(VenueClock(self.offset_ms * 1_000_000))
        return made

    def derived(self, word: str) -> list[tuple[tuple[int, int], dict]]:
        """Return ((chunk, message), payload) of a derived stream; half a message on: behind."""
        insert = self.streams().insert([f"{self.symbol}@{word}"])
        return [
            ((batch.ordinal, 2 * one.k + (not one.is_before)), json.loads(one.payload))
            for batch in self.source.batches(0)
            for one in insert(0, batch)
        ]

    def recorded(self, word: str) -> list[tuple[tuple[int, int], dict]]:
        """Return the messages of a recorded stream, placed alike."""
        (channel,) = [
            one
            for one in self.reader.channels.values()
            if one.name.split("@")[:2] == [self.symbol, word]
        ]
        if word not in self._recorded:
            end = -len(channel.suffix) or None
            self._recorded[word] = [
                ((one.ordinal, 2 * k), json.loads(bytes(one.payload(k))[len(channel.prefix) : end]))
                for one in self.source.batches(0)
                for k, number in enumerate(one.channel)
                if number == channel.number
            ]
        return self._recorded[word]

    def _facts(self):
        for ref in self.reader.interactions():
            found = self.reader.interaction(ref)
            assert isinstance(found, Interaction)
            key = self.venue.request_key(HttpRequest(found.method, found.target))
            feed = self.venue.answer_feed(key)
            if feed is not None:
                body = found.response_body
                yield Fact(
                    found.at_ns,
                    feed,
                    lambda feed=feed, body=body: self.venue.decode_answer(feed, body),
                )

    def snapshot(self) -> dict:
        """Return the recorded book."""
        (body,) = [
            found.response_body
            for ref in self.reader.interactions()
            if (found := self.reader.interaction(ref)).target.upper().find(self.symbol.upper()) > 0
        ]
        return json.loads(body)


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(f"derived {name}")) for name in TAPES],
)
def tape(request, imported):
    name, symbol, offset_ms = TAPES[request.param]
    made = _Tape(imported(name), request.param, symbol, offset_ms)
    with made.reader:
        yield made


class _Book:
    """A book by definition: the recorded snapshot, and every difference since."""

    def __init__(self, tape):
        told = tape.snapshot()
        self.last_id = told["lastUpdateId"]
        self._sides = [dict(told["bids"]), dict(told["asks"])]
        self._deltas = iter(tape.recorded("depth"))
        self._next = next(self._deltas)

    def advance(self, where):
        """Take what came before a place."""
        while self._next is not None and self._next[0] < where:
            self.take(self._next[1])
            self._next = next(self._deltas, None)

    def take(self, delta):
        """Take a difference, unless it is old."""
        if delta["u"] <= self.last_id:
            return
        self.last_id = delta["u"]
        for side, levels in zip(self._sides, (delta["b"], delta["a"]), strict=True):
            side.update(levels)
            for price, size in levels:
                if not Decimal(size):
                    del side[price]

    def best(self, count):
        """Return the best bids and asks."""
        bids = sorted(self._sides[0].items(), key=lambda level: -Decimal(level[0]))
        asks = sorted(self._sides[1].items(), key=lambda level: Decimal(level[0]))
        return [list(map(list, side[:count])) for side in (bids, asks)]


def _levels(one):
    return [one.get("bids", one.get("b")), one.get("asks", one.get("a"))]


def test_partial_books_are_the_best_levels_so_far(tape):
    book = _Book(tape)
    told = tape.derived("depth20@100ms")
    assert len(told) > 3_000
    for number, (where, one) in enumerate(told):
        book.advance(where)
        assert one.get("lastUpdateId", one.get("u")) == book.last_id
        if number % 100 == 0:
            assert _levels(one) == book.best(20)


def test_slower_differences_lead_to_the_same_book(tape):
    told = [one for _, one in tape.derived("depth")]
    for previous, one in pairwise(told):
        assert one.get("pu", one["U"] - 1) == previous["u"]
    slow, fast = _Book(tape), _Book(tape)
    for one in told:
        slow.take(one)
    for _, one in tape.recorded("depth"):
        if one["u"] <= told[-1]["u"]:
            fast.take(one)
    assert slow.best(500) == fast.best(500)


def test_groups_are_of_one_order_and_tile_the_trades(tape):
    trades = [one for _, one in tape.recorded("trade") if one.get("X", "MARKET") == "MARKET"]
    of_id = {one["t"]: one for one in trades}
    told = [one for _, one in tape.derived("aggTrade")]
    assert (told[0]["f"], told[-1]["l"]) == (trades[0]["t"], trades[-1]["t"])
    for previous, one in pairwise(told):
        assert one["a"] == previous["a"] + 1
        assert min(of_id_above(of_id, previous["l"])) == one["f"]
    for one in told:
        group = [of_id[number] for number in range(one["f"], one["l"] + 1) if number in of_id]
        alike = {(each["p"], each["T"], each["m"]) for each in group}
        assert alike == {(one["p"], one["T"], one["m"])}
        assert sum(Decimal(each["q"]) for each in group) == Decimal(one["q"])


def of_id_above(of_id, last_id):
    """Return the first known ids above one."""
    return [number for number in range(last_id + 1, last_id + 50) if number in of_id]


@pytest.mark.parametrize("word", ["kline_1m", "kline_5m"])
def test_candles_are_made_of_the_trades_so_far(tape, word):
    trades = [row for row in tape.recorded("trade") if row[1].get("X", "MARKET") == "MARKET"]
    told = tape.derived(word)
    closed = [one["k"]["t"] for _, one in told if one["k"]["x"]]
    assert (
        len(closed)
        == len(set(closed))
        == len({one["k"]["t"] for _, one in told}) - (not told[-1][1]["k"]["x"])
    )
    for number, (where, one) in enumerate(told):
        bar = one["k"]
        assert one["E"] > bar["T"] or not bar["x"]
        if number % 25 and not bar["x"]:
            continue
        within = [each for at, each in trades if at < where and bar["t"] <= each["T"] <= bar["T"]]
        assert (bar["n"], bar["f"], bar["L"]) == (len(within), within[0]["t"], within[-1]["t"])
        assert (bar["o"], bar["c"]) == (within[0]["p"], within[-1]["p"])
        prices = [Decimal(each["p"]) for each in within]
        assert (Decimal(bar["h"]), Decimal(bar["l"])) == (max(prices), min(prices))
        bought = [each for each in within if not each["m"]]
        for field, some in (("v", within), ("V", bought)):
            assert Decimal(bar[field]) == sum(Decimal(each["q"]) for each in some)
        for field, some in (("q", within), ("Q", bought)):
            amounts = (Decimal(each["q"]) * Decimal(each["p"]) for each in some)
            assert abs(Decimal(bar[field]) - sum(amounts)) < Decimal("1e-8")


def test_closed_candles_miss_no_trade(tape):
    trades = [one for _, one in tape.recorded("trade") if one.get("X", "MARKET") == "MARKET"]
    for _, one in tape.derived("kline_1m"):
        bar = one["k"]
        if bar["x"]:
            assert bar["n"] == sum(bar["t"] <= each["T"] <= bar["T"] for each in trades)


def test_everything_derived_is_the_same_for_who_comes_late(tape):
    names = [
        f"{tape.symbol}@{word}"
        for word in ("aggTrade", "depth", "depth5", "kline_1m", "kline_1h", "miniTicker", "ticker")
    ]
    early = tape.streams().insert(names)
    batches = list(tape.source.batches(0))
    heard = [early(0, batch) for batch in batches]
    for first in (len(batches) // 3, len(batches) - 1):
        late = tape.streams().insert(names)
        assert [late(0, batch) for batch in batches[first:]] == heard[first:]
