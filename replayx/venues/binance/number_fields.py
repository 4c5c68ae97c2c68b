"""Which numbers in Binance's messages and answers are times, and which count something.

A letter means another thing in every message (`T` is the time of a trade, the end of a candle, the
next funding; `u` is an id, and in `outboundAccountPosition` a time), so this is a table of messages
and never a rule about letters. Kinds, where it is no plain time: `grid` the bounds of candles;
`trade`, `agg` and `book` the ids of a symbol's counters.

Origin: web-socket-streams.md, user-data-stream.md, rest-api.md and the derivatives docs. Contracts'
`onboardDate` and `deliveryDate` are facts about a contract, not times of the tape: they stay.
"""

import re
from datetime import UTC, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from types import MappingProxyType

from replayx.market.interval import Interval
from replayx.timeline.places import (
    SECONDS_DIGITS,
    TIME_DIGITS,
    Grid,
    Located,
    Place,
    Shift,
    moved_bound,
    time_step,
    with_times_moved,
)
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.market_feeds import endpoint
from replayx.venues.binance.streams import kind_of
from replayx.venues.binance.time_zone import zone_ms
from replayx.venues.field_paths import ByWord, EitherForm, Members, Node, compile_paths
from replayx.venues.field_paths import locate as locate_in
from replayx.venues.venue import HttpReply, RequestKey

_ORDER_TRADE = "E T o.T"

# By the event type (`e`) of a payload.
_EVENTS = MappingProxyType(
    {
        "trade": "E T t=trade",
        "aggTrade": "E T a=agg f=trade l=trade",
        "blockTrade": "E T",
        "kline": "E k.t=grid k.T=grid k.f=trade k.L=trade",
        "continuous_kline": "E k.t=grid k.T=grid k.f=trade k.L=trade",
        "indexPrice_kline": "E k.t=grid k.T=grid",
        "markPrice_kline": "E k.t=grid k.T=grid",
        "24hrMiniTicker": "E",
        "24hrTicker": "E O C F=trade L=trade",
        "1hTicker": "E O C F=trade L=trade",
        "4hTicker": "E O C F=trade L=trade",
        "1dTicker": "E O C F=trade L=trade",
        "avgPrice": "E T",
        "referencePrice": "t",
        "markPriceUpdate": "E T",  # T: the next funding
        "indexPriceUpdate": "E",
        "forceOrder": "E o.T",
        "compositeIndex": "E",
        "assetIndexUpdate": "E",
        "contractInfo": "E",
        "serverShutdown": "E",
        **dict.fromkeys(
            (f"{name}Update" for name in ("Equity", "Commodity", "KR_Equity", "HK_Equity")),
            "E t T",
        ),
        "CN_EquityUpdate": "E t T",
        # Private events.
        "executionReport": "E T O W D",
        "outboundAccountPosition": "E u",
        "outboundAccountInfo": "E u",
        "balanceUpdate": "E T",
        "externalLockUpdate": "E T",
        "listStatus": "E T",
        "eventStreamTerminated": "E",
        "listenKeyExpired": "E",
        "ORDER_TRADE_UPDATE": f"{_ORDER_TRADE} o.gtd",
        "ACCOUNT_UPDATE": "E T",
        "TRADE_LITE": "E T",
        "ALGO_UPDATE": "E T o.tt o.gtd",
        "MARGIN_CALL": "E",
        "ACCOUNT_CONFIG_UPDATE": "E T",
        "STRATEGY_UPDATE": "E T su.ut",
        "GRID_UPDATE": "E T gu.ut",
        "CONDITIONAL_ORDER_TRIGGER_REJECT": "E T",
        "MARGIN_LEVEL_STATUS_CHANGE": "E",
        "USER_LIABILITY_CHANGE": "E T",
        "openOrderLoss": "E",
        "liabilityChange": "E",
        "riskLevelChange": "E",
    }
)
_SPOT_EVENTS = MappingProxyType({"depthUpdate": "E U=book u=book", "bookTicker": "u=book"})
_USDM_EVENTS = MappingProxyType(
    {
        "depthUpdate": "E T U=book u=book pu=book",
        "bookTicker": "E T u=book",
    }
)

# By the kind of a stream, of payloads that have no event type.
_UNTYPED = MappingProxyType({"bookTicker": "u=book", "depth": "lastUpdateId=book"})

