"""Every time in Binance's messages, answers, errors, headers and requests, and nothing else."""

import json

import pytest

from replayx.timeline.places import Shift, with_times_moved
from replayx.venues.binance.number_fields import (
    has_times,
    locate,
    locate_in_answer,
    shifted_answer,
    unshifted,
)
from replayx.venues.binance.spot import SPOT
from replayx.venues.binance.usdm import USDM
from replayx.venues.venue import HttpReply, RequestKey

T = 1_700_000_000_000  # what the payloads below say; a time in each place is this plus its number
DAY = Shift(86_400_000)

EVENTS = [
    (SPOT, "bnbbtc@trade",
     '{"e":"trade","E":@1,"s":"BNBBTC","t":1700000000000,"p":"0.001","q":"100","T":@2,"m":true}'),
    (SPOT, "bnbbtc@aggTrade",
     '{"e":"aggTrade","E":@1,"s":"BNBBTC","a":1700000000001,"f":1700000000002,"l":100,"T":@2}'),
    (SPOT, "bnbbtc@blockTrade", '{"e":"blockTrade","E":@1,"s":"B","t":582,"T":@2,"m":true}'),
    (SPOT, "bnbbtc@kline_1d",
     '{"e":"kline","E":@1,"s":"B","k":{"t":1700006400000,"T":1700092799999,"s":"B","f":1,"L":2}}'),
    (SPOT, "bnbbtc@ticker",
     '{"e":"24hrTicker","E":@1,"s":"B","c":"1","Q":"10","O":@2,"C":@3,"F":0,"L":18150,"n":18151}'),
    (SPOT, "bnbbtc@ticker", '{"e":"24hrTicker","E":@1,"O":0,"C":@3,"F":0,"L":18150}'),
    (SPOT, "!miniTicker@arr", '[{"e":"24hrMiniTicker","E":@1},{"e":"24hrMiniTicker","E":@2}]'),
    (SPOT, "bnbbtc@avgPrice", '{"e":"avgPrice","E":@1,"s":"B","i":"5m","w":"2","T":@2}'),
    (SPOT, "bnbbtc@depth",
     '{"e":"depthUpdate","E":@1,"s":"B","U":1700000000000,"u":1700000000000,"b":[],"a":[]}'),
    (SPOT, "bnbbtc@bookTicker", '{"u":1700000000000,"s":"B","b":"1","B":"2","a":"3","A":"4"}'),
    (SPOT, "bnbbtc@depth5", '{"lastUpdateId":1700000000000,"bids":[["1","2"]],"asks":[]}'),
    (SPOT, "bazusd@referencePrice", '{"e":"referencePrice","s":"B","r":"1.00","t":@1}'),
    (SPOT, "", '{"e":"serverShutdown","E":@1}'),
    (SPOT, "userDataStream",
     '{"subscriptionId":0,"event":{"e":"executionReport","E":@1,"s":"B","C":"","i":1700000000000,'
     '"T":@2,"t":-1,"I":1700000000000,"w":true,"O":@3,"W":@4,"u":1700000000000}}'),
    (SPOT, "userDataStream",
     '{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":@1,"u":@2,"B":[]}}'),
    (SPOT, "key", '{"e":"balanceUpdate","E":@1,"a":"BTC","d":"1700000000000","T":@2}'),
    (SPOT, "key", '{"e":"listStatus","E":@1,"s":"B","g":1700000000000,"T":@2,"O":[{"i":17}]}'),
    (USDM, "btcusdt@trade",
     '{"e":"trade","E":@1,"T":@2,"s":"BTCUSDT","t":1700000000000,"p":"1","X":"MARKET","m":false}'),
    (USDM, "btcusdt@depth@0ms",
     '{"e":"depthUpdate","E":@1,"T":@2,"s":"B","U":1700000000000,"u":1700000000000,'
     '"pu":1700000000000,"b":[],"a":[]}'),
    (USDM, "btcusdt@bookTicker",
     '{"e":"bookTicker","u":1700000000000,"s":"B","b":"1","B":"2","a":"3","A":"4","T":@1,"E":@2}'),
    (USDM, "btcusdt@depth5", '{"e":"depthUpdate","E":@1,"T":@2,"s":"B","U":1,"u":2,"pu":0}'),
    (USDM, "btcusdt@markPrice", '{"e":"markPriceUpdate","E":@1,"s":"B","p":"1","r":"0.1","T":@2}'),
    (USDM, "!markPrice@arr",
     '[{"e":"markPriceUpdate","E":@1,"T":@2},{"e":"markPriceUpdate","E":@1,"T":0}]'),
    (USDM, "btcusdt@forceOrder", '{"e":"forceOrder","E":@1,"o":{"s":"B","z":"0.014","T":@2}}'),
    (USDM, "btcusdt_perpetual@continuousKline_1h",
     '{"e":"continuous_kline","E":@1,"ps":"B","ct":"PERPETUAL","k":{"t":1700002800000,'
     '"T":1700006399999,"i":"1h","f":1,"L":2}}'),
    (USDM, "!contractInfo",
     '{"e":"contractInfo","E":@1,"s":"B","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000}'),
    (USDM, "tradingSession", '{"e":"EquityUpdate","E":@1,"t":@2,"T":@3,"S":"REGULAR"}'),
    (USDM, "key",
     '{"e":"ORDER_TRADE_UPDATE","T":@1,"E":@2,"o":{"s":"B","i":1700000000000,"T":@3,"t":0,'
     '"gtd":@4}}'),
    (USDM, "key", '{"e":"ORDER_TRADE_UPDATE","T":@1,"E":@2,"o":{"i":1,"T":@3,"gtd":0}}'),
    (USDM, "key", '{"e":"ACCOUNT_UPDATE","T":@1,"E":@2,"a":{"m":"ORDER","B":[],"P":[]}}'),
    (USDM, "key", '{"e":"ALGO_UPDATE","T":@1,"E":@2,"o":{"aid":1700000000000,"tt":0,"gtd":0}}'),
    (USDM, "key", '{"e":"TRADE_LITE","E":@1,"T":@2,"t":1700000000000,"i":1700000000000}'),
]  # fmt: skip


