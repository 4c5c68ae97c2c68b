"""A shocked tape: as many messages, the same ids, and one market that all of it tells of."""

import json
from bisect import bisect_left, insort
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from pathlib import Path

import pytest

from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import ChannelKind
from replayx.errors import InvalidOption
from replayx.faults.attributes import Duration, Ratio
from replayx.faults.rule import Rule, When, Where
from replayx.faults.toxics.crossed_book import CrossedBook
from replayx.faults.toxics.flash_crash import FlashCrash
from replayx.faults.toxics.one_sided_book import OneSidedBook
from replayx.faults.toxics.price_spike import PriceSpike
from replayx.market.history import MarketHistory
from replayx.session.recorded_answers import RecordedAnswers
from replayx.session.shocking import shocked
from replayx.timeline.merge import merge
from replayx.timeline.source import CassetteSource
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpReply

DEMO = Path(__file__).parents[2] / "cassettes" / "binance-demo.rpx"
S = 1_000_000_000
DEEP = 1 << 30
SPOT, USDM = "binance-spot", "binance-usdm"
CRASH = FlashCrash(drop=Duration(3 * S), trough=Duration(4 * S), recovery=Duration(5 * S))
# What a shock may change of a message; `k` has a candle's own.
PRICES = {
    "p", "P", "w", "c", "o", "h", "l", "q", "Q", "b", "a", "B", "A", "bids", "asks", "ap", "i",
}  # fmt: skip


def rule(toxic, *, at_s=30, market="", symbol="BTCUSDT", **when):
    return Rule(
        name=toxic.type,
        toxic=toxic,
        where=Where(market=market, symbol=symbol),
        when=When(from_ns=at_s * S, **when),
    )


class Tape:
    """A cassette as it was and under shocks."""

    def __init__(self, reader, *rules, offset_ns=None):
        self.reader = reader
        self.recorded = CassetteSource(reader)
        self.venues = {one.name: load_venue(one.name) for one in reader.header.markets}
        self.offset_ns = reader.header.clock_offset_ns if offset_ns is None else offset_ns
        self.made = shocked(
            [self.recorded], self.venues, rules, clock_offset_ns=self.offset_ns or 0
        )
        (self.source,) = self.made.sources
        self.start_ns = self.recorded.start_ns

    @cache  # noqa: B019 # as long as the test's cassette
    def history(self, market, *, is_shocked=True):
        recorded = RecordedAnswers(market, self.venues[market], [self.reader])
        if is_shocked:
            recorded.retell = lambda *one: self.made.retold_answer(market, *one)
        source = self.source if is_shocked else self.recorded
        made = MarketHistory(market, [source], self.venues[market], recorded.facts())
        made.build()
        return made

    def messages(self, source=None):
        """Yield (at, channel, payload) of streams."""
        source = source or self.source
        for run in merge([source], 0):
            for k in range(run.first, run.stop):
                one = source.channels[run.batch.channel[k]]
                if one.kind is ChannelKind.STREAM:
                    payload = bytes(run.batch.payload(k))
                    text = payload[len(one.prefix) : len(payload) - len(one.suffix)]
                    yield run.batch.at[k], one, json.loads(text)

    def told(self, market, word, symbol="btcusdt"):
        """Return (seconds from the start, message) of one stream."""
        return self._told[market, f"{symbol}@{word}"]

    @cached_property
    def _told(self):
        told = {}
        for at_ns, one, message in self.messages():
            told.setdefault((one.market, one.name), []).append(
                ((at_ns - self.start_ns) / S, message)
            )
        return told


@pytest.fixture(scope="module")
def demo():
    with CassetteReader(DEMO) as reader:
        yield reader


@pytest.fixture(scope="module")
def crashed(demo):
    return Tape(demo, rule(CRASH))


