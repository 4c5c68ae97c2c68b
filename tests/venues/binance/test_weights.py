"""What endpoints cost, by parameters and date."""

import pytest

from replayx.venues.binance.weights import (
    SPOT_FREE_WHEN_DONE,
    SPOT_ORDERS,
    SPOT_WEIGHTS,
    USDM_WEIGHTS,
    weight_at,
)
from replayx.venues.venue import RequestKey

NOW = "2026-11-01"
MANY = '["' + '","'.join(f"S{number}" for number in range(101)) + '"]'


def key(endpoint, **params):
    verb, path = endpoint.split(" ")
    return RequestKey(verb, path, tuple(sorted(params.items())))


@pytest.mark.parametrize(
    ("endpoint", "params", "weight"),
    [
        ("ping", {}, 1),
        ("time", {}, 1),
        ("exchangeInfo", {}, 20),
        ("depth", {}, 5),
        ("depth", {"limit": "1"}, 5),
        ("depth", {"limit": "100"}, 5),
        ("depth", {"limit": "101"}, 25),
        ("depth", {"limit": "500"}, 25),
        ("depth", {"limit": "1000"}, 50),
        ("depth", {"limit": "1001"}, 250),
        ("depth", {"limit": "5000"}, 250),
        ("depth", {"limit": "99999999999999999999"}, 250),
        ("depth", {"limit": "x"}, 1),
        ("trades", {}, 25),
        ("historicalTrades", {}, 25),
        ("aggTrades", {}, 4),
        ("klines", {"limit": "1000"}, 2),
        ("avgPrice", {}, 2),
        ("ticker/24hr", {"symbol": "A"}, 2),
        ("ticker/24hr", {"symbols": '["A","B"]'}, 2),
        ("ticker/24hr", {"symbols": MANY.replace(',"S100"', "")}, 40),
        ("ticker/24hr", {"symbols": MANY}, 80),
        ("ticker/24hr", {}, 80),
        ("ticker", {"symbols": '["A","B","C"]'}, 12),
        ("ticker", {"symbols": MANY}, 200),
        ("ticker/tradingDay", {"symbol": "A"}, 4),
        ("ticker/price", {"symbol": "A"}, 2),
        ("ticker/price", {"symbols": '["A"]'}, 4),
        ("ticker/price", {}, 4),
        ("ticker/bookTicker", {}, 4),
        ("account", {}, 20),
        ("openOrders", {"symbol": "A"}, 6),
        ("openOrders", {}, 80),
        ("myTrades", {"symbol": "A"}, 20),
        ("myTrades", {"symbol": "A", "orderId": "7"}, 5),
        ("rateLimit/order", {}, 40),
        ("executionRules", {"symbols": '["A","B"]'}, 4),
        ("executionRules", {}, 40),
        ("nothing/known", {}, 1),
    ],
)
def test_spot(endpoint, params, weight):
    assert weight_at(SPOT_WEIGHTS, key(f"GET /api/v3/{endpoint}", **params), NOW) == weight


@pytest.mark.parametrize(
    ("endpoint", "params", "by_date"),
    [
        ("depth", {"limit": "5000"}, [50, 100, 250, 250, 250]),
        ("depth", {}, [1, 2, 5, 5, 5]),
        ("trades", {}, [1, 2, 10, 25, 25]),
        ("historicalTrades", {}, [5, 10, 10, 25, 25]),
        ("aggTrades", {}, [1, 2, 2, 2, 4]),
        ("ticker/24hr", {}, [40, 80, 80, 80, 80]),
        ("exchangeInfo", {}, [10, 20, 20, 20, 20]),
    ],
)
def test_spot_by_date(endpoint, params, by_date):
    dates = ("2023-08-24", "2023-08-25", "2023-10-19", "2024-04-04", "2025-03-10")
    asked = key(f"GET /api/v3/{endpoint}", **params)
    assert [weight_at(SPOT_WEIGHTS, asked, date) for date in dates] == by_date


@pytest.mark.parametrize(
    ("endpoint", "params", "weight"),
    [
        ("GET /fapi/v1/exchangeInfo", {}, 1),
        ("GET /fapi/v1/depth", {}, 1),
        ("GET /fapi/v1/depth", {"limit": "50"}, 2),
        ("GET /fapi/v1/depth", {"limit": "100"}, 5),
        ("GET /fapi/v1/depth", {"limit": "500"}, 10),
        ("GET /fapi/v1/depth", {"limit": "1000"}, 20),
        ("GET /fapi/v1/klines", {}, 5),
        ("GET /fapi/v1/klines", {"limit": "100"}, 1),
        ("GET /fapi/v1/klines", {"limit": "500"}, 2),
        ("GET /fapi/v1/klines", {"limit": "1000"}, 5),
        ("GET /fapi/v1/klines", {"limit": "1500"}, 10),
        ("GET /fapi/v1/ticker/24hr", {}, 40),
        ("GET /fapi/v1/ticker/bookTicker", {"symbol": "A"}, 2),
        ("GET /fapi/v1/premiumIndex", {}, 10),
        ("GET /fapi/v1/historicalTrades", {}, 200),
        ("GET /fapi/v3/account", {}, 5),
        ("POST /fapi/v1/order", {}, 0),
        ("DELETE /fapi/v1/order", {}, 1),
    ],
)
def test_usdm(endpoint, params, weight):
    assert weight_at(USDM_WEIGHTS, key(endpoint, **params), NOW) == weight


def test_what_places_orders_is_free_when_done():
    _, free = SPOT_FREE_WHEN_DONE
    assert SPOT_ORDERS.keys() <= free
