import json

import pytest

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from tests.venues.binance import captures

TRADE = (
    b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",'
    b'"q":"0.02000000","T":1723161255342,"m":true,"M":true}'
)
KLINE = (
    b'{"e":"kline","E":5,"s":"BTCUSDT","k":{"t":60000,"T":119999,"s":"BTCUSDT","i":"1m","f":1,'
    b'"L":2,"o":"1.0","c":"2.0","h":"3.0","l":"0.5","v":"9.0","n":2,"x":false,"q":"18.0",'
    b'"V":"4.0","Q":"8.0","B":"0"}}'
)
CANDLE = Candle(
    *("BTCUSDT", 60000, 119999, "1.0", "3.0", "0.5", "2.0", "9.0", "18.0", 2, "4.0", "8.0"),
    *(1, 2, False),
)

SPOT = [
    ("btcusdt@trade", TRADE, Trade("BTCUSDT", 3735683259, "61837.63000000", "0.02000000",
                                   1723161255342, True)),
    (
        "btcusdt@trade",  # before 2024-06, with order ids
        b'{"e":"trade","E":5,"s":"BTCUSDT","t":7,"p":"1","q":"2","b":88,"a":50,"T":4,"m":false}',
        Trade("BTCUSDT", 7, "1", "2", 4, False),
    ),
    (
        "btcusdt@trade",  # timeUnit=MICROSECOND
        b'{"e":"trade","E":1723161255343123,"s":"B","t":7,"p":"1","q":"2","T":1723161255342999,'
        b'"m":false,"M":true}',
        Trade("B", 7, "1", "2", 1723161255342, False),
    ),
    (
        "btcusdt@aggTrade",
        b'{"e":"aggTrade","E":9,"s":"BTCUSDT","a":12,"p":"0.1","q":"100","f":100,"l":105,"T":8,'
        b'"m":true,"M":true}',
        AggTrade("BTCUSDT", 12, "0.1", "100", 100, 105, 8, True),
    ),
    (
        "btcusdt@depth@100ms",
        b'{"e":"depthUpdate","E":9,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}',
        BookDelta("BTCUSDT", 157, 160, (("0.0024", "10"),), (), 9),
    ),
    (
        "btcusdt@depth5",
        b'{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}',
        BookSnapshot("BTCUSDT", 160, (("0.0024", "10"),), (("0.0026", "100"),)),
    ),
    (
        "btcusdt@bookTicker",
        b'{"u":4,"s":"BTCUSDT","b":"25.3","B":"31.2","a":"0.00000000","A":"0.00000000"}',
        BookTop("BTCUSDT", 4, "25.3", "31.2", "", ""),
    ),
    ("btcusdt@kline_1m", KLINE, CANDLE),
    (
        "btcusdt@miniTicker",
        b'{"e":"24hrMiniTicker","E":86400007,"s":"BTCUSDT","c":"2","o":"1","h":"4","l":"0.5",'
        b'"v":"10","q":"18"}',
        Ticker("BTCUSDT", 7, 86400007, "1", "4", "0.5", "2", "10", "18"),
    ),
    (
        "btcusdt@ticker",
        b'{"e":"24hrTicker","E":9,"s":"B","p":"0.0015","P":"250.00","w":"0.0018","x":"0.0009",'
        b'"c":"0.0025","Q":"10","b":"0.0024","B":"11","a":"0.0026","A":"100","o":"0.0010",'
        b'"h":"0.0026","l":"0.0010","v":"10000","q":"18","O":0,"C":8,"F":3,"L":5,"n":3}',
        Ticker(
            *("B", 0, 8, "0.0010", "0.0026", "0.0010", "0.0025", "10000", "18", 3, 5, 3),
            *("10", "0.0009", BookTop("B", -1, "0.0024", "11", "0.0026", "100")),
        ),
    ),
    (
        "btcusdt@ticker_1h",
        b'{"e":"1hTicker","E":9,"s":"B","p":"1","P":"2","o":"1","h":"4","l":"0.5","c":"2","w":"3",'
        b'"v":"10","q":"18","O":0,"C":8,"F":3,"L":5,"n":3}',
        Ticker("B", 0, 8, "1", "4", "0.5", "2", "10", "18", 3, 5, 3),
    ),
    (
        "btcusdt@avgPrice",
        b'{"e":"avgPrice","E":9,"s":"BTCUSDT","i":"5m","w":"25776.86","T":8}',
        AveragePrice("BTCUSDT", 5, "25776.86", 8),
    ),
]  # fmt: skip

