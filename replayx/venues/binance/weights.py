"""What each endpoint of Binance costs, as data: by parameters, and by the date of the rules.

    ENDPOINT: ((since, weight), ...)     the last one that is not later than the rules counts

Origin: rest-api.md and web-socket-api.md; changes and their dates from the spot API's CHANGELOG of
2023-08-25 (everything doubled), 2023-10-19, 2024-04-02, 2025-03-05, 2025-04-07, 2025-04-25. USDⓈ-M:
derivatives docs as of 2026-10, where what was measured differs from them the measured.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from replayx.venues.binance.parameters import symbols_of
from replayx.venues.venue import RequestKey

Weigh = Callable[[RequestKey], int]
Weight = int | Weigh
Dated = tuple[tuple[str, Weight], ...]

_DOUBLED = "2023-08-25"


def weight_at(weights: Mapping[str, Dated], key: RequestKey, at_date: str) -> int:
    """Return what a request costs under the rules of a date; an unknown endpoint costs 1."""
    steps = weights.get(f"{key.method} {key.path}")
    if steps is None:
        return 1
    weight = [weight for date, weight in steps if date <= at_date][-1]
    return weight if isinstance(weight, int) else weight(key)


def _banded(*bands: tuple[int, int], left_out: int = 0, beyond: int = 0) -> Weigh:
    """Return a weight by `limit`: (up to, weight) ascending; `left_out`: what no limit costs."""

    def weigh(key: RequestKey) -> int:
        text = _param(key, "limit")
        if not text:
            return left_out or bands[0][1]
        if not text.isascii() or not text.isdigit():
            return 1  # refused: the least that anything costs
        limit = int(text[:10])
        fitting = (weight for most, weight in bands if limit <= most)
        return next(fitting, beyond or bands[-1][1])

    return weigh


def _by_symbols(one: int, *bands: tuple[int, int], every: int) -> Weigh:
    """Return a weight by how many symbols are named: (up to, weight); `every`: more, or none."""

    def weigh(key: RequestKey) -> int:
        if _param(key, "symbol"):
            return one
        count = len(symbols_of(key))
        fitting = (weight for most, weight in bands if 0 < count <= most)
        return next(fitting, every)

    return weigh


def _each_symbol(each: int, most: int) -> Weigh:
    def weigh(key: RequestKey) -> int:
        return min(each * max(1, len(symbols_of(key))), most)

    return weigh


def _with(name: str, with_it: int, without: int) -> Weigh:
    def weigh(key: RequestKey) -> int:
        return with_it if _param(key, name) else without

    return weigh


def _tested(key: RequestKey) -> int:
    return 20 if _param(key, "computeCommissionRates") == "true" else 1


def _rules_of(key: RequestKey) -> int:
    named = symbols_of(key)
    return min(2 * len(named), 40) if named else 40


def _param(key: RequestKey, name: str) -> str:
    return next((value for one, value in key.params if one == name), "")


def _since_ever(weight: Weight) -> Dated:
    return (("", weight),)


def _doubled(before: Weight, after: Weight, *later: tuple[str, Weight]) -> Dated:
    return (("", before), (_DOUBLED, after), *later)


def _under(api: str, table: Mapping[str, Dated]) -> dict[str, Dated]:
    found = {}
    for endpoint, weights in table.items():
        verb, path = endpoint.split(" ")
        found[f"{verb} {path if path.startswith('/') else f'{api}/{path}'}"] = weights
    return found


def _depth(*weights: int) -> Weigh:
    return _banded(*zip((100, 500, 1000, 5000), weights, strict=True))


_USER_STREAM = _doubled(1, 2)
_LIST_ORDERS = ("order/oco", *(f"orderList/{kind}" for kind in ("oco", "oto", "otoco", "opo")))

_SPOT = MappingProxyType(
    {
        "GET exchangeInfo": _doubled(10, 20),
        "GET executionRules": _since_ever(_rules_of),
        "GET referencePrice": _since_ever(2),
        "GET referencePrice/calculation": _since_ever(2),
        "GET depth": _doubled(
            _depth(1, 5, 10, 50), _depth(2, 10, 20, 100), ("2023-10-19", _depth(5, 25, 50, 250))
        ),
        "GET trades": _doubled(1, 2, ("2023-10-19", 10), ("2024-04-04", 25)),
        "GET historicalTrades": _doubled(5, 10, ("2024-04-04", 25)),
        "GET historicalBlockTrades": _since_ever(25),
        "GET aggTrades": _doubled(1, 2, ("2025-03-10", 4)),
        "GET klines": _doubled(1, 2),
        "GET uiKlines": _doubled(1, 2),
        "GET avgPrice": _doubled(1, 2),
        "GET ticker/24hr": _doubled(
            _by_symbols(1, (20, 1), (100, 20), every=40),
            _by_symbols(2, (20, 2), (100, 40), every=80),
        ),
        "GET ticker/tradingDay": _since_ever(_each_symbol(4, 200)),
        "GET ticker": _doubled(_each_symbol(2, 100), _each_symbol(4, 200)),
        "GET ticker/price": _doubled(_by_symbols(1, every=2), _by_symbols(2, every=4)),
        "GET ticker/bookTicker": _doubled(_by_symbols(1, every=2), _by_symbols(2, every=4)),
        "GET account": _doubled(10, 20),
        "GET order": _doubled(2, 4),
        "GET openOrders": _doubled(_with("symbol", 3, 40), _with("symbol", 6, 80)),
        "GET allOrders": _doubled(10, 20),
        "GET orderList": _doubled(2, 4),
        "GET allOrderList": _doubled(10, 20),
        "GET openOrderList": _doubled(3, 6),
        "GET myTrades": _doubled(10, 20, ("2025-04-07", _with("orderId", 5, 20))),
        "GET rateLimit/order": _doubled(20, 40),
        "GET myPreventedMatches": _doubled(_with("orderId", 10, 1), _with("orderId", 20, 2)),
        "GET myAllocations": _doubled(10, 20),
        "GET account/commission": _since_ever(20),
        "GET order/amendments": _since_ever(4),
        "GET myFilters": _since_ever(40),
        "POST order/test": _since_ever(_tested),
        "POST sor/order/test": _since_ever(_tested),
        "PUT order/amend/keepPriority": (("", 1), ("2025-04-25", 4)),
        **{f"{verb} userDataStream": _USER_STREAM for verb in ("POST", "PUT", "DELETE")},
    }
)

_SESSION = ("session.logon", "session.status", "session.logout", "session.subscriptions")
_USER_DATA = ("subscribe", "subscribe.signature", "unsubscribe")

SPOT_WEIGHTS: Mapping[str, Dated] = MappingProxyType(
    {
        **_under("/api/v3", _SPOT),
        **{f"WSAPI {method}": _since_ever(2) for method in _SESSION},
        **{f"WSAPI userDataStream.{word}": _since_ever(2) for word in _USER_DATA},
    }
)

# rest-api.md: these cost nothing when they succeed, since 2026-04-02; refused ones what they did.
SPOT_FREE_WHEN_DONE = (
    "2026-04-02",
    frozenset(
        f"{verb} /api/v3/{endpoint}"
        for verb, endpoints in (
            (
                "POST",
                ("order", "order/cancelReplace", "sor/order", "orderList/opoco", *_LIST_ORDERS),
            ),
            ("DELETE", ("order", "openOrders", "orderList")),
        )
        for endpoint in endpoints
    ),
)

_PLACED_BY = (("oco", 2), ("oto", 2), ("opo", 2), ("otoco", 3), ("opoco", 3))
# rest-api.md, "Unfilled Order Count": what an accepted request adds to it.
SPOT_ORDERS: Mapping[str, int] = MappingProxyType(
    {
        "POST /api/v3/order": 1,
        "POST /api/v3/sor/order": 1,
        "POST /api/v3/order/cancelReplace": 1,
        "POST /api/v3/order/oco": 2,
        **{f"POST /api/v3/orderList/{kind}": count for kind, count in _PLACED_BY},
    }
)

_CANDLES = _banded((100, 1), (500, 2), (1000, 5), (1500, 10), left_out=5)
_FUTURES_DEPTH = _banded((50, 2), (100, 5), (500, 10), (1000, 20), left_out=1)  # measured 2026-10

_USDM = MappingProxyType(
    {
        "GET depth": _since_ever(_FUTURES_DEPTH),
        "GET rpiDepth": _since_ever(20),
        "GET trades": _since_ever(5),
        "GET historicalTrades": _since_ever(200),
        "GET aggTrades": _since_ever(20),
        **{
            f"GET {kind}": _since_ever(_CANDLES)
            for kind in (
                *("klines", "continuousKlines", "indexPriceKlines", "markPriceKlines"),
                "premiumIndexKlines",
            )
        },
        "GET premiumIndex": _since_ever(_with("symbol", 1, 10)),
        "GET fundingRate": _since_ever(0),
        "GET fundingInfo": _since_ever(0),
        "GET ticker/24hr": _since_ever(_with("symbol", 1, 40)),
        "GET ticker/price": _since_ever(_with("symbol", 1, 2)),
        "GET /fapi/v2/ticker/price": _since_ever(_with("symbol", 1, 2)),
        "GET ticker/bookTicker": _since_ever(_with("symbol", 2, 5)),
        "POST order": _since_ever(0),
        "PUT order": _since_ever(0),
        "POST order/test": _since_ever(0),
        "POST algoOrder": _since_ever(0),
        "POST batchOrders": _since_ever(5),
        "PUT batchOrders": _since_ever(5),
        "POST countdownCancelAll": _since_ever(10),
        "GET openOrders": _since_ever(_with("symbol", 1, 40)),
        "GET allOrders": _since_ever(5),
        "GET userTrades": _since_ever(5),
        "GET forceOrders": _since_ever(_with("symbol", 20, 50)),
        "GET openAlgoOrders": _since_ever(_with("symbol", 1, 40)),
        "GET allAlgoOrders": _since_ever(5),
        **{
            f"GET /fapi/{version}/{what}": _since_ever(5)
            for version in ("v2", "v3")
            for what in ("account", "balance", "positionRisk")
        },
        "GET accountConfig": _since_ever(5),
        "GET symbolConfig": _since_ever(5),
        "GET income": _since_ever(30),
        "GET commissionRate": _since_ever(20),
        "GET positionSide/dual": _since_ever(30),
        "GET multiAssetsMargin": _since_ever(30),
        "GET adlQuantile": _since_ever(5),
    }
)

USDM_WEIGHTS: Mapping[str, Dated] = MappingProxyType(
    {
        **_under("/fapi/v1", _USDM),
        **{
            f"WSAPI {method}": _since_ever(2)
            for method in ("session.logon", "session.status", "session.logout")
        },
    }
)

# Derivatives docs: what an accepted request adds to the counts of 10 seconds and of a minute.
USDM_ORDERS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "POST /fapi/v1/order": (1, 1),
        "PUT /fapi/v1/order": (1, 1),
        "POST /fapi/v1/algoOrder": (1, 1),
        "POST /fapi/v1/batchOrders": (5, 1),
        "PUT /fapi/v1/batchOrders": (5, 1),
    }
)
