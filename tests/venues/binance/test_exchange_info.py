import json

import pytest

from replayx.venues.binance.exchange_info import assets_of
from replayx.venues.venue import HttpRequest
from tests.venues.binance import demo
from tests.venues.binance.small_market import NOW_MS
from tests.venues.binance.test_derive import SPOT, USDM, body, derive


@pytest.mark.parametrize(
    ("symbol", "assets"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("ETHBTC", ("ETH", "BTC")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("TUSDUSDT", ("TUSD", "USDT")),
        ("1000SHIBUSDC", ("1000SHIB", "USDC")),
        ("BTCUSDT_260925", ("BTC", "USDT")),
        ("WBTCBTC", ("WBTC", "BTC")),
        ("BNBUGX", ("BNB", "UGX")),
        ("BTC", ("BTC", "BTC")),
    ],
)
def test_assets(symbol, assets):
    assert assets_of(symbol) == assets


def recorded(venue):
    target = f"{'/api/v3' if venue is SPOT else '/fapi/v1'}/exchangeInfo"
    answers = (one for one in demo.interactions(venue.name) if one.target == target)
    return json.loads(next(answers).response_body)


def shape(value):
    """Return a JSON value's keys in order and types, without its values."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return type(value)


@pytest.mark.parametrize("venue", [SPOT, USDM], ids=lambda venue: venue.name)
def test_it_has_the_shape_of_a_recorded_one(venue):
    built, model = json.loads(body(venue, "exchangeInfo")), recorded(venue)
    assert list(built) == list(model)
    # The small market is one of 2023-11, the recorded answer of 2026-11.
    limits = {row["limit"]: row for row in model["rateLimits"]}
    assert [row | {"limit": 0} for row in built["rateLimits"]] == [
        row | {"limit": 0} for row in limits.values()
    ]
    differing = [row["limit"] for row in built["rateLimits"] if row["limit"] not in limits]
    assert differing == ([61_000] if venue is SPOT else [])
    one, other = built["symbols"][0], model["symbols"][0]
    assert list(one) == list(other)
    assert shape(one) == shape(other)
    assert [shape(each) for each in one["filters"]] == [shape(each) for each in other["filters"]]
    assert [each["filterType"] for each in one["filters"]] == [
        each["filterType"] for each in other["filters"]
    ]


@pytest.mark.parametrize(
    ("permissions", "permitted"),
    [("SPOT", True), ('["MARGIN","LEVERAGED"]', True), ("LEVERAGED", False), ('["GRP_4"]', False)],
)
def test_permissions_are_those_of_all_symbols(permissions, permitted):
    everything = json.loads(body(SPOT, "exchangeInfo"))["symbols"]
    built = json.loads(body(SPOT, f"exchangeInfo?permissions={permissions}"))
    assert built["symbols"] == (everything if permitted else [])


def test_permissions_do_not_go_with_symbols():
    reply = derive(SPOT, "exchangeInfo?permissions=SPOT&symbol=BTCUSDT")
    assert json.loads(reply.body)["code"] == -1128


def test_permission_sets_may_be_left_empty():
    (one,) = json.loads(body(SPOT, "exchangeInfo?symbol=BTCUSDT&showPermissionSets=false"))[
        "symbols"
    ]
    assert one["permissionSets"] == []


@pytest.mark.parametrize(
    ("venue", "path"),
    [
        *((SPOT, path) for path in ("/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo")),
        *((USDM, path) for path in ("/api/v3/exchangeInfo", "/dapi/v1/exchangeInfo")),
    ],
)
def test_other_markets_have_no_symbols(venue, path):
    told = json.loads(body(venue, path))
    assert told["serverTime"] == NOW_MS
    assert told["symbols"] == []
    assert venue.prefers_recording(venue.request_key(HttpRequest("GET", path)))
    assert derive(venue, path, method="POST") is None


def test_steps_become_filters():
    built = json.loads(body(SPOT, "exchangeInfo?symbol=BTCUSDT"))
    assert built["serverTime"] == NOW_MS
    price, lot = built["symbols"][0]["filters"][:2]
    assert (price["tickSize"], price["maxPrice"]) == ("0.01000000", "1000000.00000000")
    assert (lot["stepSize"], lot["minQty"]) == ("0.00001000", "0.00001000")


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("", ["BTCUSDT", "ETHUSDT"]),
        ("?symbol=ETHUSDT", ["ETHUSDT"]),
        ('?symbols=["ETHUSDT"]', ["ETHUSDT"]),
        ("?symbolStatus=BREAK", []),
    ],
)
def test_which_symbols(query, symbols):
    built = json.loads(body(SPOT, f"exchangeInfo{query}"))
    assert [one["symbol"] for one in built["symbols"]] == symbols


def test_precisions_of_futures():
    built = json.loads(body(USDM, "exchangeInfo"))
    one = next(one for one in built["symbols"] if one["symbol"] == "ETHUSDT")
    assert (one["pricePrecision"], one["quantityPrecision"]) == (2, 3)
    assert one["contractType"] == "PERPETUAL"