_ORDER = "time updateTime workingTime trailingTime transactTime transactionTime goodTillDate"
_LIST_ORDERS = " ".join(
    f"orderReports[].{name}" for name in ("transactTime", "workingTime", "trailingTime")
)
_NESTED = " ".join(
    f"{outer}.{name}"
    for outer in ("newOrderResponse", "cancelResponse", "amendedOrder")
    for name in ("transactTime", "workingTime", "transactionTime")
)
_CANDLES = "[][0]=grid [][6]=grid"
_TICKER = "openTime closeTime firstId=trade lastId=trade"

# By endpoint, without the API it is under. An array of what is named here has the same fields.
_ANSWERS = MappingProxyType(
    {
        "time": "serverTime",
        "exchangeInfo": "serverTime",
        "depth": "E T lastUpdateId=book",
        "rpiDepth": "E T lastUpdateId=book",
        "trades": "time id=trade",
        "historicalTrades": "time id=trade",
        "historicalBlockTrades": "time",
        "aggTrades": "T a=agg f=trade l=trade",
        "avgPrice": "closeTime",
        "ticker/24hr": _TICKER,
        "ticker": _TICKER,
        "ticker/tradingDay": _TICKER,
        "ticker/price": "time",
        "ticker/bookTicker": "time lastUpdateId=book",
        "referencePrice": "timestamp",
        "referencePrice/calculation": "timestamp",
        "premiumIndex": "time nextFundingTime",
        "fundingRate": "fundingTime",
        "openInterest": "time",
        "openInterestHist": "timestamp",
        **dict.fromkeys(
            (
                *("topLongShortAccountRatio", "topLongShortPositionRatio", "takerBuySellVol"),
                *("globalLongShortAccountRatio", "takerlongshortRatio", "basis"),
            ),
            "timestamp",
        ),
        "indexInfo": "time",
        "assetIndex": "time",
        "constituents": "time",
        "account": "updateTime assets[].updateTime positions[].updateTime",
        "balance": "updateTime",
        "positionRisk": "updateTime",
        "order": f"{_ORDER} {_NESTED}",
        "order/cancelReplace": _NESTED,
        "order/amend/keepPriority": f"transactTime {_NESTED}",
        "order/amendments": "time",
        **dict.fromkeys(
            (
                *("openOrders", "allOrders", "batchOrders", "openOrder", "sor/order"),
                *("algoOrder", "openAlgoOrders", "allAlgoOrders", "forceOrders"),
            ),
            f"{_ORDER} {_LIST_ORDERS} createTime triggerTime",
        ),
        **dict.fromkeys(
            (
                *("orderList", "order/oco", "allOrderList", "openOrderList", "orderList/oco"),
                *("orderList/oto", "orderList/otoco", "orderList/opo", "orderList/opoco"),
            ),
            f"transactionTime {_LIST_ORDERS}",
        ),
        "orderAmendment": "time",
        "myTrades": "time",
        "userTrades": "time",
        "myAllocations": "time",
        "myPreventedMatches": "transactTime",
        "income": "time",
        **dict.fromkeys(
            ("session.logon", "session.status", "session.logout"),
            "authorizedSince connectedSince serverTime",
        ),
    }
)
_CANDLE_ANSWERS = frozenset(
    (
        *("klines", "uiKlines", "continuousKlines", "indexPriceKlines", "markPriceKlines"),
        "premiumIndexKlines",
    )
)

# errors.md: "IP banned until %s"; over the WS API the times stand in `data` as well.
_UNTIL = re.compile(rb"until ([0-9]{13})\b")
_ERROR = compile_paths("data.serverTime data.retryAfter")

_KLINE = re.compile(r"[kK]line_([0-9]+[smhdwM])(?:@(.+))?$")
_REQUEST_TIMES = frozenset(("startTime", "endTime"))


@lru_cache(maxsize=16)
def _events(dialect_is_linked: bool, kind: str, with_ids: bool) -> Node:
    """Return the tree of what a stream of this kind may carry."""
    own = _USDM_EVENTS if dialect_is_linked else _SPOT_EVENTS
    nodes = {
        name.encode(): _compiled(paths, with_ids=with_ids)
        for name, paths in {**_EVENTS, **own}.items()
    }
    event = EitherForm(ByWord(b"e", MappingProxyType(nodes), None))
    untyped = _UNTYPED.get(kind)
    if untyped is None:
        # Private events of the WS API, and messages in an envelope that is no channel's.
        otherwise: Node = Members({b"event": event, b"data": event})
    else:
        otherwise = _compiled(untyped, with_ids=with_ids)
    return EitherForm(ByWord(b"e", MappingProxyType(nodes), otherwise))


