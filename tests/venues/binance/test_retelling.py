"""Binance's messages and answers with other prices: every other byte stays what it is."""

import json

import msgspec
import pytest

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def doubled(text):
    return str(2 * int(text.split(".")[0])) + ("." + text.split(".")[1] if "." in text else "")


def told(event):
    """Return an event at twice the price: the fields of each kind, by hand."""
    double = {
        Trade: ("price",), AggTrade: ("price",), AveragePrice: ("price",),
        MarkPrice: ("price", "index_price", "settle_price"), BookTop: ("bid", "ask"),
        Candle: ("open", "high", "low", "close", "quote_volume", "taker_quote_volume"),
        Ticker: ("open", "high", "low", "last", "quote_volume"),
    }.get(type(event), ())  # fmt: skip
    changes = {name: doubled(getattr(event, name)) for name in double if getattr(event, name)}
    if isinstance(event, BookDelta | BookSnapshot):
        changes = {
            side: tuple((doubled(price), size) for price, size in getattr(event, side))
            for side in ("bids", "asks")
        }
    if isinstance(event, Ticker) and event.top:
        changes["top"] = told(event.top)
    if isinstance(event, Trade) and event.quote_quantity:
        changes["quote_quantity"] = doubled(event.quote_quantity)
    return msgspec.structs.replace(event, **changes) if event.symbol == "BTCUSDT" else event


STREAMS = [
    (SPOT, "trade",
     '{"e":"trade","E":5,"s":"BTCUSDT","t":7,"p":"10.00","q":"2.0","T":4,"m":false,"M":true}',
     '{"e":"trade","E":5,"s":"BTCUSDT","t":7,"p":"20.00","q":"2.0","T":4,"m":false,"M":true}'),
    (USDM, "aggTrade",
     '{"e":"aggTrade","E":5,"s":"BTCUSDT","a":1,"p":"10.0","q":"2","f":1,"l":2,"T":4,"m":true}',
     '{"e":"aggTrade","E":5,"s":"BTCUSDT","a":1,"p":"20.0","q":"2","f":1,"l":2,"T":4,"m":true}'),
    (SPOT, "depth@100ms",
     '{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":1,"u":2,"b":[["10.0","1"]],"a":[]}',
     '{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":1,"u":2,"b":[["20.0","1"]],"a":[]}'),
    (SPOT, "depth5",
     '{"lastUpdateId":9,"bids":[["10.0","1"]],"asks":[["11.0","1"]]}',
     '{"lastUpdateId":9,"bids":[["20.0","1"]],"asks":[["22.0","1"]]}'),
    (USDM, "depth5",
     '{"e":"depthUpdate","E":5,"T":4,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["10.0","1"]],"a":[]}',
     '{"e":"depthUpdate","E":5,"T":4,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["20.0","1"]],"a":[]}'),
    (SPOT, "bookTicker",
     '{"u":9,"s":"BTCUSDT","b":"10.0","B":"1.5","a":"11.0","A":"2.5"}',
     '{"u":9,"s":"BTCUSDT","b":"20.0","B":"1.5","a":"22.0","A":"2.5"}'),
    (SPOT, "kline_1m",
     '{"e":"kline","E":5,"s":"BTCUSDT","k":{"t":0,"T":59999,"s":"BTCUSDT","i":"1m","f":1,"L":2,'
     '"o":"1.0","c":"2.0","h":"3.0","l":"1.0","v":"9.0","n":2,"x":false,"q":"18.0","V":"4.0",'
     '"Q":"8.0","B":"0"}}',
     '{"e":"kline","E":5,"s":"BTCUSDT","k":{"t":0,"T":59999,"s":"BTCUSDT","i":"1m","f":1,"L":2,'
     '"o":"2.0","c":"4.0","h":"6.0","l":"2.0","v":"9.0","n":2,"x":false,"q":"36.0","V":"4.0",'
     '"Q":"16.0","B":"0"}}'),
    (SPOT, "ticker",
     '{"e":"24hrTicker","E":5,"s":"BTCUSDT","p":"1.0","P":"10.000","w":"10.5","x":"9.0","c":"11.0",'
     '"Q":"1.0","b":"10.0","B":"1.5","a":"11.0","A":"2.5","o":"10.0","h":"12.0","l":"9.0",'
     '"v":"2.0","q":"21.0","O":0,"C":4,"F":1,"L":2,"n":2}',
     '{"e":"24hrTicker","E":5,"s":"BTCUSDT","p":"2.0","P":"10.000","w":"21.0","x":"9.0","c":"22.0",'
     '"Q":"1.0","b":"20.0","B":"1.5","a":"22.0","A":"2.5","o":"20.0","h":"24.0","l":"18.0",'
     '"v":"2.0","q":"42.0","O":0,"C":4,"F":1,"L":2,"n":2}'),
    (USDM, "miniTicker",
     '{"e":"24hrMiniTicker","E":5,"s":"BTCUSDT","c":"11","o":"10","h":"12","l":"9",'
     '"v":"2","q":"21"}',
     '{"e":"24hrMiniTicker","E":5,"s":"BTCUSDT","c":"22","o":"20","h":"24","l":"18",'
     '"v":"2","q":"42"}'),
    (SPOT, "avgPrice",
     '{"e":"avgPrice","E":5,"s":"BTCUSDT","i":"5m","w":"10.5","T":4}',
     '{"e":"avgPrice","E":5,"s":"BTCUSDT","i":"5m","w":"20.5","T":4}'),
    (USDM, "markPrice",
     '{"e":"markPriceUpdate","E":5,"s":"BTCUSDT","p":"10.0","ap":"9","P":"11.0","i":"12.0",'
     '"r":"0.1","T":9}',
     '{"e":"markPriceUpdate","E":5,"s":"BTCUSDT","p":"20.0","ap":"9","P":"22.0","i":"24.0",'
     '"r":"0.1","T":9}'),
]  # fmt: skip


