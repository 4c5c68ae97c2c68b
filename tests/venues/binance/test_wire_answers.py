import pytest

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance.wire_answers import decode_answer

S = "BTCUSDT"
BODIES = {
    FeedKind.BOOK_SNAPSHOT: (
        b'{"lastUpdateId": 7, "E": 9, "T": 8, "bids": [["1", "2"]], "asks": [["3", "4"]]}',
        [BookSnapshot(S, 7, (("1", "2"),), (("3", "4"),), 8)],
    ),
    FeedKind.TRADE: (
        b'[{"id":1,"price":"2","qty":"3","quoteQty":"6","time":8,"isBuyerMaker":true,'
        b'"isBestMatch":true}]',
        [Trade(S, 1, "2", "3", 8, True, "6")],
    ),
    FeedKind.AGG_TRADE: (
        b'[{"a":1,"p":"2","q":"3","f":4,"l":5,"T":1498793709153999,"m":true,"M":true}]',
        [AggTrade(S, 1, "2", "3", 4, 5, 1498793709153, True)],
    ),
    FeedKind.CANDLE: (
        b'[[0,"1","4","0.5","2","9",59999,"18",2,"4","8","0"]]',
        [Candle(S, 0, 59999, "1", "4", "0.5", "2", "9", "18", 2, "4", "8")],
    ),
    FeedKind.BOOK_TOP: (
        b'{"symbol":"BTCUSDT","bidPrice":"1","bidQty":"2","askPrice":"3","askQty":"4","time":8}',
        [BookTop(S, -1, "1", "2", "3", "4", 8)],
    ),
    FeedKind.TICKER: (
        b'{"symbol":"BTCUSDT","priceChange":"1","priceChangePercent":"1","weightedAvgPrice":"2",'
        b'"prevClosePrice":"1.5","lastPrice":"2","lastQty":"9","bidPrice":"1","bidQty":"2",'
        b'"askPrice":"3","askQty":"4","openPrice":"1","highPrice":"4","lowPrice":"0.5",'
        b'"volume":"10","quoteVolume":"18","openTime":1,"closeTime":2,"firstId":3,"lastId":5,'
        b'"count":3}',
        [
            Ticker(
                *(S, 1, 2, "1", "4", "0.5", "2", "10", "18", 3, 5, 3, "9", "1.5"),
                BookTop(S, -1, "1", "2", "3", "4"),
            )
        ],
    ),
    FeedKind.AVERAGE_PRICE: (
        b'{"mins":5,"price":"9.3","closeTime":8}',
        [AveragePrice(S, 5, "9.3", 8)],
    ),
    FeedKind.MARK_PRICE: (
        b'{"symbol":"BTCUSDT","markPrice":"1","indexPrice":"2","estimatedSettlePrice":"3",'
        b'"lastFundingRate":"4","interestRate":"5","nextFundingTime":6,"time":7}',
        [MarkPrice(S, "1", "2", "3", "4", 6, 7)],
    ),
}


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.value)
def test_answers_become_events(kind):
    body, events = BODIES[kind]
    assert list(decode_answer(MarketFeed(kind, S), body)) == events


@pytest.mark.parametrize("kind", FeedKind, ids=lambda kind: kind.value)
@pytest.mark.parametrize(
    "body", [b"", b'{"code":-1121,"msg":"Invalid symbol."}', b"<html>", b"\xff", b"[" * 100_000]
)
def test_errors_tell_nothing(kind, body):
    assert list(decode_answer(MarketFeed(kind, S), body)) == []