class Follower:
    """A book by the published rule: a snapshot, then every difference that joins."""

    def __init__(self, snapshot):
        self.last_id = snapshot.last_id
        self.sides = [dict(snapshot.bids), dict(snapshot.asks)]
        self.prices = [sorted(map(Decimal, side)) for side in self.sides]
        self.applied = self.crossed = 0

    def take(self, delta):
        if delta["u"] <= self.last_id:
            return
        if not self.applied:
            assert delta["U"] <= self.last_id + 1 or delta.get("pu", DEEP) <= self.last_id
        elif "pu" in delta:
            assert delta["pu"] == self.last_id
        else:
            assert delta["U"] == self.last_id + 1
        self.applied += 1
        self.last_id = delta["u"]
        for side, prices, levels in zip(
            self.sides, self.prices, (delta["b"], delta["a"]), strict=True
        ):
            for price, size in levels:
                if Decimal(size):
                    if price not in side:
                        insort(prices, Decimal(price))
                    side[price] = size
                elif side.pop(price, None) is not None:
                    del prices[bisect_left(prices, Decimal(price))]
        bids, asks = self.prices
        self.crossed += bool(bids and asks and bids[-1] >= asks[0])

    def is_of(self, book):
        return self.sides == [dict(book.bids), dict(book.asks)]


def test_every_message_keeps_its_place_and_its_ids(crashed):
    recorded = crashed.messages(crashed.recorded)
    changed = set()
    for (at_ns, one, was), (told_ns, other, told) in zip(recorded, crashed.messages(), strict=True):
        assert (at_ns, one) == (told_ns, other)
        if was == told:
            continue
        assert at_ns >= crashed.start_ns + 30 * S
        changed.add(one.name.partition("@")[2])
        many = isinstance(was, list)
        for before, after in zip(was, told, strict=True) if many else [(was, told)]:
            assert list(before) == list(after)
            for name in before:
                if name == "k":
                    assert {key for key, value in before["k"].items() if value != after["k"][key]
                            } <= PRICES  # fmt: skip
                elif name != "o" or not isinstance(before[name], dict):
                    assert before[name] == after[name] or name in PRICES
            assert before.get("s", "BTCUSDT") == "BTCUSDT" or before == after
    assert changed >= {
        "trade", "aggTrade", "bookTicker", "depth", "depth@100ms", "depth20@100ms", "kline_1m",
        "ticker", "miniTicker", "markPrice", "avgPrice", "arr", "continuousKline_1m", "arr@1s",
    }  # fmt: skip


@pytest.mark.parametrize("market", [SPOT, USDM])
@pytest.mark.parametrize("word", ["depth", "depth@100ms"])
@pytest.mark.parametrize("joined_s", [20, 32.3, 35])
def test_a_local_book_never_starts_over_and_is_what_answers_tell(crashed, market, word, joined_s):
    history = crashed.history(market)
    at_ns = crashed.start_ns + int(joined_s * S)
    book = Follower(history.at(at_ns).book("BTCUSDT", DEEP))
    compared = 0
    for at_s, delta in crashed.told(market, word):
        if at_s <= joined_s:
            continue
        book.take(delta)
        now = history.at(crashed.start_ns + round(at_s * S)).book("BTCUSDT", DEEP)
        if now.last_id == book.last_id:
            assert book.is_of(now)
            compared += 1
    assert compared > 10
    assert not book.crossed
    end = crashed.history(market, is_shocked=False).at(crashed.recorded.end_ns)
    if end.book("BTCUSDT", DEEP).last_id == book.last_id:
        assert book.is_of(end.book("BTCUSDT", DEEP))


