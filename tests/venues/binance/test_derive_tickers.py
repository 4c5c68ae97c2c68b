import json

import pytest

from tests.venues.binance.small_market import NOW_MS, START_MS
from tests.venues.binance.test_derive import SPOT, USDM, body, derive

DAY_MS = 86_400_000
LAST = '{"symbol":"BTCUSDT","price":"20008.10000000"}'
QUOTES = (
    '{"symbol":"BTCUSDT","bidPrice":"20000.0","bidQty":"1.00","askPrice":"20001.0","askQty":"2.00"}'
)
HALF = '{"symbol":"ETHUSDT","bidPrice":"1500.0","bidQty":"3.00","askPrice":"0.0","askQty":"0.00"}'
CHANGES = (
    '{"symbol":"BTCUSDT","priceChange":"-0.50","priceChangePercent":"-0.025",'
    '"weightedAvgPrice":"1.80"'
)
PRICES = '"openPrice":"2000.00","highPrice":"4.00","lowPrice":"0.50"'
SUMS = '"volume":"10.000","quoteVolume":"18.00"'


def span(start, end):
    return f'"openTime":{start},"closeTime":{end},"firstId":100,"lastId":108,"count":9}}'


DAY = span(NOW_MS - DAY_MS, NOW_MS)
MIDNIGHT = NOW_MS - NOW_MS % DAY_MS
FULL = (
    f'{CHANGES},"prevClosePrice":"2000.00","lastPrice":"1999.50","lastQty":"0.50000000",'
    f'"bidPrice":"20000.0","bidQty":"1.00","askPrice":"20001.0","askQty":"2.00",'
    f"{PRICES},{SUMS},{DAY}"
)
MINI = f'{{"symbol":"BTCUSDT",{PRICES},"lastPrice":"1999.50",{SUMS}'
WINDOW = f'{CHANGES},{PRICES},"lastPrice":"1999.50",{SUMS}'


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ticker/price?symbol=BTCUSDT", LAST),
        ('ticker/price?symbols=["BTCUSDT"]', f"[{LAST}]"),
        ("ticker/price", f"[{LAST}]"),
        ("ticker/price?symbolStatus=HALT", "[]"),
        ("ticker/bookTicker?symbol=BTCUSDT", QUOTES),
        ("ticker/bookTicker?symbol=ETHUSDT", HALF),
        ('ticker/bookTicker?symbols=["ETHUSDT","BTCUSDT"]', f"[{QUOTES},{HALF}]"),
        ("ticker/bookTicker", f"[{QUOTES},{HALF}]"),
        ("ticker/24hr?symbol=BTCUSDT", FULL),
        ('ticker/24hr?symbols=["BTCUSDT"]', f"[{FULL}]"),
        ("ticker/24hr?symbol=BTCUSDT&type=MINI", f"{MINI},{DAY}"),
        ("ticker/24hr?type=MINI", f"[{MINI},{DAY}]"),
        (
            "ticker?symbol=BTCUSDT&windowSize=1m",
            f"{WINDOW},{span(NOW_MS - NOW_MS % 60_000 - 60_000, NOW_MS)}",
        ),
        (
            "ticker?symbol=BTCUSDT",
            f"{WINDOW},{span(NOW_MS - NOW_MS % 60_000 - DAY_MS, NOW_MS)}",
        ),
        (
            "ticker?symbol=BTCUSDT&windowSize=7d&type=MINI",
            f"{MINI},{span(NOW_MS - NOW_MS % 60_000 - 7 * DAY_MS, NOW_MS)}",
        ),
        (
            "ticker/tradingDay?symbol=BTCUSDT",
            f"{WINDOW},{span(MIDNIGHT, MIDNIGHT + DAY_MS - 1)}",
        ),
        (
            "ticker/tradingDay?symbol=BTCUSDT&timeZone=8",
            f"{WINDOW},{span(MIDNIGHT + DAY_MS * 2 // 3, MIDNIGHT + DAY_MS * 5 // 3 - 1)}",
        ),
    ],
)
def test_spot(target, expected):
    assert body(SPOT, target) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ticker/price?symbol=BTCUSDT", f'{LAST[:-1]},"time":{START_MS + 80_000}}}'),
        ("/fapi/v2/ticker/price?symbol=btcusdt", f'{LAST[:-1]},"time":{START_MS + 80_000}}}'),
        ("ticker/bookTicker?symbol=BTCUSDT", f'{QUOTES[:-1]},"time":{NOW_MS - 5}}}'),
        (
            "ticker/24hr?symbol=BTCUSDT",
            f'{CHANGES},"lastPrice":"1999.50","lastQty":"0.50000000",{PRICES},{SUMS},{DAY}',
        ),
    ],
)
def test_futures(target, expected):
    assert body(USDM, target) == expected


@pytest.mark.parametrize(
    "target",
    [
        "ticker/price?symbol=ETHUSDT",
        'ticker/price?symbols=["BTCUSDT","ETHUSDT"]',
        "ticker/24hr?symbol=ETHUSDT",
        "ticker/24hr?symbol=ETHUSDT&type=MINI",
        "ticker?symbol=ETHUSDT",
        "ticker/bookTicker?symbol=XRPUSDT",
    ],
)
def test_what_is_not_known_is_looked_up(target):
    assert derive(SPOT, target) is None


def test_lists_are_lists():
    assert isinstance(json.loads(body(SPOT, "ticker/24hr")), list)
