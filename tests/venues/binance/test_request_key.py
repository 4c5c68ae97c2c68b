"""What makes two requests the same."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest, RequestKey

SPOT, USDM = BinanceSpot(), BinanceUsdm()


def key(target: str, method: str = "GET", body: str = "", venue: BinanceVenue = SPOT) -> RequestKey:
    return venue.request_key(HttpRequest(method, target, (), body.encode()))


def test_a_key() -> None:
    found = key("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5&timestamp=1&signature=ab")
    params = (("interval", "1m"), ("limit", "5"), ("symbol", "BTCUSDT"))
    assert found == RequestKey("GET", "/api/v3/klines", params)


SAME = [
    ("/api/v3/ping", "/api/v3/ping?"),
    ("/api/v3/depth?symbol=A&limit=100", "/api/v3/depth?symbol=A"),
    ("/api/v3/klines?symbol=A&interval=1m&limit=500", "/api/v3/klines?interval=1m&symbol=A"),
    ("/api/v3/ticker/24hr?symbol=A&type=FULL", "/api/v3/ticker/24hr?symbol=A"),
    ("/api/v3/ticker?symbol=A&windowSize=1d", "/api/v3/ticker?symbol=A"),
    (
        "/api/v3/ticker/24hr?symbols=%5B%22A%22%2C%22B%22%5D",
        '/api/v3/ticker/24hr?symbols=["B","A"]',
    ),
    ('/api/v3/ticker/24hr?symbols=["A","B"]', '/api/v3/ticker/24hr?symbols=[ "A" , "B" ]'),
    ('/api/v3/exchangeInfo?permissions=["SPOT"]', "/api/v3/exchangeInfo?permissions=SPOT"),
    ("/api/v3/account?recvWindow=5000&timestamp=1&signature=x", "/api/v3/account"),
    ("/api%2Fv3/ping", "/api/v3/ping"),
    ("/api/v3/depth?symbol=%E8%BF%99", "/api/v3/depth?symbol=这"),
    ("/api/v3/depth?&symbol=A&", "/api/v3/depth?symbol=A"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_targets_that_ask_the_same(one: str, other: str) -> None:
    assert key(one) == key(other)


DIFFERENT = [
    ("/api/v3/klines?symbol=A&interval=1m", "/api/v3/klines?symbol=A&interval=1M"),
    ("/api/v3/depth?symbol=BTCUSDT", "/api/v3/depth?symbol=btcusdt"),
    ("/api/v3/depth?symbol=A&limit=5", "/api/v3/depth?symbol=A&limit=10"),
    ("/api/v3/trades?symbol=A&limit=100", "/api/v3/trades?symbol=A"),
    ("/api/v3/ticker/24hr?symbol=A", '/api/v3/ticker/24hr?symbols=["A"]'),
    ("/api/v3/klines?symbol=A&startTime=1", "/api/v3/klines?symbol=A&startTime=2"),
    ("/api/v3/aggTrades?symbol=A&fromId=10", "/api/v3/aggTrades?symbol=A&fromId=100"),
    ("/api/v3/depth?symbol=A", "/api/v3/trades?symbol=A"),
    ("/api/v3/depth", "/api/v3/depth?symbol="),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_targets_that_ask_something_else(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_futures_take_symbols_in_any_case() -> None:
    same = {
        key(f"/fapi/v1/depth?symbol={symbol}&limit=500", venue=USDM)
        for symbol in ("BTCUSDT", "btcusdt", "BtcUsdt")
    }
    assert same == {RequestKey("GET", "/fapi/v1/depth", (("symbol", "BTCUSDT"),))}


ORDER = "symbol=A&side=BUY&type=LIMIT&quantity={}&price={}&newClientOrderId={}&timestamp={}"


def test_orders_by_the_value_of_their_numbers() -> None:
    one = key("/api/v3/order", "POST", ORDER.format("0.10", "0100.0", "x-1", 5))
    other = key("/api/v3/order?" + ORDER.format(".1", "100", "x-2", 6), "POST")
    assert one == other
    assert dict(one.params)["quantity"] == "0.1"
    assert one != key("/api/v3/order", "POST", ORDER.format("0.11", "100", "x-1", 5))


def test_the_query_wins_over_the_form() -> None:
    assert key("/api/v3/order?symbol=A", "POST", "symbol=B&side=BUY") == key(
        "/api/v3/order?symbol=A&side=BUY", "POST"
    )


def test_batch_orders_without_what_the_client_made_up() -> None:
    orders = (
        '[{"symbol":"A","quantity":"0.10","newClientOrderId":"x1"}]',
        '[{"newClientOrderId":"x2", "quantity":"0.1", "symbol":"A"}]',
    )
    keys = {
        key("/fapi/v1/batchOrders?batchOrders=" + quote(text), "POST", venue=USDM)
        for text in orders
    }
    assert len(keys) == 1


@pytest.mark.parametrize("value", ["[", "[[[[", "[1,", "1e999999999", "-", "%FF", "0x10"])
def test_any_value_has_a_key(value: str) -> None:
    assert dict(key(f"/api/v3/order?price={value}", "POST").params).keys() == {"price"}


WORD = st.text(st.characters(codec="utf-8", exclude_characters="["), min_size=1, max_size=8)
PARAMS = st.dictionaries(WORD, WORD, max_size=6)
VOLATILE = st.dictionaries(
    st.sampled_from(
        ["timestamp", "recvWindow", "signature", "newClientOrderId", "listClientOrderId"]
    ),
    WORD,
)


def _encoded(pairs: list[tuple[str, str]], everything: bool) -> str:
    if not everything:
        return urlencode(pairs)
    return "&".join(
        "=".join("".join(f"%{byte:02x}" for byte in text.encode()) for text in pair)
        for pair in pairs
    )


@given(params=PARAMS, volatile=VOLATILE, data=st.data(), venue=st.sampled_from([SPOT, USDM]))
def test_order_encoding_place_and_volatile_parameters_do_not_matter(
    params: dict[str, str], volatile: dict[str, str], data: st.DataObject, venue: BinanceVenue
) -> None:
    plain = key("/x/y?" + urlencode(params), "POST", venue=venue)
    pairs = data.draw(st.permutations([*params.items(), *volatile.items()]))
    cut = data.draw(st.integers(0, len(pairs)))
    query = _encoded(pairs[:cut], data.draw(st.booleans()))
    body = _encoded(pairs[cut:], data.draw(st.booleans()))
    assert key("/x/y?" + query, "POST", body, venue) == plain