@pytest.mark.parametrize("from_s", [0, 0.05])
def test_a_shock_may_begin_before_any_difference_was_told(demo, from_s):
    sudden = FlashCrash(drop=Duration(0), trough=Duration(4 * S), recovery=Duration(3 * S))
    tape = Tape(demo, Rule(name="a", toxic=sudden, when=When(from_ns=int(from_s * S))))
    for market in (SPOT, USDM):
        history = tape.history(market)
        for joined_s in (0, 0.2, 1.5):
            book = Follower(history.at(tape.start_ns + int(joined_s * S)).book("BTCUSDT", DEEP))
            for at_s, delta in tape.told(market, "depth@100ms"):
                if joined_s < at_s < 10:
                    book.take(delta)
                    now = history.at(tape.start_ns + round(at_s * S)).book("BTCUSDT", DEEP)
                    assert now.last_id != book.last_id or book.is_of(now)
            assert book.applied > 50
            assert not book.crossed


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_best_quotes_are_the_best_of_the_book_with_their_id(crashed, market):
    book, tops = None, {}
    history = crashed.history(market)
    for at_s, told in crashed.told(market, "bookTicker"):
        tops[told["u"]] = at_s, (told["b"], told["B"]), (told["a"], told["A"])
    book = Follower(history.at(crashed.start_ns + 25 * S).book("BTCUSDT", DEEP))
    compared = 0
    for at_s, delta in crashed.told(market, "depth@100ms"):
        if at_s <= 25:
            continue
        book.take(delta)
        if book.last_id in tops and 30 < at_s < 45:
            _, bid, ask = tops[book.last_id]
            best = max(book.sides[0], key=Decimal), min(book.sides[1], key=Decimal)
            assert (best[0], book.sides[0][best[0]]) == bid
            assert (best[1], book.sides[1][best[1]]) == ask
            compared += 1
    assert compared


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_candles_add_up_the_trades_that_were_told(crashed, market):
    trades = {one["t"]: one for _, one in crashed.told(market, "trade")}
    compared = 0
    for _, message in crashed.told(market, "kline_1m"):
        k = message["k"]
        inside = [trades.get(one) for one in range(k["f"], k["L"] + 1)]
        if (
            None in inside
            or not k["n"]
            or any(one.get("X", "MARKET") != "MARKET" for one in inside)
        ):
            continue
        prices = [Decimal(one["p"]) for one in inside]
        paid = [(Decimal(one["p"]) * Decimal(one["q"]), one["m"]) for one in inside]
        told = [Decimal(k[name]) for name in "ohlcqQ"]
        assert told[:4] == [prices[0], max(prices), min(prices), prices[-1]]
        assert abs(told[4] - sum(amount for amount, _ in paid)) < Decimal("0.001")
        assert abs(told[5] - sum(amount for amount, is_sell in paid if not is_sell)) < Decimal(
            "0.001"
        )
        compared += 1
    assert compared > 20


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_derived_candles_and_trades_are_those_of_the_streams(crashed, market):
    view = crashed.history(market).at(crashed.start_ns + 140 * S)
    told = {one["t"]: one["p"] for _, one in crashed.told(market, "trade")}
    found = view.trades("BTCUSDT", 5000)
    # What answers told of before the tape is no shock's.
    found = [one for one in found if one.id >= min(told)]
    assert len(found) > 500
    assert all(told[one.id] == one.price for one in found)
    grouped = {one["a"]: one["p"] for _, one in crashed.told(market, "aggTrade")}
    assert all(grouped[one.id] == one.price for one in view.agg_trades("BTCUSDT", 500))
    closed = {
        message["k"]["t"]: [message["k"][name] for name in "ohlcq"]
        for _, message in crashed.told(market, "kline_1m")
        if message["k"]["x"]
    }
    assert len(closed) == 3
    compared = 0
    for one in view.candles("BTCUSDT", "1m", 5):
        if one.start_ms in closed:
            texts = [one.open, one.high, one.low, one.close, one.quote_volume]
            assert list(map(Decimal, texts)) == list(map(Decimal, closed[one.start_ms]))
            compared += 1
    assert compared in (2, 3)  # the last one closes at 140 s, and some ms


