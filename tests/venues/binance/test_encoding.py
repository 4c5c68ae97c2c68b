import json
from collections import Counter

import pytest

from replayx.market.events import (
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarketEvent,
    MarkPrice,
    Ticker,
)
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from tests.venues.binance import captures, demo

SPOT, USDM = BinanceSpot(), BinanceUsdm()
# Lost by decoding, see replayx/venues/binance/encoding.py; and `w` of the made-up cassette is
# rounded to the tick, which the venue does not do.
LOST = {
    "btcusdt@depth5@100ms": {"U", "pu"},
    "btcusdt@depth20@100ms": {"U", "pu"},
    "btcusdt@markPrice": {"ap"},
    "btcusdt@markPrice@1s": {"ap"},
    "btcusdt@ticker": {"w"},
}
# USDⓈ-M before 2026-06 had no `ps`, `st` and `nq`, and another order.
NEWER = {"ps", "st", "nq"}


def there_and_back(venue, stream, payload):
    feed = venue.market_feed(stream)
    if feed is None:
        return None
    (event,) = venue.decode(feed, [payload])
    return venue.encode(stream, event, venue.event_time_ms(payload) or 0)


@pytest.mark.parametrize("venue", [SPOT, USDM], ids=lambda venue: venue.name)
def test_what_the_bundled_cassette_holds_comes_back(venue):
    seen = Counter()
    for stream, payload in demo.messages(venue.name):
        again = there_and_back(venue, stream, payload)
        if again is None:
            continue
        seen[stream] += 1
        lost = LOST.get(stream.replace("ethusdt", "btcusdt"), set())
        if again != payload:
            before, after = json.loads(payload), json.loads(again)
            assert list(after) == [name for name in before if name not in lost or name in after]
            assert {name for name in before if before[name] != after.get(name)} <= lost
    assert len(seen) > 20


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=captures.capture) for name in captures.SPOT]
)
def test_every_spot_payload_of_the_captures_comes_back(name):
    count = 0
    for stream, message in captures.messages(name):
        payload = message[message.index(b'"data":') + 7 : -1]
        again = there_and_back(SPOT, stream, payload)
        assert again in (None, payload)
        count += again is not None
    assert count > 100


@pytest.mark.parametrize("name", [pytest.param(captures.USDM[1], marks=captures.capture)])
def test_every_futures_payload_of_the_captures_comes_back_in_its_newer_form(name):
    count = 0
    for stream, message in captures.messages(name):
        payload = message[message.index(b'"data":') + 7 : -1]
        again = there_and_back(USDM, stream, payload)
        if again is None or "markPrice" in stream:
            continue
        before, after = json.loads(payload), json.loads(again)
        assert {key: value for key, value in after.items() if key not in NEWER} == before
        count += 1
    assert count > 1000


CANDLE = Candle("BTCUSDT", 0, 59999, "1", "4", "0.5", "2", "9", "18", 2, "4", "8", 1, 2)
DAY = Ticker("B", 0, 8, "1.0", "2.0", "1.0", "1.5", "10", "14", 3, 5, 3)


@pytest.mark.parametrize(
    ("venue", "channel", "event", "payload"),
    [
        (
            USDM,
            "btcusdt_perpetual@continuousKline_1m",
            CANDLE,
            '{"e":"continuous_kline","E":7,"ps":"BTCUSDT","ct":"PERPETUAL","k":{"t":0,"T":59999,'
            '"i":"1m","f":1,"L":2,"o":"1","c":"2","h":"4","l":"0.5","v":"9","n":2,"x":true,'
            '"q":"18","V":"4","Q":"8","B":"0"}}',
        ),
        (
            SPOT,
            "btcusdt@kline_1d@+08:00",
            CANDLE,
            '{"e":"kline","E":7,"s":"BTCUSDT","k":{"t":0,"T":59999,"s":"BTCUSDT","i":"1d","f":1,'
            '"L":2,"o":"1","c":"2","h":"4","l":"0.5","v":"9","n":2,"x":true,"q":"18","V":"4",'
            '"Q":"8","B":"0"}}',
        ),
        (
            SPOT,
            "b@ticker_1h",
            DAY,
            '{"e":"1hTicker","E":7,"s":"B","p":"0.5","P":"50.000","o":"1.0","h":"2.0","l":"1.0",'
            '"c":"1.5","w":"1.4","v":"10","q":"14","O":0,"C":8,"F":3,"L":5,"n":3}',
        ),
        (
            SPOT,
            "b@ticker",
            DAY,
            '{"e":"24hrTicker","E":7,"s":"B","p":"0.5","P":"50.000","w":"1.4","x":"1.0",'
            '"c":"1.5","Q":"0","b":"0.00000000","B":"0.00000000","a":"0.00000000",'
            '"A":"0.00000000","o":"1.0","h":"2.0","l":"1.0","v":"10","q":"14","O":0,"C":8,"F":3,'
            '"L":5,"n":3}',
        ),
        (
            SPOT,
            "b@bookTicker",
            BookTop("B", 4, "1.50", "2.0", "", ""),
            '{"u":4,"s":"B","b":"1.50","B":"2.0","a":"0.00","A":"0.0"}',
        ),
        (
            USDM,
            "b_260925@depth5@100ms",
            BookSnapshot("B_260925", 4, (("1", "2"),), (), 6),
            '{"e":"depthUpdate","E":7,"T":6,"s":"B_260925","ps":"B","st":1,"U":4,"u":4,"pu":4,'
            '"b":[["1","2"]],"a":[]}',
        ),
        (
            SPOT,
            "b@depth",
            BookDelta("B", 3, 4, (("1", "2"),), (), 6),
            '{"e":"depthUpdate","E":7,"s":"B","U":3,"u":4,"b":[["1","2"]],"a":[]}',
        ),
        (
            USDM,
            "b@markPrice",
            MarkPrice("B", "1", "2", "3", "4", 5, 6),
            '{"e":"markPriceUpdate","E":7,"s":"B","p":"1","i":"2","P":"3","r":"4","T":5,"st":1}',
        ),
    ],
)
def test_forms(venue, channel, event, payload):
    assert venue.encode(channel, event, 7).decode() == payload


def test_what_is_told_by_no_stream_is_our_mistake():
    with pytest.raises(AssertionError):
        SPOT.encode("b@trade", MarketEvent("B"), 7)
