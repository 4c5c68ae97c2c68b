import json
from collections import Counter
from functools import partial

import pytest
from msgspec.structs import replace

from replayx.cassette.reader import CassetteReader
from replayx.market.codec import Fact
from replayx.market.history import MarketHistory
from replayx.timeline.source import CassetteSource
from replayx.venues.binance import derive as derive_module
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest
from tests.venues.binance import demo
from tests.venues.binance.small_market import NOW_MS, SmallMarket

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def derive(venue, target, *, method="GET", market=None):
    api = "/api/v3/" if venue is SPOT else "/fapi/v1/"
    target = target if target.startswith("/") else api + target
    return venue.derive(venue.request_key(HttpRequest(method, target)), market or SmallMarket())


def body(venue, target):
    reply = derive(venue, target)
    assert reply is not None
    assert reply.status == 200
    return reply.body.decode()


def test_depth_of_spot():
    assert body(SPOT, "depth?symbol=BTCUSDT&limit=1") == (
        '{"lastUpdateId":77,"bids":[["20000.00000000","1.00000000"]],'
        '"asks":[["20001.00000000","2.00000000"]]}'
    )


@pytest.mark.parametrize(("limit", "levels"), [("", 100), ("&limit=7", 7), ("&limit=9999", 200)])
def test_any_number_of_levels_on_spot(limit, levels):
    assert len(json.loads(body(SPOT, f"depth?symbol=BTCUSDT{limit}"))["bids"]) == levels


def test_depth_of_futures():
    assert body(USDM, "depth?symbol=btcusdt&limit=5").startswith(
        f'{{"lastUpdateId":77,"E":{NOW_MS},"T":{NOW_MS - 5},"bids":[["20000.00000000"'
    )


def test_a_book_of_futures_is_never_from_later_than_it_is_told():
    class Ahead(SmallMarket):
        def book(self, symbol, levels):
            return replace(super().book(symbol, levels), time_ms=NOW_MS + 900)

    told = json.loads(derive(USDM, "depth?symbol=BTCUSDT", market=Ahead()).body)
    assert told["T"] == told["E"] == NOW_MS


def test_average_price():
    assert body(SPOT, "avgPrice?symbol=BTCUSDT") == (
        f'{{"mins":5,"price":"9.35751834","closeTime":{NOW_MS - 9}}}'
    )


def test_premium_index():
    one = (
        '{"symbol":"BTCUSDT","markPrice":"1","indexPrice":"2","estimatedSettlePrice":"3",'
        '"lastFundingRate":"4","interestRate":"0.00010000","nextFundingTime":5,"time":6}'
    )
    assert body(USDM, "premiumIndex?symbol=BTCUSDT") == one
    assert body(USDM, "premiumIndex") == f"[{one}]"


@pytest.mark.parametrize(
    ("venue", "target"),
    [
        (SPOT, "depth?symbol=ETHUSDT"),
        (SPOT, "avgPrice?symbol=ETHUSDT"),
        (SPOT, "premiumIndex?symbol=BTCUSDT"),
        (SPOT, "referencePrice?symbol=BTCUSDT"),
        (SPOT, "/sapi/v1/system/status"),
        (USDM, "premiumIndex?symbol=ETHUSDT"),
        (USDM, "depth?symbol=ETHUSDT"),
        (USDM, "markPriceKlines?symbol=BTCUSDT&interval=1m"),
        (USDM, "uiKlines?symbol=BTCUSDT&interval=1m"),
        (USDM, "ticker/tradingDay?symbol=BTCUSDT"),
    ],
)
def test_what_is_not_known_is_looked_up(venue, target):
    assert derive(venue, target) is None


@pytest.mark.parametrize(
    ("venue", "target", "word"),
    [
        *((SPOT, f"{name}?symbol=BTCUSDT&endTime=5", "trade") for name in
          ("trades", "historicalTrades", "aggTrades", "klines", "uiKlines")),
        (SPOT, "aggTrades?symbol=BTCUSDT", "aggTrade"),
        (SPOT, "klines?symbol=BTCUSDT", "kline_5m"),
        (USDM, "klines?symbol=btcusdt", "aggTrade"),
        (USDM, "continuousKlines?pair=BTCUSDT&contractType=PERPETUAL", "trade"),
    ],
)  # fmt: skip
def test_lists_of_what_streams_tell_may_be_empty(venue, target, word):
    def nothing(method, *channels):
        api = "/api/v3/" if venue is SPOT else "/fapi/v1/"
        key = venue.request_key(HttpRequest(method, api + target))
        return venue.nothing(key, [venue.market_feed(one) for one in channels])

    assert nothing("GET", f"btcusdt@{word}").body == b"[]"
    assert nothing("POST", f"btcusdt@{word}") is None
    assert nothing("GET", "btcusdt@depth", f"ethusdt@{word}") is None


