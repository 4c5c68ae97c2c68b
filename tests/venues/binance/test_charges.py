"""What requests are charged to which pool."""

import pytest

from replayx.venues.binance.charges import account_of
from replayx.venues.rate_side import Charge
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpRequest, WsApiRequest

SPOT, USDM = load_venue("binance-spot"), load_venue("binance-usdm")


def over_http(endpoint):
    return HttpRequest(*endpoint.split(" "))


def over_ws(method, **params):
    return WsApiRequest(b"1", method, params, b"")


@pytest.mark.parametrize(
    ("request_", "date", "charge"),
    [
        (over_http("GET /api/v3/ping"), "2026-11-01", Charge((("weight", 1), ("requests", 1)))),
        (over_ws("ping"), "2026-11-01", Charge((("weight", 1),))),
        (over_ws("v3/ping"), "2022-01-01", Charge((("weight", 1), ("requests", 1)))),
        (over_ws("depth", symbol="A", limit=5000), "2026-11-01", Charge((("weight", 250),))),
        (over_ws("ticker.price", symbols=["A", "B"]), "2026-11-01", Charge((("weight", 4),))),
        (over_ws("session.status"), "2026-11-01", Charge((("weight", 2),))),
        (
            over_http("POST /api/v3/order"),
            "2026-04-02",
            Charge((("weight", 0), ("requests", 1)), (("orders", 1),), (("weight", 1),)),
        ),
        (
            over_http("POST /api/v3/order"),
            "2026-04-01",
            Charge((("weight", 1), ("requests", 1)), (("orders", 1),)),
        ),
        (
            over_ws("orderList.place.otoco"),
            "2026-11-01",
            Charge((("weight", 0),), (("orders", 3),), (("weight", 1),)),
        ),
        (
            over_http("PUT /api/v3/order/amend/keepPriority"),
            "2026-11-01",
            Charge((("weight", 4), ("requests", 1))),
        ),
    ],
)
def test_spot(request_, date, charge):
    assert SPOT.charge(request_, SPOT.rates(date)) == charge


@pytest.mark.parametrize(
    ("request_", "charge"),
    [
        (
            over_http("GET /fapi/v1/depth?symbol=btcusdt&limit=500"),
            Charge((("weight", 10), ("requests", 1))),
        ),
        (
            over_http("GET /fapi/v1/klines?symbol=BTCUSDT&interval=1m"),
            Charge((("weight", 5), ("requests", 1))),
        ),
        (over_http("GET /fapi/v1/fundingRate"), Charge((("funding", 1), ("requests", 1)))),
        (over_http("GET /futures/data/basis"), Charge((("statistics", 1), ("requests", 1)))),
        (over_ws("depth", symbol="A", limit=5), Charge((("wsapi weight", 2), ("requests", 1)))),
        (
            over_http("DELETE /fapi/v1/order"),
            Charge((("weight", 1), ("wsapi weight", 1), ("requests", 1))),
        ),
        (
            over_http("POST /fapi/v1/batchOrders"),
            Charge(
                (("weight", 5), ("wsapi weight", 5), ("requests", 1)),
                (("orders 10s", 5), ("orders 1m", 1)),
            ),
        ),
    ],
)
def test_usdm(request_, charge):
    assert USDM.charge(request_, USDM.rates("2026-11-01")) == charge


@pytest.mark.parametrize(
    ("venue", "target", "date", "charge"),
    [
        (SPOT, "/ws", "2026-11-01", (("connections", 1),)),
        (SPOT, "/ws-api/v3", "2026-11-01", (("connections", 1), ("weight", 2))),
        (SPOT, "/ws-api/v3", "2023-01-01", (("connections", 1), ("weight", 1))),
        (USDM, "/ws-fapi/v1", "2026-11-01", (("connections", 1), ("wsapi weight", 2))),
    ],
)
def test_handshakes(venue, target, date, charge):
    assert venue.connect_charge(venue.open(target), venue.rates(date)) == Charge(charge)
    assert venue.connect_charge(None, venue.rates(date)) == Charge((("connections", 1),))


def test_accounts_are_told_by_their_key():
    keyed = HttpRequest("GET", "/api/v3/account", (("x-mbx-apikey", "k"),))
    assert account_of(keyed) == "k"
    assert account_of(over_http("GET /api/v3/ping")) == ""
    assert account_of(over_ws("order.place", apiKey="k")) == "k"
    assert account_of(over_ws("order.place", apiKey=7)) == ""
