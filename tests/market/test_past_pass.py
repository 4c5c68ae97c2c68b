from functools import partial

from replayx.market.codec import Fact
from replayx.market.events import AggTrade, Candle, FeedKind, MarketFeed, Trade
from replayx.market.facts import Facts
from replayx.market.market_index import MarketIndex, MemoryBlobs
from replayx.market.past_pass import PastPass
from replayx.market.segments import Piece

TRADES, GROUPS = MarketFeed(FeedKind.TRADE, "X"), MarketFeed(FeedKind.AGG_TRADE, "X")
CANDLES = MarketFeed(FeedKind.CANDLE, "X", "1m")


def fact(at_ns, feed, *events):
    return Fact(at_ns, feed, partial(list, events))


def trade(number):
    return Trade("X", number, "1.0", "1", number, True)


def group(number, first, last):
    return AggTrade("X", number, "1.0", "1", first, last, first, True)


def candle(start_ms):
    return Candle("X", start_ms, start_ms + 59_999, *("1",) * 6, 1, "1", "1")


def passing(facts, *families):
    index = MarketIndex(MemoryBlobs().read, lambda symbol, run: [])
    index.segments.append(10, [Piece(0, 0, 0, 1)])
    made = PastPass(index, families, Facts(facts))
    made.read()
    return index, made


def late(index):
    return [(one.run, one.first_id, one.last_id) for one in index.candles_of("X").state().rows.late]


def test_trades_of_all_answers_are_in_order_each_once():
    index, _ = passing([fact(5, TRADES, trade(3), trade(4)), fact(3, TRADES, trade(2), trade(3))])
    assert [one.id for one in index.past[FeedKind.TRADE, "X"]] == [2, 3, 4]


def test_a_group_is_an_anchor_if_the_first_trade_follows_it_or_is_in_it():
    _, made = passing([fact(5, GROUPS, group(7, 10, 14), group(8, 15, 19))])
    found = {first: made.anchor("X", first) for first in (9, 10, 14, 15, 20, 21)}
    assert {first: one and one.id for first, one in found.items()} == {
        9: None, 10: 7, 14: 7, 15: 8, 20: 8, 21: None}  # fmt: skip
    assert made.anchor("Y", 10) is None


def test_candles_are_made_of_one_kind_of_trades():
    facts = [fact(15, TRADES, trade(3)), fact(16, GROUPS, group(7, 3, 5))]
    for families, expected in (
        ([(FeedKind.TRADE, "X")], [(-1, 3, 3)]),
        ([(FeedKind.AGG_TRADE, "X")], [(-1, 3, 5)]),
        ([], [(0, 3, 3)]),  # without a stream they are known from when they were told
    ):
        index, made = passing(facts, *families)
        made.finish()
        assert late(index) == expected


def test_candles_are_added_in_the_order_in_which_they_were_told():
    zoned = CANDLES._replace(zone_ms=3_600_000)
    index, made = passing([fact(5, CANDLES, candle(0), candle(60_000)), fact(9, zoned, candle(5)),
                           fact(25, CANDLES, candle(60_000), candle(120_000))])  # fmt: skip
    made.take_candles(0, 20)
    (told,) = index.candles_of("X").state().told
    assert (sorted(told.closed), sorted(told.open)) == ([0], [60_000])
    made.finish()
    (told,) = index.candles_of("X").state().told
    assert (sorted(told.closed), sorted(told.open)) == ([0, 60_000], [60_000, 120_000])