@pytest.mark.parametrize(("venue", "word", "was", "now"), STREAMS)
def test_a_stream_has_other_prices(venue, word, was, now):
    feed = venue.market_feed(f"btcusdt@{word}")
    (event,) = venue.decode(feed, [was.encode()])
    assert venue.retold(was.encode(), told(event)).decode() == now


def test_a_side_that_is_empty_has_zeros():
    was = b'{"u":9,"s":"BTCUSDT","b":"10.00","B":"1.5","a":"11.00","A":"2.5"}'
    gone = BookTop("BTCUSDT", 9, "", "", "11.00", "2.5")
    assert b'"b":"0.00","B":"0.0","a":"11.00","A":"2.5"' in SPOT.retold(was, gone)


ARRAY = (
    '[{"e":"24hrMiniTicker","E":5,"s":"BTCUSDT","c":"11","o":"10","h":"12","l":"9","v":"2",'
    '"q":"21"},'
    '{"e":"24hrMiniTicker","E":5,"s":"ETHUSDT","c":"11","o":"10","h":"12","l":"9","v":"2",'
    '"q":"21"}]'
)


@pytest.mark.parametrize(
    ("was", "path", "now"),
    [
        (ARRAY, (0, "c"), "22"),
        (ARRAY, (1, "c"), "11"),
        ('{"u":9,"s":"BTCUSDT","b":"10.0","B":"1.5","a":"11.0","A":"2.5"}', ("b",), "20.0"),
        ('{"e":"forceOrder","E":5,"o":{"s":"BTCUSDT","p":"9.0","ap":"10.0","T":4}}',
         ("o", "ap"), "20.0"),
        ('{"e":"forceOrder","E":5,"o":{"s":"BTCUSDT","p":"9.0","ap":"10.0","T":4}}',
         ("o", "p"), "18.0"),
    ],
)  # fmt: skip
def test_streams_about_many_symbols(was, path, now):
    found = json.loads(USDM.retold_many(was.encode(), ("BTCUSDT",), told))
    for step in path:
        found = found[step]
    assert found == now


@pytest.mark.parametrize(
    "payload",
    [
        b"no json", b"[1,2]", b'{"e":"contractInfo","s":"BTCUSDT"}',
        b'{"e":"forceOrder","o":{"s":"ETHUSDT","p":"9.0","T":4}}', b'{"e":"forceOrder","o":7}',
        b'[{"e":"24hrTicker","s":"ETHUSDT"}]', b'{"e":"24hrTicker","s":"BTCUSDT"}',
    ],
)  # fmt: skip
def test_what_tells_nothing_of_a_symbol_is_the_same(payload):
    assert USDM.retold_many(payload, ("BTCUSDT",), told) is payload


def key(venue, target):
    return venue.request_key(HttpRequest("GET", target))