def test_a_trade_falls_by_what_the_plan_says(crashed):
    was = [message for _, one, message in crashed.messages(crashed.recorded)
           if (one.market, one.name) == (SPOT, "btcusdt@trade")]  # fmt: skip
    lowest = 1
    for before, (_, after) in zip(was, crashed.told(SPOT, "trade"), strict=True):
        share = Decimal(after["p"]) / Decimal(before["p"])
        lowest = min(share, lowest)
        time_s = (before["T"] * 1_000_000 - crashed.start_ns) / S
        if 33 <= time_s < 37:
            cent = Decimal("0.01")
            exact = Decimal(before["p"]) * Decimal("0.9")
            assert Decimal(after["p"]) == exact.quantize(cent, ROUND_HALF_UP)
        if time_s < 30.5 or time_s >= 42:
            assert share == 1
    assert Decimal("0.8999") < lowest < Decimal("0.9001")


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_recorded_answers_tell_the_same_market(demo, crashed, market):
    answers = RecordedAnswers(market, crashed.venues[market], [demo])
    answers.retell = lambda *one: crashed.made.retold_answer(market, *one)
    traded = {one["t"]: one["p"] for _, one in crashed.told(market, "trade")}
    books = {
        delta["u"]: crashed.history(market).at(crashed.start_ns + round(at_s * S))
        for at_s, delta in crashed.told(market, "depth@100ms")
        if 29 < at_s < 43
    }
    compared = {"depth": 0, "trades": 0}
    for key in answers.matcher.keys():  # noqa: SIM118 # a list: no mapping
        word = key.path.rpartition("/")[2]
        if word not in compared or ("symbol", "BTCUSDT") not in key.params:
            continue
        for recording in answers.matcher.of(key):
            if not 29 * S < recording.ref.at_ns - crashed.start_ns < 43 * S:
                continue
            told = json.loads(answers.load(recording).plain.body)
            if word == "trades":
                assert all(traded.get(one["id"], one["price"]) == one["price"] for one in told)
                compared[word] += 1
            elif told["lastUpdateId"] in books:
                book = books[told["lastUpdateId"]].book("BTCUSDT", 20)
                # Of few levels, still fewer are left where some go to one price.
                for levels, side in ((book.bids, "bids"), (book.asks, "asks")):
                    count = min(len(levels), len(told[side]))
                    assert list(map(list, levels[:count])) == told[side][:count]
                compared[word] += 1
    assert all(compared.values()) or (market == USDM and compared["trades"])


def test_an_answer_from_before_a_shock_stays_the_recorded_one(demo, crashed):
    plain = RecordedAnswers(SPOT, crashed.venues[SPOT], [demo])
    key = next(one for one in plain.matcher.keys() if one.path.endswith("/depth"))  # noqa: SIM118
    early = plain.load(plain.matcher.of(key)[0]).plain
    assert crashed.made.retold_answer(SPOT, key, crashed.start_ns + 29 * S, early) is early
    refusal = HttpReply(400, early.body)
    assert crashed.made.retold_answer(SPOT, key, crashed.start_ns + 35 * S, refusal) is refusal


@pytest.mark.parametrize("missing", ["bids", "asks"])
def test_one_side_leaves_the_book_and_comes_back(demo, missing):
    tape = Tape(demo, rule(OneSidedBook(missing=missing, lasts=Duration(4 * S)), market=SPOT))
    side, shown, other = ("b", 0, 1) if missing == "bids" else ("a", 1, 0)
    history = tape.history(SPOT)
    book = Follower(history.at(tape.start_ns + 20 * S).book("BTCUSDT", DEEP))
    for at_s, delta in tape.told(SPOT, "depth@100ms"):
        if at_s <= 20:
            continue
        book.take(delta)
        assert book.sides[other]
        # The first difference behind a step may be as late as 100 ms.
        if not any(step <= at_s < step + 0.11 for step in (30, 34)):
            assert bool(book.sides[shown]) == (not 30 < at_s < 34), at_s
    for at_s, top in tape.told(SPOT, "bookTicker"):
        if 30.2 < at_s < 33.9:
            assert Decimal(top[side]) == Decimal(top[side.upper()]) == 0
    assert book.is_of(tape.history(SPOT, is_shocked=False).at(tape.recorded.end_ns)
                      .book("BTCUSDT", DEEP)) or book.applied  # fmt: skip


