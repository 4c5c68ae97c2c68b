"""What a request to Binance is charged to which pool, by the date of the rules.

The key that is given has all parameters: with one left out a request may cost something else than
with the same value spelled out (USDⓈ-M candles, measured 2026-10).
"""

from replayx.venues.binance.pools import (
    CONNECTIONS,
    FUNDING,
    ORDERS,
    ORDERS_1M,
    ORDERS_10S,
    STATISTICS,
    WEIGHT,
    WSAPI_WEIGHT,
)
from replayx.venues.binance.weights import (
    SPOT_FREE_WHEN_DONE,
    SPOT_ORDERS,
    SPOT_WEIGHTS,
    USDM_ORDERS,
    USDM_WEIGHTS,
    weight_at,
)
from replayx.venues.rate_side import REQUESTS, Charge, RateRules
from replayx.venues.venue import HttpRequest, RequestKey, Role, Subscription, WsApiRequest

_API_KEY = "x-mbx-apikey"
# CHANGELOG 2023-08-25: connecting to the WebSocket API costs 2, and 1 before; its requests count
# as weight alone, RAW_REQUESTS were theirs as well before.
_WSAPI_SINCE = "2023-08-25"

_Costs = tuple[tuple[str, int], ...]


def spot_charge(key: RequestKey, rules: RateRules, *, is_http: bool) -> Charge:
    """Return what a request to the spot API costs."""
    weight = (WEIGHT, weight_at(SPOT_WEIGHTS, key, rules.date))
    endpoint = f"{key.method} {key.path}"
    is_counted = is_http or rules.date < _WSAPI_SINCE
    requests: _Costs = ((REQUESTS, 1),) if is_counted else ()
    orders: _Costs = ((ORDERS, SPOT_ORDERS[endpoint]),) if endpoint in SPOT_ORDERS else ()
    free_since, free = SPOT_FREE_WHEN_DONE
    if endpoint in free and rules.date >= free_since:
        return Charge(((WEIGHT, 0), *requests), orders, (weight,))
    return Charge((weight, *requests), orders)


def usdm_charge(key: RequestKey, rules: RateRules, *, is_http: bool) -> Charge:
    """Return what a request to the USDⓈ-M API costs."""
    weight = weight_at(USDM_WEIGHTS, key, rules.date)
    short, long = USDM_ORDERS.get(f"{key.method} {key.path}", (0, 0))
    orders: _Costs = ((ORDERS_10S, short), (ORDERS_1M, long)) if short else ()
    if not is_http:
        return Charge(((WSAPI_WEIGHT, weight), (REQUESTS, 1)), orders)
    if key.path in ("/fapi/v1/fundingRate", "/fapi/v1/fundingInfo"):
        return Charge(((FUNDING, 1), (REQUESTS, 1)))
    if key.path.startswith("/futures/data/"):
        return Charge(((STATISTICS, 1), (REQUESTS, 1)))
    # Derivatives docs: calls about orders count in the pool of the WebSocket API, too.
    shared: _Costs = ((WSAPI_WEIGHT, weight),) if key.path in _ORDER_PATHS else ()
    return Charge(((WEIGHT, weight), *shared, (REQUESTS, 1)), orders)


_ORDER_PATHS = frozenset(endpoint.partition(" ")[2] for endpoint in USDM_ORDERS)


def connect_charge(opened: Subscription | None, rules: RateRules, *, pool: str) -> Charge:
    """Return what a handshake costs; one of the WebSocket API weighs something, too."""
    attempt: _Costs = ((CONNECTIONS, 1),)
    if opened is None or opened.role is not Role.WS_API:
        return Charge(attempt)
    return Charge((*attempt, (pool, 2 if rules.date >= _WSAPI_SINCE else 1)))


def account_of(request: HttpRequest | WsApiRequest) -> str:
    """Return the API key a request comes with; empty if it has none."""
    if isinstance(request, WsApiRequest):
        given = request.params.get("apiKey", "")
        return given if isinstance(given, str) else ""
    return next((value for name, value in request.headers if name.lower() == _API_KEY), "")