@pytest.mark.parametrize(
    ("target", "was", "now"),
    [
        ("/api/v3/depth?symbol=BTCUSDT&limit=5",
         '{"lastUpdateId":9,"bids":[["10.0","1"]],"asks":[]}',
         '{"lastUpdateId":9,"bids":[["20.0","1"]],"asks":[]}'),
        ("/api/v3/trades?symbol=BTCUSDT",
         '[{"id":1,"price":"10.0","qty":"2.0","quoteQty":"20.0","time":5,"isBuyerMaker":true,'
         '"isBestMatch":true}]',
         '[{"id":1,"price":"20.0","qty":"2.0","quoteQty":"40.0","time":5,"isBuyerMaker":true,'
         '"isBestMatch":true}]'),
        ("/api/v3/aggTrades?symbol=BTCUSDT",
         '[{"a":1,"p":"10.0","q":"2.0","f":1,"l":2,"T":5,"m":true,"M":true}]',
         '[{"a":1,"p":"20.0","q":"2.0","f":1,"l":2,"T":5,"m":true,"M":true}]'),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m",
         '[[0,"1.0","3.0","1.0","2.0","9.0",59999,"18.0",2,"4.0","8.0","0"]]',
         '[[0,"2.0","6.0","2.0","4.0","9.0",59999,"36.0",2,"4.0","16.0","0"]]'),
        ("/api/v3/ticker/price?symbol=BTCUSDT",
         '{"symbol":"BTCUSDT","price":"10.0"}', '{"symbol":"BTCUSDT","price":"20.0"}'),
        ("/api/v3/ticker/price",
         '[{"symbol":"ETHUSDT","price":"10.0"},{"symbol":"BTCUSDT","price":"10.0"}]',
         '[{"symbol":"ETHUSDT","price":"10.0"},{"symbol":"BTCUSDT","price":"20.0"}]'),
        ("/api/v3/ticker/bookTicker",
         '[{"symbol":"BTCUSDT","bidPrice":"10.0","bidQty":"1","askPrice":"11.0","askQty":"2"}]',
         '[{"symbol":"BTCUSDT","bidPrice":"20.0","bidQty":"1","askPrice":"22.0","askQty":"2"}]'),
        ("/api/v3/avgPrice?symbol=BTCUSDT",
         '{"mins":5,"price":"10.0","closeTime":5}', '{"mins":5,"price":"20.0","closeTime":5}'),
        ("/api/v3/ticker/24hr?symbol=BTCUSDT",
         '{"symbol":"BTCUSDT","priceChange":"1.0","priceChangePercent":"10.000",'
         '"weightedAvgPrice":"10.5","lastPrice":"11.0","openPrice":"10.0","highPrice":"12.0",'
         '"lowPrice":"9.0","volume":"2.0","quoteVolume":"21.0","openTime":0,"closeTime":5,'
         '"firstId":1,"lastId":2,"count":2}',
         '{"symbol":"BTCUSDT","priceChange":"2.0","priceChangePercent":"10.000",'
         '"weightedAvgPrice":"21.0","lastPrice":"22.0","openPrice":"20.0","highPrice":"24.0",'
         '"lowPrice":"18.0","volume":"2.0","quoteVolume":"42.0","openTime":0,"closeTime":5,'
         '"firstId":1,"lastId":2,"count":2}'),
    ],
)  # fmt: skip
def test_an_answer_has_other_prices(target, was, now):
    asked = key(SPOT, target)
    assert SPOT.retold_answer(asked, was.encode(), told, 5).decode() == now
    assert SPOT.retold_answer(asked, was.encode(), lambda one: one, 5) == was.encode()


def test_a_premium_has_other_prices():
    was = (
        b'{"symbol":"BTCUSDT","markPrice":"10.0","indexPrice":"11.0","estimatedSettlePrice":"12.0",'
        b'"lastFundingRate":"0.1","interestRate":"0.2","nextFundingTime":9,"time":5}'
    )
    asked = key(USDM, "/fapi/v1/premiumIndex?symbol=BTCUSDT")
    found = json.loads(USDM.retold_answer(asked, was, told, 5))
    assert (found["markPrice"], found["indexPrice"]) == ("20.0", "22.0")
    assert (found["estimatedSettlePrice"], found["interestRate"]) == ("24.0", "0.2")


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/api/v3/depth?symbol=BTCUSDT", b"<html>"),
        ("/api/v3/depth?symbol=BTCUSDT", b'{"code":-1121,"msg":"Invalid symbol."}'),
        ("/api/v3/exchangeInfo", b'{"symbols":[]}'),
        ("/api/v3/ticker/price", b'[1,{"symbol":7},{"symbol":"BTCUSDT","price":null}]'),
        ("/api/v3/ticker/24hr", b'[{"symbol":"BTCUSDT"}]'),
    ],
)
def test_what_is_no_such_answer_is_the_same(target, body):
    assert SPOT.retold_answer(key(SPOT, target), body, told, 5) == body


def test_all_kinds_of_feeds_that_have_prices_are_covered():
    kinds = {SPOT.market_feed(f"btcusdt@{word}").kind for _, word, *_ in STREAMS[:10]}
    kinds.add(USDM.market_feed("btcusdt@markPrice").kind)
    assert kinds == set(FeedKind) - {FeedKind.BOOK_SNAPSHOT}
