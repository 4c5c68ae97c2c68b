"""Binance USDⓈ-M futures."""

from types import MappingProxyType

from replayx.clock import NS_PER_S
from replayx.venues.binance.binance_venue import BinanceVenue
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.failure_words import USDM_FAILURES
from replayx.venues.binance.hosts import USDM_HOSTS, USDM_UPSTREAMS
from replayx.venues.binance.methods import USDM_METHODS
from replayx.venues.binance.streams import USDM_ROUTES, USDM_STREAMS
from replayx.venues.venue import Liveness

_STATISTICS = (
    *("openInterestHist", "topLongShortAccountRatio", "topLongShortPositionRatio"),
    *("globalLongShortAccountRatio", "takerlongshortRatio", "basis"),
)

# derivatives docs: the `limit` of an endpoint when it is left out.
_LIMITS = (
    *(
        (f"/fapi/v1/{endpoint}", "500")
        for endpoint in (
            *("depth", "trades", "aggTrades", "klines", "continuousKlines"),
            *("indexPriceKlines", "markPriceKlines", "premiumIndexKlines"),
            *("allOrders", "userTrades"),
        )
    ),
    ("/fapi/v1/historicalTrades", "100"),
    ("/fapi/v1/rpiDepth", "1000"),
    ("/fapi/v1/fundingRate", "100"),
    *((f"/futures/data/{endpoint}", "30") for endpoint in _STATISTICS),
)

# Derivatives docs, "Market Data Endpoints".
_PUBLIC = (
    *("ping", "time", "exchangeInfo", "depth", "rpiDepth", "trades", "historicalTrades"),
    *("aggTrades", "klines", "continuousKlines", "indexPriceKlines", "markPriceKlines"),
    *("premiumIndexKlines", "premiumIndex", "fundingRate", "fundingInfo", "ticker/24hr"),
    *("ticker/price", "ticker/bookTicker", "openInterest", "indexInfo", "assetIndex"),
    *("constituents", "insuranceBalance", "symbolAdlRisk", "tradingSchedule"),
)

USDM = Dialect(
    name="binance-usdm",
    api_date="2026-11",
    upstreams=USDM_UPSTREAMS,
    hosts=USDM_HOSTS,
    # derivatives docs, "Websocket Market Streams".
    liveness=Liveness(
        ping_interval_ns=180 * NS_PER_S,
        pong_deadline_ns=600 * NS_PER_S,
        lifetime_ns=24 * 3600 * NS_PER_S,
    ),
    api="/fapi/v1",
    wsapi_path="/ws-fapi/v1",
    streams=USDM_STREAMS,
    routes=USDM_ROUTES,
    methods=USDM_METHODS,
    defaults=MappingProxyType({path: frozenset({("limit", limit)}) for path, limit in _LIMITS}),
    public=frozenset((*(f"/fapi/v1/{endpoint}" for endpoint in _PUBLIC), "/fapi/v2/ticker/price")),
    content_type="application/json",
    server="Tengine",
    weight_max=2400,
    orders_max=300,
    failures=USDM_FAILURES,
    announces_shutdown=False,
    timeout_status=408,
    depth_limit=1000,
    diffs_are_linked=True,
    symbols_fold_case=True,
    user_events_wrapped=True,
    exchange_info_by_symbol=False,
)


class BinanceUsdm(BinanceVenue):
    """Binance USDⓈ-M futures."""

    def __init__(self) -> None:
        super().__init__(USDM)
