"""What moves money or orders."""

import pytest

from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.spot import BinanceSpot
from replayx.venues.binance.usdm import BinanceUsdm
from replayx.venues.venue import HttpRequest

SPOT, USDM = BinanceSpot(), BinanceUsdm()


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/api/v3/depth?symbol=A", False),
        ("GET", "/api/v3/openOrders?timestamp=1", False),
        ("HEAD", "/api/v3/order", False),
        ("POST", "/api/v3/order?symbol=A", True),
        ("post", "/api/v3/order", True),
        ("DELETE", "/api/v3/order", True),
        ("POST", "/api/v3/order/cancelReplace", True),
        ("PUT", "/api/v3/order/amend/keepPriority", True),
        ("POST", "/api/v3/orderList/oco", True),
        ("POST", "/api/v3/sor/order", True),
        ("DELETE", "/api/v3/openOrders", True),
        ("POST", "/api/v3/order/test?symbol=A", False),
        ("POST", "/api/v3/sor/order/test", False),
        ("POST", "/api/v3/order/test/../../order", True),
        ("POST", "/api/v3/order/test%2f..", True),
        ("POST", "/api/v3/userDataStream", False),
        ("PUT", "/api/v3/userDataStream?listenKey=x", False),
        ("POST", "/sapi/v1/capital/withdraw/apply", True),
        ("POST", "/fapi/v1/order", True),
        ("POST", "/fapi/v1/batchOrders", True),
        ("POST", "/fapi/v1/leverage", True),
        ("POST", "/fapi/v1/marginType", True),
        ("POST", "/fapi/v1/algoOrder", True),
        ("POST", "/fapi/v1/listenKey", False),
        ("POST", "/unknown", True),
    ],
)
def test_requests(method: str, target: str, expected: bool) -> None:
    assert SPOT.is_trading(HttpRequest(method, target)) is expected
    assert USDM.is_trading(HttpRequest(method, target)) is expected


@pytest.mark.parametrize(
    ("venue", "message", "expected"),
    [
        (SPOT, '{"id":1,"method":"depth"}', False),
        (SPOT, '{"id":1,"method":"v3/account.status"}', False),
        (SPOT, '{"id":1,"method":"session.logon"}', False),
        (SPOT, '{"id":1,"method":"userDataStream.start"}', False),
        (SPOT, '{"id":1,"method":"order.status"}', False),
        (SPOT, '{"id":1,"method":"order.test"}', False),
        (SPOT, '{"id":1,"method":"sor.order.test"}', False),
        (SPOT, '{"id":1,"method":"order.place"}', True),
        (SPOT, '{"id":1,"method":"order\\u002eplace"}', True),
        (SPOT, '{"id":1,"method":"v3/order.cancel"}', True),
        (SPOT, '{"id":1,"method":"openOrders.cancelAll"}', True),
        (SPOT, '{"id":1,"method":"orderList.place.oco"}', True),
        (SPOT, '{"id":1,"method":"sor.order.place"}', True),
        (SPOT, '{"id":1,"method":"something.new"}', True),
        (SPOT, '\ufeff{"id":1,"method":"order.place"}', True),
        (SPOT, "not json", False),
        (SPOT, '{"id":1,"method":"SUBSCRIBE","params":{}}', False),
        (USDM, '{"id":1,"method":"order.modify"}', True),
        (USDM, '{"id":1,"method":"algoOrder.place"}', True),
        (USDM, '{"id":1,"method":"v2/account.balance"}', False),
    ],
)
def test_messages(venue: BinanceVenue, message: str, expected: bool) -> None:
    assert venue.is_trading_message(message.encode()) is expected


@pytest.mark.parametrize(
    ("venue", "method", "target", "expected"),
    [
        (SPOT, "GET", "/api/v3/depth?symbol=A", False),
        (SPOT, "GET", "/api/v1/klines", False),
        (SPOT, "GET", "/api/v3/ticker/bookTicker", False),
        (SPOT, "GET", "/api/v3/account?timestamp=1&signature=x", True),
        (SPOT, "GET", "/api/v3/order?orderId=1", True),
        (SPOT, "POST", "/api/v3/order", True),
        (SPOT, "GET", "/sapi/v1/capital/config/getall", True),
        (USDM, "GET", "/fapi/v1/premiumIndex", False),
        (USDM, "GET", "/fapi/v2/ticker/price", False),
        (USDM, "GET", "/futures/data/basis?pair=BTCUSD", False),
        (USDM, "GET", "/fapi/v3/account", True),
        (USDM, "DELETE", "/fapi/v1/order", True),
    ],
)
def test_stateful(venue: BinanceVenue, method: str, target: str, expected: bool) -> None:
    assert venue.is_stateful(venue.request_key(HttpRequest(method, target))) is expected
