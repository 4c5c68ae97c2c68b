"""Binance Spot."""

from collections.abc import Iterable
from types import MappingProxyType

from replayx.clock import NS_PER_S
from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.failure_words import SPOT_FAILURES
from replayx.venues.binance.hosts import SPOT_HOSTS, SPOT_UPSTREAMS
from replayx.venues.binance.methods import SPOT_METHODS
from replayx.venues.binance.streams import SPOT_STREAMS
from replayx.venues.venue import Liveness

# rest-api.md: what a parameter is when it is left out.
_DEFAULTS = (
    ("exchangeInfo", (("showPermissionSets", "true"),)),
    ("depth", (("limit", "100"),)),
    ("klines", (("limit", "500"), ("timeZone", "0"))),
    ("uiKlines", (("limit", "500"), ("timeZone", "0"))),
    ("ticker/24hr", (("type", "FULL"),)),
    ("ticker/tradingDay", (("type", "FULL"), ("timeZone", "0"))),
    ("ticker", (("type", "FULL"), ("windowSize", "1d"))),
    *(
        (endpoint, (("limit", "500"),))
        for endpoint in (
            *("trades", "historicalTrades", "historicalBlockTrades", "aggTrades"),
            *("allOrders", "myTrades", "allOrderList", "myAllocations", "myPreventedMatches"),
        )
    ),
)

# rest-api.md: endpoints of security type NONE.
_PUBLIC = (
    *("ping", "time", "exchangeInfo", "executionRules", "referencePrice"),
    *("referencePrice/calculation", "depth", "trades", "historicalTrades"),
    *("historicalBlockTrades", "aggTrades", "klines", "uiKlines", "avgPrice", "ticker"),
    *("ticker/24hr", "ticker/tradingDay", "ticker/price", "ticker/bookTicker"),
    "ticker/allPrices",
)


def _under(apis: Iterable[str], endpoints: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{api}/{endpoint}" for api in apis for endpoint in endpoints)


SPOT = Dialect(
    name="binance-spot",
    api_date="2026-11",
    upstreams=SPOT_UPSTREAMS,
    hosts=SPOT_HOSTS,
    # web-socket-streams.md, since 2025-02.
    liveness=Liveness(
        ping_interval_ns=20 * NS_PER_S,
        pong_deadline_ns=60 * NS_PER_S,
        lifetime_ns=24 * 3600 * NS_PER_S,
    ),
    api="/api/v3",
    wsapi_path="/ws-api/v3",
    streams=SPOT_STREAMS,
    routes=MappingProxyType({}),
    methods=SPOT_METHODS,
    defaults=MappingProxyType(
        {f"/api/v3/{endpoint}": frozenset(values) for endpoint, values in _DEFAULTS}
    ),
    # /api/v1 was switched off 2026-03-25; older recordings hold it.
    public=_under(("/api/v3", "/api/v1"), _PUBLIC),
    content_type="application/json;charset=UTF-8",
    server="nginx",
    weight_max=6000,
    orders_max=100,
    failures=SPOT_FAILURES,
    announces_shutdown=True,
    timeout_status=504,  # undocumented; older reports show 504
    depth_limit=5000,
    diffs_are_linked=False,
    symbols_fold_case=False,
    user_events_wrapped=False,
    exchange_info_by_symbol=True,
)


class BinanceSpot(BinanceVenue):
    """Binance Spot."""

    def __init__(self) -> None:
        super().__init__(SPOT)