def written(text, shift_ms=0):
    for number in range(1, 5):
        text = text.replace(f"@{number}", str(T + number + shift_ms))
    return text.encode()


def moved_by_a_day(text):
    """Return the payload with the candles' bounds, which no mark stands for, moved too."""
    for bound in (1700006400000, 1700092799999, 1700002800000, 1700006399999):
        text = text.replace(str(bound), str(bound + DAY.ms))
    return written(text, DAY.ms)


@pytest.mark.parametrize(("dialect", "channel", "text"), EVENTS)
def test_times_of_events(dialect, channel, text):
    payload = written(text)
    places = locate(dialect, channel, payload).places
    moved = with_times_moved(payload, places, DAY)
    assert moved == moved_by_a_day(text)
    assert with_times_moved(moved, places, Shift(-DAY.ms)) == payload


def test_microseconds_stay_microseconds():
    payload = b'{"e":"trade","E":1700000000000123,"s":"B","t":5,"T":1700000000000001}'
    places = locate(SPOT, "b@trade", payload).places
    assert with_times_moved(payload, places, Shift(1)) == (
        b'{"e":"trade","E":1700000000001123,"s":"B","t":5,"T":1700000000001001}'
    )


@pytest.mark.parametrize(
    ("dialect", "channel", "expected"),
    [
        (SPOT, "btcusdt@bookTicker", False),
        (SPOT, "btcusdt@depth20@100ms", False),
        (SPOT, "btcusdt@depth@100ms", True),
        (SPOT, "btcusdt@trade", True),
        (USDM, "btcusdt@bookTicker", True),
        (USDM, "btcusdt@depth20", True),
    ],
)
def test_which_streams_have_times(dialect, channel, expected):
    assert has_times(dialect, channel) is expected


def key(path, method="GET", **params):
    return RequestKey(method, path, tuple(sorted(params.items())))


ANSWERS = [
    (SPOT, key("/api/v3/exchangeInfo"), '{"timezone":"UTC","serverTime":@1,"symbols":[]}'),
    (SPOT, key("/api/v3/trades"), '[{"id":1700000000000,"time":@1},{"id":2,"time":@2}]'),
    (SPOT, key("/api/v3/aggTrades"), '[{"a":1,"p":"1","f":1,"l":2,"T":@1,"m":true}]'),
    (SPOT, key("/api/v3/klines", interval="1h"),
     '[[1700002800000,"1","1","1","1","2",1700006399999,"5",7,"3","4","0"]]'),
    (SPOT, key("/api/v3/depth"), '{"lastUpdateId":1700000000000,"bids":[],"asks":[]}'),
    (SPOT, key("/api/v3/ticker/24hr"), '{"openTime":@1,"closeTime":@2,"firstId":1700000000000}'),
    (SPOT, key("/api/v3/ticker/24hr"), '[{"openTime":@1,"closeTime":@2},{"openTime":@3}]'),
    (SPOT, key("/api/v3/avgPrice"), '{"mins":5,"price":"9.3","closeTime":@1}'),
    (SPOT, key("/api/v3/order"),
     '{"orderId":1700000000000,"time":@1,"updateTime":@2,"workingTime":-1,"trailingTime":-1}'),
    (SPOT, key("/api/v3/order", "POST"), '{"orderId":17,"transactTime":@1,"workingTime":@2}'),
    (SPOT, key("/api/v3/orderList/oco", "POST"),
     '{"transactionTime":@1,"orderReports":[{"transactTime":@2,"workingTime":-1}]}'),
    (SPOT, key("/api/v3/account"), '{"updateTime":@1,"uid":1700000000000,"balances":[]}'),
    (SPOT, key("session.status", "WSAPI"), '{"authorizedSince":null,"connectedSince":@1}'),
    (USDM, key("/fapi/v1/depth"), '{"lastUpdateId":1700000000000,"E":@1,"T":@2,"bids":[]}'),
    (USDM, key("/fapi/v1/premiumIndex"), '{"symbol":"B","nextFundingTime":@1,"time":@2}'),
    (USDM, key("/fapi/v1/fundingRate"), '[{"fundingTime":@1,"markPrice":"1700000000000"}]'),
    (USDM, key("/fapi/v1/exchangeInfo"),
     '{"serverTime":@1,"symbols":[{"deliveryDate":4133404800000,"onboardDate":1569398400000}]}'),
    (USDM, key("/fapi/v1/ticker/bookTicker"), '[{"symbol":"B","bidPrice":"1","time":@1}]'),
    (USDM, key("/fapi/v2/positionRisk"), '[{"symbol":"B","updateTime":@1},{"updateTime":0}]'),
    (USDM, key("/fapi/v1/order"), '{"updateTime":@1,"goodTillDate":@2,"orderId":1700000000000}'),
    (USDM, key("/futures/data/openInterestHist"), '[{"sumOpenInterest":"1","timestamp":@1}]'),
    (USDM, key("/fapi/v1/leverageBracket"), '[{"symbol":"B","notionalCap":1700000000000}]'),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "asked", "text"), ANSWERS)
