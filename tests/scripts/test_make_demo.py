"""The generated cassette holds what a real one must: continuity, and every number agreeing."""

import hashlib
import json
import sys
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Interaction

pytestmark = pytest.mark.xdist_group("make_demo")  # one worker makes the cassette once

SCRIPTS = Path(__file__).parents[2] / "scripts"
SECONDS = 25  # crosses a minute
SYMBOLS = ("btcusdt", "ethusdt")
MARKETS = ("binance-spot", "binance-usdm")
BOTH = [(market, symbol) for market in MARKETS for symbol in SYMBOLS]


@pytest.fixture(scope="module")
def make_demo() -> ModuleType:
    sys.path.insert(0, str(SCRIPTS))
    try:
        import make_demo as module
    finally:
        sys.path.remove(str(SCRIPTS))
    return module


class Content:
    """A cassette, sorted out: payloads by market and stream, REST answers by market and target."""

    def __init__(self, path: Path) -> None:
        self.streams = defaultdict(list)
        self.answers = defaultdict(list)
        self.order = []  # (stream or target) with its content, as it arrived, by market
        with CassetteReader(path) as reader:
            assert reader.damage is None
            self.header = reader.header
            for batch in reader.batches():
                for one in batch.in_order():
                    self._add(reader, batch, one)

    def _add(self, reader, batch, event):
        if isinstance(event, int):
            channel = reader.channels[batch.channel[event]]
            payload = bytes(batch.payload(event))
            assert payload.startswith(channel.prefix)
            assert payload.endswith(channel.suffix)
            data = json.loads(payload)["data"]
            self.streams[channel.market, channel.name].append(data)
            self.order.append((channel.market, channel.name, data))
        elif isinstance(event, Interaction):
            data = json.loads(event.response_body)
            self.answers[event.market, event.target].append(data)
            self.order.append((event.market, event.target, data))