def _compiled(paths: str, *, with_ids: bool) -> Node:
    """Return the tree of paths; without ids, of the times alone."""
    kept = [path for path in paths.split() if with_ids or path.partition("=")[2] in ("", "grid")]
    return compile_paths(" ".join(kept)) if kept else Members({})


@lru_cache(maxsize=256)
def _answer(name: str, with_ids: bool) -> Node | None:
    if name in _CANDLE_ANSWERS:
        return compile_paths(_CANDLES)
    paths = _ANSWERS.get(name)
    return None if not paths else EitherForm(_compiled(paths, with_ids=with_ids))


def has_times(dialect: Dialect, channel: str) -> bool:
    """Say whether a stream's messages hold times: on spot, best quotes and partial depth don't."""
    kind = kind_of(channel)
    if dialect.diffs_are_linked or kind not in _UNTYPED:
        return True
    return kind == "depth" and not channel.partition("@depth")[2][:1].isdigit()


def locate(dialect: Dialect, channel: str, payload: bytes, *, with_ids: bool = False) -> Located:
    """Return where the times in a stream's payload stand, and the ids of the market's counters."""
    tree = _events(dialect.diffs_are_linked, kind_of(channel), with_ids)
    return locate_in(payload, tree, grid=_grid_of(channel))


@lru_cache(maxsize=4096)
def _grid_of(channel: str) -> Grid | None:
    match = _KLINE.search(channel)
    return _grid(match[1], match[2] or "0") if match else None


def _grid(interval: str, zone: str) -> Grid | None:
    try:
        return Grid(Interval.parse(interval), zone_ms(zone) or 0)
    except ValueError:
        return None  # a request for candles that there are none of


def locate_in_answer(
    dialect: Dialect, key: RequestKey, body: bytes, *, with_ids: bool = False
) -> Located:
    """Return where the times in an answer stand, and the ids of the market's counters."""
    name = endpoint(dialect, key.path) or key.path.removeprefix("/futures/data/")
    tree = _answer(name, with_ids)
    return Located(()) if tree is None else locate_in(body, tree, grid=_grid_asked(key))


def _grid_asked(key: RequestKey) -> Grid | None:
    params = dict(key.params)
    interval = params.get("interval")
    return _grid(interval, params.get("timeZone", "0")) if interval else None


def shifted_answer(dialect: Dialect, key: RequestKey, reply: HttpReply, shift: Shift) -> HttpReply:
    """Return an answer with every time in it moved, and the one its headers tell."""
    located = locate_in_answer(dialect, key, reply.body)
    if reply.status >= 400:
        located = _in_error(reply.body)
    body = with_times_moved(reply.body, located.places, shift)
    headers = tuple(
        (name, _date(value, shift) if name.lower() == "date" else value)
        for name, value in reply.headers
    )
    return HttpReply(reply.status, body, headers)


def _in_error(body: bytes) -> Located:
    places = [Place(*match.span(1)) for match in _UNTIL.finditer(body)]
    return Located((*places, *locate_in(body, _ERROR).places))


def _date(text: str, shift: Shift) -> str:
    """Return a header's date moved by whole seconds; what is no date stays."""
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return text
    seconds = time_step(SECONDS_DIGITS, shift.ms)
    return format_datetime(date.astimezone(UTC) + timedelta(seconds=seconds), usegmt=True)


def unshifted(key: RequestKey, shift: Shift) -> RequestKey:
    """Return a request with its times moved back to where the tape has them."""
    grid = _grid_asked(key) if key.path.endswith(tuple(_CANDLE_ANSWERS)) else None
    params = tuple(
        (name, _moved_back(value, grid, shift) if name in _REQUEST_TIMES else value)
        for name, value in key.params
    )
    return key._replace(params=params)


def _moved_back(text: str, grid: Grid | None, shift: Shift) -> str:
    if not text.isascii() or not text.isdigit() or len(text) not in TIME_DIGITS:
        return text
    number = int(text)
    by = time_step(len(text), shift.ms)
    if grid is not None and not grid.interval.months:
        # Back by as much as the candles were moved.
        start_ms = grid.interval.start_of(0, grid.zone_ms)
        by = time_step(len(text), moved_bound(start_ms, grid, shift) - start_ms)
    return str(number - by)
