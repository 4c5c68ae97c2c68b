"""The WS-API's methods."""

import pytest

from replayx.venues.binance.methods import SPOT_METHODS, USDM_METHODS, WSAPI

# web-socket-api.md and the derivatives docs.
SPOT = """ping time exchangeInfo executionRules depth trades.recent trades.historical
blockTrades.historical trades.aggregate klines uiKlines avgPrice ticker.24hr ticker.tradingDay
ticker ticker.price ticker.book referencePrice referencePrice.calculation order.place order.test
order.cancel order.cancelReplace order.amend.keepPriority openOrders.cancelAll orderList.place
orderList.place.oco orderList.place.oto orderList.place.otoco orderList.place.opo
orderList.place.opoco orderList.cancel sor.order.place sor.order.test account.status order.status
openOrders.status allOrders orderList.status openOrderLists.status allOrderLists myTrades
account.rateLimits.orders myPreventedMatches myAllocations account.commission order.amendments
myFilters session.logon session.status session.logout session.subscriptions
userDataStream.subscribe userDataStream.subscribe.signature userDataStream.subscribe.listenToken
userDataStream.unsubscribe userDataStream.start userDataStream.ping userDataStream.stop"""
USDM = """depth ticker.price ticker.book order.place order.modify order.cancel order.status
algoOrder.place algoOrder.cancel account.balance v2/account.balance account.status
v2/account.status account.position v2/account.position session.logon session.status
session.logout userDataStream.start userDataStream.ping userDataStream.stop"""


def test_all_methods_are_known() -> None:
    assert set(SPOT_METHODS) == set(SPOT.split())
    assert set(USDM_METHODS) == {*USDM.split(), "ping", "time", "exchangeInfo"}


@pytest.mark.parametrize("methods", [SPOT_METHODS, USDM_METHODS], ids=["spot", "usdm"])
def test_no_two_methods_have_one_twin(methods: dict[str, tuple[str, str]]) -> None:
    assert len(set(methods.values())) == len(methods)
    for verb, path in methods.values():
        assert verb in ("GET", "POST", "PUT", "DELETE", WSAPI)
        assert path.startswith("/") or verb == WSAPI
