import json

import pytest

from tests.venues.binance.small_market import NOW_MS, START_MS
from tests.venues.binance.test_derive import SPOT, USDM, body, derive


def test_trades_of_spot():
    assert body(SPOT, "trades?symbol=BTCUSDT&limit=1") == (
        '[{"id":108,"price":"20008.10000000","qty":"0.50000000","quoteQty":"10004.05000000",'
        f'"time":{START_MS + 80_000},"isBuyerMaker":true,"isBestMatch":true}}]'
    )


def test_trades_of_futures():
    assert body(USDM, "trades?symbol=BTCUSDT&limit=1") == (
        '[{"id":108,"price":"20008.10000000","qty":"0.50000000","quoteQty":"10004.05000000",'
        f'"time":{START_MS + 80_000},"isBuyerMaker":true,"isRPITrade":false}}]'
    )


def test_agg_trades():
    head = '{"a":48,"p":"20008.10000000","q":"0.50000000",'
    tail = f'"f":108,"l":108,"T":{START_MS + 80_000},"m":true'
    assert body(SPOT, "aggTrades?symbol=BTCUSDT&limit=1") == f'[{head}{tail},"M":true}}]'
    assert body(USDM, "aggTrades?symbol=BTCUSDT&limit=1") == (f'[{head}"nq":"0.50000000",{tail}}}]')


@pytest.mark.parametrize(
    ("target", "ids"),
    [
        ("trades?symbol=BTCUSDT", range(100, 109)),
        ("trades?symbol=BTCUSDT&limit=2", (107, 108)),
        ("trades?symbol=BTCUSDT&limit=99999", range(100, 109)),
        ("historicalTrades?symbol=BTCUSDT&limit=2", (107, 108)),
        ("historicalTrades?symbol=BTCUSDT&fromId=103&limit=2", (103, 104)),
        ("historicalTrades?symbol=BTCUSDT&fromId=1&limit=2", (100, 101)),
        ("historicalTrades?symbol=BTCUSDT&fromId=109", ()),
    ],
)
def test_which_trades(target, ids):
    assert [row["id"] for row in json.loads(body(SPOT, target))] == list(ids)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", range(40, 49)),
        ("&fromId=47", (47, 48)),
        ("&fromId=49", ()),
        (f"&startTime={START_MS + 70_000}", (47, 48)),
        (f"&startTime={START_MS + 70_000}000", (47, 48)),  # in microseconds
        (f"&startTime={START_MS}&limit=1", (40,)),
        (f"&endTime={START_MS + 10_000}&limit=1", (41,)),
        (f"&startTime={START_MS + 10_000}&endTime={START_MS + 20_000}", (41, 42)),
        (f"&startTime={START_MS + 10_001}&endTime={START_MS + 19_999}", ()),
        (f"&startTime={NOW_MS + 1}", ()),
        ("&startTime=2&endTime=1", ()),
    ],
)
def test_which_agg_trades(query, ids):
    rows = json.loads(body(SPOT, f"aggTrades?symbol=BTCUSDT{query}"))
    assert [row["a"] for row in rows] == list(ids)


@pytest.mark.parametrize(
    "target",
    [
        "trades?symbol=ETHUSDT",
        "historicalTrades?symbol=ETHUSDT&fromId=5",
        "aggTrades?symbol=ETHUSDT",
        "aggTrades?symbol=ETHUSDT&fromId=5",
        "aggTrades?symbol=BTCUSDT&endTime=5",  # long before the tape
    ],
)
def test_what_the_tape_does_not_reach_is_looked_up(target):
    assert derive(SPOT, target) is None