@pytest.mark.parametrize(
    "target",
    ["/fapi/v1/depth?symbol=BTCUSDT", "/fapi/v1/ticker/price", "/fapi/v1/klines", "/other",
     "/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=NEXT_QUARTER"],
)  # fmt: skip
def test_nothing_else_is_empty(target):
    key = USDM.request_key(HttpRequest("GET", target))
    assert USDM.nothing(key, [USDM.market_feed("btcusdt@trade")]) is None


def test_only_get_is_answered():
    assert derive(SPOT, "depth?symbol=BTCUSDT", method="POST") is None


ILLEGAL = "Illegal characters found in parameter"
SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
MISSING = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
NOT_VALID = "Data sent for parameter '{}' is not valid."
REFUSALS = [
    (SPOT, "depth", -1102, MISSING.format("symbol")),
    (SPOT, "depth?symbol=", -1105, "Parameter 'symbol' was empty."),
    (SPOT, "depth?symbol=NOSUCHCOIN", -1121, "Invalid symbol."),
    (SPOT, "depth?symbol=btcusdt", -1100, f"{ILLEGAL} 'symbol'; legal range is '{SYMBOL_RANGE}'."),
    (SPOT, "depth?symbol=BTCUSDT&limit=x", -1100,
     f"{ILLEGAL} 'limit'; legal range is '^[0-9]{{1,20}}$'."),
    (SPOT, "depth?symbol=BTCUSDT&limit=-5", -1100,
     f"{ILLEGAL} 'limit'; legal range is '^[0-9]{{1,20}}$'."),
    (SPOT, "depth?symbol=BTCUSDT&limit=0", -1130, NOT_VALID.format("limit")),
    (SPOT, "klines?symbol=BTCUSDT", -1102, MISSING.format("interval")),
    (SPOT, "klines?symbol=BTCUSDT&interval=7m", -1120, "Invalid interval."),
    (SPOT, "klines?symbol=BTCUSDT&interval=1m&timeZone=15:00", -1130,
     NOT_VALID.format("timeZone")),
    (SPOT, "aggTrades?symbol=BTCUSDT&fromId=1&startTime=5", -1128,
     "Combination of optional parameters invalid."),
    (SPOT, "ticker", -1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"),
    (SPOT, "ticker?symbol=BTCUSDT&windowSize=60m", -1130, NOT_VALID.format("windowSize")),
    (SPOT, "ticker?symbol=BTCUSDT&type=TINY", -1139, "Invalid ticker type."),
    (SPOT, "ticker/24hr?symbol=BTCUSDT&type=mini", -1139, "Invalid ticker type."),
    (SPOT, "ticker/price?symbol=BTCUSDT&symbolStatus=HALT", -1220,
     "The symbol's status does not match the requested symbolStatus."),
    (SPOT, "depth?symbol=BTCUSDT&symbolStatus=HALT", -1220,
     "The symbol's status does not match the requested symbolStatus."),
    (SPOT, "depth?symbol=BTCUSDT&symbolStatus=ASLEEP", -1122, "Invalid symbolStatus."),
    (SPOT, "ticker/price?symbolStatus=ASLEEP", -1122, "Invalid symbolStatus."),
    (SPOT, 'ticker/price?symbol=BTCUSDT&symbols=["BTCUSDT"]', -1128,
     "Combination of optional parameters invalid."),
    (SPOT, 'ticker/price?symbols=["BTCUSDT","BTCUSDT"]', -1151,
     "Symbol is present multiple times in the list."),
    (SPOT, 'ticker/price?symbols=["BTCUSDT","NOSUCH"]', -1121, "Invalid symbol."),
    (SPOT, "exchangeInfo?symbol=NOSUCHCOIN", -1121, "Invalid symbol."),
    (USDM, "depth?symbol=BTCUSDT&limit=7", -4021, "7 is not valid depth limit."),
    (USDM, "trades", -1102, MISSING.format("symbol")),
    (USDM, "trades?symbol=BTCUSDT&limit=1001", -1130, NOT_VALID.format("limit")),
    (USDM, "klines?symbol=BTCUSDT&interval=1m&limit=1501", -1130, NOT_VALID.format("limit")),
    (USDM, "klines?symbol=BTCUSDT&interval=1s", -1120, "Invalid interval."),
    (USDM, "klines?symbol=BTCUSDT&interval=1m&startTime=2&endTime=1", -1023,
     "Start time is greater than end time."),
    (USDM, "aggTrades?symbol=BTCUSDT&startTime=1&endTime=3600002", -1127,
     "More than 1 hours between startTime and endTime."),
    (USDM, "continuousKlines?pair=BTCUSDT&interval=1m", -1102, MISSING.format("contractType")),
    (USDM, "continuousKlines?pair=BTCUSDT&interval=1m&contractType=X", -1130,
     NOT_VALID.format("contractType")),
    (USDM, "continuousKlines?pair=NOSUCH&interval=1m&contractType=PERPETUAL", -1121,
     "Invalid symbol."),
    (USDM, "ticker/24hr?symbol=NOSUCHCOIN", -1121, "Invalid symbol."),
]  # fmt: skip


@pytest.mark.parametrize(("venue", "target", "code", "text"), REFUSALS)
def test_refusals_in_the_venues_words(venue, target, code, text):
    reply = derive(venue, target)
    assert (reply.status, json.loads(reply.body)) == (400, {"code": code, "msg": text})
    assert ("x-mbx-used-weight-1m", "1") in reply.headers


def test_the_symbols_range_is_quoted():
    message = json.loads(derive(SPOT, "ticker/price?symbols=BTCUSDT").body)["msg"]
    assert message.startswith(f"{ILLEGAL} 'symbols'; legal range is '^\\[(\"[")


@pytest.mark.parametrize(
    ("venue", "target", "prefers"),
    [
        (SPOT, "/api/v3/exchangeInfo?symbol=BTCUSDT", True),
        (SPOT, "/api/v3/ticker/24hr", True),
        (SPOT, "/api/v3/ticker/24hr?symbol=BTCUSDT", False),
        (SPOT, '/api/v3/ticker/price?symbols=["BTCUSDT"]', False),
        (SPOT, "/api/v3/depth?symbol=BTCUSDT", False),
        (SPOT, "/sapi/v1/exchangeInfo", False),
        (USDM, "/fapi/v1/premiumIndex", True),
        (USDM, "/fapi/v2/ticker/price", True),
        (USDM, "/fapi/v1/klines?symbol=BTCUSDT&interval=1m", False),
    ],
)
def test_where_a_recording_is_better(venue, target, prefers):
    assert venue.prefers_recording(venue.request_key(HttpRequest("GET", target))) is prefers


def test_the_ws_api_is_answered_the_same():
    message = b'{"id":1,"method":"ticker.price","params":{"symbol":"BTCUSDT"}}'
    key = SPOT.wsapi_key(SPOT.wsapi_request(message))
    reply = SPOT.derive(key, SmallMarket())
    assert reply.body.decode() == body(SPOT, "ticker/price?symbol=BTCUSDT")


# What a made-up market tells otherwise than the live venue: `w` is rounded to the tick there, and
# amounts of futures are rounded, not cut; snapshots of futures have times of their own.
EXACT = {
    SPOT: ("aggTrades", "avgPrice", "depth", "klines", "uiKlines", "trades", "historicalTrades",
           "ticker/price", "ticker/bookTicker"),
    USDM: ("aggTrades", "klines", "continuousKlines", "premiumIndex", "ticker/price"),
}  # fmt: skip


@pytest.fixture(scope="module", params=[SPOT, USDM], ids=lambda venue: venue.name)
def recorded(request):
    """Return a venue, the bundled cassette's history and its answers behind the first instant."""
    venue = request.param
    answers = [one for one in demo.interactions(venue.name) if one.kind == "rest"]
    facts = []
    for one in answers:
        feed = venue.answer_feed(venue.request_key(HttpRequest(one.method, one.target)))
        if feed is not None and one.status == 200:
            read = partial(venue.decode_answer, feed, one.response_body)
            facts.append(Fact(one.at_ns, feed, read))
    with CassetteReader(demo.CASSETTE) as reader:
        history = MarketHistory(venue.name, [CassetteSource(reader)], venue, facts)
        history.build()
        yield venue, history, [one for one in answers if one.at_ns > answers[0].at_ns]


def test_derived_answers_are_the_recorded_ones_byte_for_byte(recorded):
    venue, history, answers = recorded
    seen = Counter()
    for one in answers:
        path, _, _ = one.target.partition("?")
        name = path.split("/", 3)[3]
        if name not in EXACT[venue] or (seen[name] > 20 and one.at_ns % 7):
            continue
        seen[name] += 1
        key = venue.request_key(HttpRequest("GET", one.target))
        reply = venue.derive(key, history.at(one.at_ns))
        assert reply is not None, one.target
        assert (reply.status, reply.body) == (200, one.response_body), one.target
    assert set(seen) == set(EXACT[venue])


@pytest.mark.parametrize("name", ["ticker", "ticker/tradingDay", "ticker/24hr"])
def test_derived_statistics_are_the_recorded_ones(recorded, name):
    venue, history, answers = recorded
    wanted = [one for one in answers if f"/{name}?symbol=" in one.target]
    if name == "ticker":  # whole days are longer than the candles it is made of reach
        wanted = [one for one in wanted if "windowSize" in one.target]
    assert wanted or venue is USDM
    for one in wanted[:40]:
        key = venue.request_key(HttpRequest("GET", one.target))
        found = json.loads(venue.derive(key, history.at(one.at_ns)).body)
        model = json.loads(one.response_body)
        assert list(found) == list(model)
        differing = {field for field in model if model[field] != found[field]}
        # Candles of an answer tell no ids: they are unknown until there is a trade.
        assert differing <= {"weightedAvgPrice", "closeTime", "openTime", "firstId", "lastId"}
        assert found["lastId"] in (model["lastId"], -1)


@pytest.mark.parametrize("name", sorted({*derive_module.SPOT, *derive_module.USDM}))
def test_every_derived_endpoint_is_documented(name):
    text = (demo.CASSETTE.parents[1] / "docs" / "reference" / "answers.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in row.split("|")[1] for row in rows)
