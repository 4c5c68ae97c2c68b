"""exchangeInfo, built from what a tape tells: symbols, their assets, the steps of their numbers.

Shapes and key order: live answers of 2026-09; limits and modes that no tape tells are the live
venue's usual ones. Tick and lot sizes are the smallest seen, so they may be coarser here.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from replayx.clock import NS_PER_MS
from replayx.market.market_view import Increments
from replayx.quantities import time_text
from replayx.venues.binance import amounts
from replayx.venues.binance.encoding import pair_of
from replayx.venues.binance.limit_rules import SPOT_RULES, USDM_RULES, rules_at
from replayx.venues.binance.limit_texts import limit_row
from replayx.venues.binance.parameters import bad_combination
from replayx.venues.binance.question import Question

_Fields = dict[str, object]

# Assets that others are quoted in, the longer before those they end with.
_QUOTES = (
    *("FDUSD", "USDT", "USDC", "TUSD", "BUSD", "BIDR", "IDRT", "USDP", "USD1", "USDS", "DOGE"),
    *("BTC", "ETH", "BNB", "XRP", "TRX", "SOL", "DAI", "PAX", "EUR", "GBP", "TRY", "BRL", "JPY"),
    *("AUD", "RUB", "UAH", "ZAR", "PLN", "RON", "ARS", "MXN", "CZK", "NGN", "COP", "BVND", "VAI"),
    *("USD", "UST"),
)
_SPOT_ORDERS = (
    *("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"),
    "TAKE_PROFIT_LIMIT",
)
_USDM_ORDERS = (
    *("LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"),
    "TRAILING_STOP_MARKET",
)
_ALLOWED = (
    *("icebergAllowed", "ocoAllowed", "otoAllowed", "opoAllowed", "quoteOrderQtyMarketAllowed"),
    *("allowTrailingStop", "cancelReplaceAllowed", "amendAllowed", "pegInstructionsAllowed"),
    *("isSpotTradingAllowed", "isMarginTradingAllowed"),
)
_PERMISSIONS = ("SPOT", "MARGIN")
_PREVENTIONS = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER")
_PERPETUAL_DELIVERY_MS = 4133404800000
_DELIVERY_HOUR = 8  # UTC
_DELIVERY = re.compile(r"_([0-9]{2})([0-9]{2})([0-9]{2})", re.ASCII)
_PRICE_MAX = "1000000"
_QUANTITY_MAX = "9000000"


def exchange_info(question: Question) -> object | None:
    """Answer for the rules of symbols, as far as a tape tells them."""
    is_trading = question.params.trades_now()
    listed: Sequence[str] | None = question.params.symbols(question.market)
    if listed is None and question.params.has("symbol"):
        listed = (question.symbol(),)
    if listed is None and not is_trading:
        listed = ()
    if not question.is_futures and not _is_permitted(question):
        listed = ()
    build = _futures_symbol if question.is_futures else _symbol
    symbols = [
        build(symbol, steps)
        for symbol in (question.market.symbols() if listed is None else listed)
        if (steps := question.market.increments(symbol)) is not None
    ]
    if not symbols and listed != ():
        return None
    head: _Fields = {"timezone": "UTC", "serverTime": question.market.now_ms}
    limits = _limits(question)
    if not question.is_futures:
        if question.params.text("showPermissionSets", "true") == "false":
            symbols = [{**one, "permissionSets": ()} for one in symbols]
        return {**head, "rateLimits": limits, "exchangeFilters": (), "symbols": symbols}
    assets = dict.fromkeys(str(one["marginAsset"]) for one in symbols)
    return {
        **head,
        "futuresType": "U_MARGINED",
        "rateLimits": limits,
        "exchangeFilters": (),
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"}
            for asset in assets
        ],
        "symbols": symbols,
    }


def no_symbols(question: Question) -> object | None:
    """Answer for the rules of a market that is not on the tape."""
    head = {"timezone": "UTC", "serverTime": question.market.now_ms}
    return {**head, "rateLimits": (), "exchangeFilters": (), "symbols": ()}


def _is_permitted(question: Question) -> bool:
    """Say whether symbols with the permissions are asked for that all of a tape have.

    Raises Refused: rest-api.md has `permissions` instead of symbols.
    """
    params = question.params
    if not params.has("permissions"):
        return True
    if params.has("symbol") or params.has("symbols"):
        raise bad_combination()
    asked = params.text("permissions")
    return any(f'"{one}"' in asked for one in _PERMISSIONS)


def assets_of(symbol: str) -> tuple[str, str]:
    """Return (base, quote) of a symbol, by the quote assets there are; else its last three."""
    pair = pair_of(symbol)
    for quote in _QUOTES:
        if pair.endswith(quote) and pair != quote:
            return pair.removesuffix(quote), quote
    return pair[:-3] or pair, pair[-3:]


def _limits(question: Question) -> tuple[_Fields, ...]:
    """Return the limits that were in force at this time."""
    date = time_text(question.market.now_ms * NS_PER_MS)[:10]
    rules = rules_at(USDM_RULES if question.is_futures else SPOT_RULES, date)
    return tuple(limit_row(rule) for rule in rules.limits if rule.is_told)


def _symbol(symbol: str, steps: Increments) -> _Fields:
    base, quote = assets_of(symbol)
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": _SPOT_ORDERS,
        **dict.fromkeys(_ALLOWED, True),
        "filters": _filters(steps),
        "permissions": (),
        "permissionSets": (_PERMISSIONS,),
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _PREVENTIONS,
    }


def _filters(steps: Increments) -> tuple[_Fields, ...]:
    """Return the filters in the live order: some clients index by position."""
    quantity_max = amounts.cut(_QUANTITY_MAX, amounts.places(steps.quantity))
    nothing = amounts.zero(steps.quantity)
    bips = {
        f"{bound}Trailing{side}Delta": 10 if bound == "min" else 2000
        for side in ("Above", "Below")
        for bound in ("min", "max")
    }
    return (
        _price_filter(steps),
        _lot("LOT_SIZE", steps.quantity, quantity_max, steps.quantity),
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        _lot("MARKET_LOT_SIZE", nothing, quantity_max, nothing),
        {"filterType": "TRAILING_DELTA", **bips},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "5",
            "askMultiplierDown": "0.2",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": amounts.cut("5", amounts.places(steps.price)),
            "applyMinToMarket": True,
            "maxNotional": amounts.cut("9000000", amounts.places(steps.price)),
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    )


def _price_filter(steps: Increments) -> _Fields:
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": steps.price,
        "maxPrice": amounts.cut(_PRICE_MAX, amounts.places(steps.price)),
        "tickSize": steps.price,
    }


def _lot(kind: str, least: str, most: str, step: str) -> _Fields:
    return {"filterType": kind, "minQty": least, "maxQty": most, "stepSize": step}


def _futures_symbol(symbol: str, steps: Increments) -> _Fields:
    base, quote = assets_of(symbol)
    delivery = _DELIVERY.search(symbol)
    return {
        "symbol": symbol,
        "pair": pair_of(symbol),
        "contractType": "CURRENT_QUARTER" if delivery else "PERPETUAL",
        "deliveryDate": _delivery_ms(delivery) if delivery else _PERPETUAL_DELIVERY_MS,
        "onboardDate": 1569398400000,  # BTCUSDT's, the first there was
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
        "pricePrecision": amounts.places(steps.price),
        "quantityPrecision": amounts.places(steps.quantity),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": (),
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": _futures_filters(steps),
        "orderTypes": _USDM_ORDERS,
        "timeInForce": ("GTC", "IOC", "FOK", "GTX", "GTD"),
        "permissionSets": ("GRID", "COPY"),
    }


def _delivery_ms(found: re.Match[str]) -> int:
    year, month, day = (int(part) for part in found.groups())
    try:
        at = datetime(2000 + year, month, day, _DELIVERY_HOUR, tzinfo=UTC)
    except ValueError:
        return _PERPETUAL_DELIVERY_MS  # digits that are no date
    return int(at.timestamp()) * 1000


def _futures_filters(steps: Increments) -> tuple[_Fields, ...]:
    quantity_max = amounts.cut(_QUANTITY_MAX, 0)
    return (
        _price_filter(steps),
        _lot("LOT_SIZE", steps.quantity, quantity_max, steps.quantity),
        _lot("MARKET_LOT_SIZE", steps.quantity, quantity_max, steps.quantity),
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    )