def test_times_of_answers(dialect, asked, text):
    reply = HttpReply(200, written(text), (("Content-Type", "application/json"),))
    moved = shifted_answer(dialect, asked, reply, DAY)
    assert moved.body == moved_by_a_day(text)
    assert shifted_answer(dialect, asked, moved, Shift(-DAY.ms)) == reply


def test_the_date_of_an_answer_moves_by_whole_seconds():
    headers = (("Date", "Thu, 08 Aug 2024 23:54:13 GMT"), ("Expires", "0"), ("dAte", "soon"))
    reply = HttpReply(200, b"{}", headers)
    moved = shifted_answer(SPOT, key("/api/v3/ping"), reply, Shift(86_400_000 + 1_999))
    assert moved.headers[0] == ("Date", "Fri, 09 Aug 2024 23:54:14 GMT")
    assert moved.headers[1:] == headers[1:]
    assert shifted_answer(SPOT, key("/x"), moved, Shift(-86_400_000 - 1_999)) == reply


def test_an_errors_times_move_and_what_looks_like_an_answer_does_not():
    text = (
        '{"code":-1003,"msg":"Way too much request weight used; IP banned until @1. Please use '
        'WebSocket Streams.","data":{"serverTime":@2,"retryAfter":@3},"time":@4}'
    )
    reply = HttpReply(418, written(text))
    moved = shifted_answer(SPOT, key("/api/v3/trades"), reply, DAY)
    kept = text.replace("@4", str(T + 4))
    assert moved.body == written(kept, DAY.ms)


@pytest.mark.parametrize(
    ("params", "shift_ms", "expected"),
    [
        ({"startTime": "1700000000100", "endTime": "1700000000200"}, 100,
         {"startTime": "1700000000000", "endTime": "1700000000100"}),
        ({"startTime": "1700000000000100"}, 1, {"startTime": "1699999999999100"}),
        ({"startTime": "0", "fromId": "1700000000000", "limit": "5"}, 100, None),
        ({"startTime": "soon"}, 100, None),
    ],
)  # fmt: skip
def test_times_of_requests_move_back(params, shift_ms, expected):
    asked = key("/api/v3/aggTrades", symbol="BTCUSDT", **params)
    back = key("/api/v3/aggTrades", symbol="BTCUSDT", **(expected or params))
    assert unshifted(asked, Shift(shift_ms)) == back


def test_a_request_for_candles_moves_back_by_as_much_as_they_moved():
    shift = Shift(100 * 60_000 + 12_345)
    candles = HttpReply(200, b'[[1700002800000,"1","1","1","1","2",1700006399999]]')
    asked = key("/api/v3/klines", interval="1h", startTime="1700002800000")
    served = shifted_answer(SPOT, asked, candles, shift)
    start = json.loads(served.body)[0][0]
    again = key("/api/v3/klines", interval="1h", startTime=str(start))
    assert unshifted(again, shift) == asked
    assert start % 3_600_000 == 0


def test_ids_are_found_where_they_are_wanted():
    payload = b'{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000"}'
    located = locate(SPOT, "bnbusdt@bookTicker", payload, with_ids=True)
    assert [(payload[p.start : p.stop], p.kind) for p in located.places] == [(b"400900217", "book")]
    assert located.is_whole
    answer = b'{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[]}'
    places = locate_in_answer(USDM, key("/fapi/v1/depth"), answer, with_ids=True).places
    assert [p.kind for p in places] == ["book", "time", "time"]