@pytest.fixture(scope="module")
def content(make_demo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Content:
    path = tmp_path_factory.mktemp("demo") / "demo.rpx"
    make_demo.make(path, seconds=SECONDS)
    return Content(path)


def base(market: str) -> str:
    return "/api/v3/" if market == "binance-spot" else "/fapi/v1/"


def test_same_seed_same_bytes(make_demo: ModuleType, tmp_path: Path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_demo.make(tmp_path / name, seed=seed, seconds=2)
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again
    assert first != other


def test_says_that_it_is_synthetic(content: Content):
    assert content.header.origin == "synthetic"
    assert "no trade in it ever happened" in content.header.note


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_difference_ids_are_continuous(content: Content, market: str, symbol: str):
    for name in ("depth@100ms", "depth"):
        messages = content.streams[market, f"{symbol}@{name}"]
        assert len(messages) > 10
        for before, after in pairwise(messages):
            assert after["U"] <= after["u"]
            assert after["E"] > before["E"]
            if market == "binance-spot":
                assert after["U"] == before["u"] + 1
            else:
                assert after["pu"] == before["u"] < after["U"]


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_books_follow_from_differences(content: Content, market: str, symbol: str):
    """The first snapshot plus the differences is every later snapshot and every partial book."""
    snapshot_target = f"{base(market)}depth?symbol={symbol.upper()}&limit=1000"
    bids, asks, update_id, compared = {}, {}, None, 0
    for where, name, data in content.order:
        if where != market:
            continue
        if name == snapshot_target and update_id is None:
            bids, asks = book_side(data["bids"]), book_side(data["asks"])
            update_id = data["lastUpdateId"]
        elif name == f"{symbol}@depth@100ms":
            apply(bids, data["b"])
            apply(asks, data["a"])
            update_id = data["u"]
            assert max(bids) < min(asks)
        elif name == snapshot_target or name.startswith(f"{symbol}@depth20"):
            shown = data.get("lastUpdateId", data.get("u"))
            assert shown == update_id
            check_top(bids, data.get("bids", data.get("b")), best=max)
            check_top(asks, data.get("asks", data.get("a")), best=min)
            compared += 1
    assert compared > 100


def book_side(levels):
    return {Decimal(price): Decimal(lots) for price, lots in levels}


def apply(side, levels):
    for price, lots in levels:
        side[Decimal(price)] = Decimal(lots)
        if not side[Decimal(price)]:
            del side[Decimal(price)]


def check_top(side, levels, *, best):
    expected = sorted(side.items(), reverse=best is max)[: len(levels)]
    assert [(Decimal(price), Decimal(lots)) for price, lots in levels] == expected


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_book_ticker_is_the_top_at_its_update_id(content: Content, market: str, symbol: str):
    tickers = {one["u"]: one for one in content.streams[market, f"{symbol}@bookTicker"]}
    assert len(tickers) > 50
    partials = content.streams[market, f"{symbol}@depth5@100ms"]
    compared = 0
    for book in partials:
        ticker = tickers.get(book.get("lastUpdateId", book.get("u")))
        if ticker is not None:
            assert [ticker["b"], ticker["B"]] == book.get("bids", book.get("b"))[0]
            assert [ticker["a"], ticker["A"]] == book.get("asks", book.get("a"))[0]
            compared += 1
    assert compared > 5
    assert all(Decimal(one["b"]) < Decimal(one["a"]) for one in tickers.values())


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_aggregates_cover_the_trades(content: Content, market: str, symbol: str):
    trades = content.streams[market, f"{symbol}@trade"]
    ids = [trade["t"] for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    by_id = {trade["t"]: trade for trade in trades}
    expected = ids[0]
    for agg in content.streams[market, f"{symbol}@aggTrade"]:
        assert agg["f"] == expected
        parts = [by_id[one] for one in range(agg["f"], agg["l"] + 1)]
        assert {(one["p"], one["m"], one["T"]) for one in parts} == {(agg["p"], agg["m"], agg["T"])}
        assert sum(Decimal(one["q"]) for one in parts) == Decimal(agg["q"])
        expected = agg["l"] + 1
    assert expected == ids[-1] + 1


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_a_closed_candle_equals_its_trades(content: Content, market: str, symbol: str):
    answer = content.answers[market, f"{base(market)}aggTrades?symbol={symbol.upper()}"][0]
    known = [(one["a"], one["p"], one["q"], one["T"]) for one in answer]
    streamed = content.streams[market, f"{symbol}@aggTrade"]
    known += [(one["a"], one["p"], one["q"], one["T"]) for one in streamed]
    closed = [m["k"] for m in content.streams[market, f"{symbol}@kline_1m"] if m["k"]["x"]]
    assert len(closed) == 1
    bar = closed[0]
    inside = [one for one in known if bar["t"] <= one[3] <= bar["T"]]
    prices = [Decimal(one[1]) for one in inside]
    assert [prices[0], prices[-1], max(prices), min(prices)] == [
        Decimal(bar[key]) for key in "ochl"
    ]
    assert sum(Decimal(one[2]) for one in inside) == Decimal(bar["v"])
    assert sum(Decimal(one[1]) * Decimal(one[2]) for one in inside) == Decimal(bar["q"])
    assert bar["n"] == bar["L"] - bar["f"] + 1


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_candles_tile_and_end_with_the_streamed_one(content: Content, market: str, symbol: str):
    target = f"{base(market)}klines?symbol={symbol.upper()}&interval=1m&limit=100"
    rows = content.answers[market, target][-1]
    assert [row[0] for row in rows] == list(range(rows[0][0], rows[-1][0] + 1, 60_000))
    assert all(Decimal(row[3]) <= Decimal(row[1]) <= Decimal(row[2]) for row in rows)
    assert all(Decimal(row[3]) <= Decimal(row[4]) <= Decimal(row[2]) for row in rows)
    assert all(before[4] == after[1] for before, after in pairwise(rows[:-5]))


@pytest.mark.parametrize(("market", "symbol"), BOTH)
def test_tickers_agree_with_themselves(content: Content, market: str, symbol: str):
    for day in content.streams[market, f"{symbol}@ticker"]:
        assert day["n"] == day["L"] - day["F"] + 1
        assert day["C"] - day["O"] == 86_400_000
        assert Decimal(day["p"]) == Decimal(day["c"]) - Decimal(day["o"])
        assert Decimal(day["l"]) <= Decimal(day["c"]) <= Decimal(day["h"])
        assert abs(Decimal(day["q"]) / Decimal(day["v"]) - Decimal(day["w"])) <= Decimal("0.01")


def test_texts_have_the_venues_decimals(content: Content):
    spot = content.streams["binance-spot", "btcusdt@trade"][0]
    assert len(spot["p"].split(".")[1]) == len(spot["q"].split(".")[1]) == 8
    assert list(spot) == ["e", "E", "s", "t", "p", "q", "T", "m", "M"]
    usdm = content.streams["binance-usdm", "btcusdt@trade"][0]
    assert [len(usdm[key].split(".")[1]) for key in "pq"] == [2, 3]
    assert list(usdm) == ["e", "E", "T", "s", "t", "p", "q", "X", "m"]


def test_mistakes_are_refused_in_the_venues_words(content: Content):
    invalid = content.answers["binance-spot", "/api/v3/klines?symbol=NOSUCHCOIN&interval=1m"]
    assert invalid == [{"code": -1121, "msg": "Invalid symbol."}]
    missing = content.answers["binance-usdm", "/fapi/v1/depth"]
    text = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
    assert missing == [{"code": -1102, "msg": text}]


def test_the_readme_names_the_bundled_cassette(make_demo: ModuleType):
    digest = hashlib.sha256(make_demo.BUNDLED.read_bytes()).hexdigest()
    assert digest in (make_demo.BUNDLED.parent / "README.md").read_text()