USDM = [
    (
        "btcusdt@trade",
        b'{"e":"trade","E":9,"T":8,"s":"BTCUSDT","t":7,"p":"61800.30","q":"0.006","X":"MARKET",'
        b'"m":false}',
        Trade("BTCUSDT", 7, "61800.30", "0.006", 8, False),
    ),
    (
        "btcusdt@trade",
        b'{"e":"trade","E":9,"T":8,"s":"BTCUSDT","t":7,"p":"0","q":"0","X":"NA","m":false}',
        None,
    ),
    (
        "btcusdt@depth@0ms",
        b'{"e":"depthUpdate","E":9,"T":8,"s":"BTCUSDT","U":1,"u":5,"pu":0,"b":[],"a":[["1","0"]]}',
        BookDelta("BTCUSDT", 1, 5, (), (("1", "0"),), 8, 0),
    ),
    (
        "btcusdt@depth5@100ms",
        b'{"e":"depthUpdate","E":9,"T":8,"s":"BTCUSDT","ps":"BTCUSDT","st":1,"U":1,"u":5,"pu":0,'
        b'"b":[["1","2"]],"a":[["3","4"]]}',
        BookSnapshot("BTCUSDT", 5, (("1", "2"),), (("3", "4"),), 8),
    ),
    (
        "btcusdt@bookTicker",
        b'{"e":"bookTicker","u":4,"s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4","T":8,"E":9}',
        BookTop("BTCUSDT", 4, "1", "2", "3", "4", 8),
    ),
    (
        "btcusdt_perpetual@continuousKline_1m",
        KLINE.replace(b'"s":"BTCUSDT",', b"").replace(b'"kline"', b'"continuous_kline"'),
        CANDLE,
    ),
    (
        "btcusdt@markPrice@1s",
        b'{"e":"markPriceUpdate","E":9,"s":"BTCUSDT","p":"58940.14","P":"58905.1","i":"58857.2",'
        b'"r":"0.00058455","T":1617321600000}',
        MarkPrice("BTCUSDT", "58940.14", "58857.2", "58905.1", "0.00058455", 1617321600000, 9),
    ),
]


def decode(venue, channel, *payloads):
    feed = venue.market_feed(channel)
    assert feed is not None
    return venue.decode(feed, payloads)


@pytest.mark.parametrize(("channel", "payload", "event"), SPOT)
def test_spot_payloads_become_events(channel, payload, event):
    assert decode(BinanceSpot(), channel, payload) == [event]


@pytest.mark.parametrize(("channel", "payload", "event"), USDM)
def test_futures_payloads_become_events(channel, payload, event):
    assert decode(BinanceUsdm(), channel, payload) == [event]


@pytest.mark.parametrize(
    "other",
    [
        *(b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"e":"trade"}', b"[" * 100_000),
        TRADE + b"," + TRADE,
        TRADE.replace(b"true", b"1"),
    ],
)
def test_what_does_not_decode_is_none_in_its_place(other):
    events = decode(BinanceSpot(), "btcusdt@trade", TRADE, other, memoryview(TRADE))
    assert events[0] == events[2] == SPOT[0][2]
    assert events[1:-1] == [None]


def test_no_payloads_no_events():
    assert decode(BinanceSpot(), "btcusdt@trade") == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=captures.capture) for name in captures.SPOT + captures.USDM]
)
def test_every_payload_of_the_captures_becomes_an_event(name):
    venue = BinanceSpot() if name in captures.SPOT else BinanceUsdm()
    by_channel = {}
    for stream, message in captures.messages(name):
        if venue.market_feed(stream):
            payload = message[message.index(b'"data":') + 7 : -1]
            by_channel.setdefault(stream, []).append(payload)
    assert by_channel
    for stream, payloads in by_channel.items():
        events = decode(venue, stream, *payloads)
        assert None not in events
        first = json.loads(payloads[0])
        assert events[0].symbol == first.get("s", events[0].symbol) == stream.split("@")[0].upper()
