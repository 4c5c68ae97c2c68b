import json

import pytest

from tests.venues.binance.small_market import MINUTE_MS, START_MS, SmallMarket
from tests.venues.binance.test_derive import SPOT, USDM, body, derive

ROW = '"1.0","4.0","0.5","2.0","9.0",{end},"18.0",2,"4.0","8.0","0"'
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("venue", "target"),
    [
        (SPOT, "klines?symbol=BTCUSDT&interval=1m&limit=1"),
        (SPOT, "uiKlines?symbol=BTCUSDT&interval=1m&limit=1"),
        (USDM, "klines?symbol=BTCUSDT&interval=1m&limit=1"),
        (USDM, "continuousKlines?pair=BTCUSDT&contractType=PERPETUAL&interval=1m&limit=1"),
    ],
)
def test_rows(venue, target):
    start = START_MS + MINUTE_MS
    row = ROW.format(end=start + MINUTE_MS - 1)
    assert body(venue, target) == f"[[{start},{row}]]"


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        (f"&startTime={START_MS}&limit=1", [START_MS]),
        (f"&startTime={START_MS + 1}", [START_MS + MINUTE_MS]),
        (f"&endTime={START_MS}", [START_MS]),
        (f"&startTime={START_MS + MINUTE_MS + 1}", []),
        (f"&startTime={START_MS + 1}&endTime={START_MS + 2}", []),
        ("&startTime=9&endTime=8", []),
    ],
)
def test_which_rows(query, starts):
    rows = json.loads(body(SPOT, f"klines?symbol=BTCUSDT&interval=1m{query}"))
    assert [row[0] for row in rows] == starts


@pytest.mark.parametrize(
    ("venue", "query", "asked"),
    [
        (SPOT, "", ("1h", 500, None, None, 0)),
        (SPOT, "&limit=5000&timeZone=-1:00", ("1h", 1000, None, None, -HOUR_MS)),
        (USDM, "&limit=1500", ("1h", 1500, None, None, 0)),
    ],
)
def test_what_the_market_is_asked(venue, query, asked):
    market = SmallMarket()
    derive(venue, f"klines?symbol=BTCUSDT&interval=1h{query}", market=market)
    assert market.asked[0] == asked


@pytest.mark.parametrize(
    ("venue", "target"),
    [
        (SPOT, "klines?symbol=ETHUSDT&interval=1m"),
        (SPOT, "klines?symbol=BTCUSDT&interval=1m&endTime=5"),
        (USDM, "continuousKlines?pair=BTCUSDT&contractType=CURRENT_QUARTER&interval=1m"),
    ],
)
def test_what_the_tape_does_not_reach_is_looked_up(venue, target):
    assert derive(venue, target) is None