def test_bids_cross_asks_for_a_while(demo):
    tape = Tape(demo, rule(CrossedBook(by=Ratio(0.01), lasts=Duration(2 * S)), market=USDM))
    for at_s, top in tape.told(USDM, "bookTicker"):
        is_crossed = Decimal(top["b"]) >= Decimal(top["a"])
        if 30.2 < at_s < 31.9:
            assert is_crossed
        elif not 30 <= at_s <= 32.2:
            assert not is_crossed
    assert all(was == told for (_, one, was), (_, _, told) in zip(
        tape.messages(tape.recorded), tape.messages(), strict=True)
        if one.market == SPOT or one.name.endswith("@trade"))  # fmt: skip


def test_shocks_together_multiply_and_a_window_ends_them(demo):
    spike = PriceSpike(percent=50, rise=Duration(0), hold=Duration(60 * S), fall=Duration(0))
    half = PriceSpike(factor=0.5, rise=Duration(0), hold=Duration(60 * S), fall=Duration(0))
    tape = Tape(
        demo,
        rule(spike, at_s=20, until_ns=40 * S),
        rule(half, at_s=30, for_ns=20 * S),
    )
    was = {one["t"]: Decimal(one["p"]) for _, one in Tape(demo).told(SPOT, "trade")}
    for at_s, one in tape.told(SPOT, "trade"):
        time_s = (one["T"] * 1_000_000 - tape.start_ns) / S
        expected = 1.5 if 20 <= time_s < 30 else 0.75 if 30 <= time_s < 40 else 0.5
        expected = 1 if time_s < 20 or time_s >= 50 else expected
        assert abs(Decimal(one["p"]) / was[one["t"]] - Decimal(expected)) < Decimal("0.00001"), at_s


def test_any_batch_is_told_alike_whoever_asks_and_when(crashed):
    for batch in crashed.source.batches(0):
        again = crashed.source.batch(batch.ordinal)
        assert bytes(again.frames) == bytes(batch.frames) == bytes(batch.recorded)
        assert again.end == batch.end
        assert sum(batch.lengths) == len(batch.frames)


@pytest.mark.parametrize(("market", "symbol"), [("", "NONE"), ("bybit", "")])
def test_a_shock_of_what_is_not_on_the_tape_is_refused(demo, market, symbol):
    with pytest.raises(InvalidOption, match="tells nothing"):
        Tape(demo, rule(CRASH, market=market, symbol=symbol))


@pytest.mark.capture
@pytest.mark.parametrize(
    ("market", "name", "word", "offset_ms"),
    [
        (SPOT, "binance_spot_20240808_btcusdt_ethusdt", "depth@100ms", 1_272),
        (USDM, "binance_usdm_20240808_btcusdt_ethusdt", "depth@0ms", 1_269),
    ],
)
def test_a_local_book_of_a_real_capture_never_starts_over(imported, market, name, word, offset_ms):
    with CassetteReader(imported(name)) as reader:
        tape = Tape(reader, rule(CRASH), offset_ns=offset_ms * 1_000_000)
        history = tape.history(market)
        book = Follower(history.at(tape.start_ns + 31 * S).book("BTCUSDT", DEEP))
        lowest = None
        for at_s, delta in tape.told(market, word):
            if at_s > 31:
                book.take(delta)
                best = book.prices[0][-1]
                lowest = best if lowest is None else min(best, lowest)
        assert book.applied > 1000
        assert not book.crossed
        assert book.is_of(history.at(tape.recorded.end_ns).book("BTCUSDT", DEEP))
        whole = tape.history(market, is_shocked=False).at(tape.recorded.end_ns)
        assert book.is_of(whole.book("BTCUSDT", DEEP))
        before = max(Decimal(price) for price, _ in whole.book("BTCUSDT", 1).bids)
        assert Decimal("0.89") < lowest / before < Decimal("0.91")
        told = {one["t"]: one["p"] for _, one in tape.told(market, "trade")}
        assert all(told[one.id] == one.price for one in history.at(tape.recorded.end_ns)
                   .trades("BTCUSDT", 5000) if one.id in told)  # fmt: skip
