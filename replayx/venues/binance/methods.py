"""WS-API methods and the REST endpoints that answer the same.

Origin: web-socket-api.md and the derivatives docs; the pairs by their common request and response.
"""

from collections.abc import Mapping
from types import MappingProxyType

# The method of a RequestKey for what only the WS API has.
WSAPI = "WSAPI"


def _under(api: str, table: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return a table of `VERB path` with the paths under `api`; a path with a slash is whole."""
    pairs: dict[str, tuple[str, str]] = {}
    for method, twin in table.items():
        verb, path = twin.split(" ")
        pairs[method] = (verb, path if path.startswith("/") else f"{api}/{path}")
    return pairs


_SESSION = (
    *("session.logon", "session.status", "session.logout", "session.subscriptions"),
    *("userDataStream.subscribe", "userDataStream.subscribe.signature"),
    *("userDataStream.subscribe.listenToken", "userDataStream.unsubscribe"),
)

SPOT_METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{method: (WSAPI, method) for method in _SESSION},
        **_under(
            "/api/v3",
            {
                "ping": "GET ping",
                "time": "GET time",
                "exchangeInfo": "GET exchangeInfo",
                "executionRules": "GET executionRules",
                "depth": "GET depth",
                "trades.recent": "GET trades",
                "trades.historical": "GET historicalTrades",
                "blockTrades.historical": "GET historicalBlockTrades",
                "trades.aggregate": "GET aggTrades",
                "klines": "GET klines",
                "uiKlines": "GET uiKlines",
                "avgPrice": "GET avgPrice",
                "ticker": "GET ticker",
                "ticker.24hr": "GET ticker/24hr",
                "ticker.tradingDay": "GET ticker/tradingDay",
                "ticker.price": "GET ticker/price",
                "ticker.book": "GET ticker/bookTicker",
                "referencePrice": "GET referencePrice",
                "referencePrice.calculation": "GET referencePrice/calculation",
                "order.place": "POST order",
                "order.test": "POST order/test",
                "order.status": "GET order",
                "order.cancel": "DELETE order",
                "order.cancelReplace": "POST order/cancelReplace",
                "order.amend.keepPriority": "PUT order/amend/keepPriority",
                "order.amendments": "GET order/amendments",
                "openOrders.status": "GET openOrders",
                "openOrders.cancelAll": "DELETE openOrders",
                "allOrders": "GET allOrders",
                "orderList.place": "POST order/oco",
                "orderList.place.oco": "POST orderList/oco",
                "orderList.place.oto": "POST orderList/oto",
                "orderList.place.otoco": "POST orderList/otoco",
                "orderList.place.opo": "POST orderList/opo",
                "orderList.place.opoco": "POST orderList/opoco",
                "orderList.status": "GET orderList",
                "orderList.cancel": "DELETE orderList",
                "openOrderLists.status": "GET openOrderList",
                "allOrderLists": "GET allOrderList",
                "sor.order.place": "POST sor/order",
                "sor.order.test": "POST sor/order/test",
                "account.status": "GET account",
                "account.commission": "GET account/commission",
                "account.rateLimits.orders": "GET rateLimit/order",
                "myTrades": "GET myTrades",
                "myAllocations": "GET myAllocations",
                "myPreventedMatches": "GET myPreventedMatches",
                "myFilters": "GET myFilters",
                # Removed 2026-02-20; older recordings hold them.
                "userDataStream.start": "POST userDataStream",
                "userDataStream.ping": "PUT userDataStream",
                "userDataStream.stop": "DELETE userDataStream",
            },
        ),
    }
)

USDM_METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{method: (WSAPI, method) for method in _SESSION[:3]},
        **_under(
            "/fapi/v1",
            {
                "ping": "GET ping",
                "time": "GET time",
                "exchangeInfo": "GET exchangeInfo",
                "depth": "GET depth",
                "ticker.price": "GET ticker/price",
                "ticker.book": "GET ticker/bookTicker",
                "order.place": "POST order",
                "order.modify": "PUT order",
                "order.cancel": "DELETE order",
                "order.status": "GET order",
                "algoOrder.place": "POST algoOrder",
                "algoOrder.cancel": "DELETE algoOrder",
                "userDataStream.start": "POST listenKey",
                "userDataStream.ping": "PUT listenKey",
                "userDataStream.stop": "DELETE listenKey",
                # One version behind REST's own (inferred from the fields of their answers).
                "account.balance": "GET /fapi/v2/balance",
                "account.status": "GET /fapi/v2/account",
                "account.position": "GET /fapi/v2/positionRisk",
                "v2/account.balance": "GET /fapi/v3/balance",
                "v2/account.status": "GET /fapi/v3/account",
                "v2/account.position": "GET /fapi/v3/positionRisk",
            },
        ),
    }
)
