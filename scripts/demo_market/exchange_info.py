"""The exchangeInfo answers: symbols, filters and rate limits in the venue's key order."""

from demo_market.instrument import Instrument, decimal

PERPETUAL_DELIVERY_MS = 4_133_404_800_000  # what the venue says for "never"
ONBOARD_MS = 1_569_398_400_000


def limit(kind: str, interval: str, count: int, most: int) -> dict[str, object]:
    """Return one rate limit."""
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": most}


def spot_info(chosen: tuple[Instrument, ...], at_ms: int) -> dict[str, object]:
    """Return Binance Spot's exchangeInfo for some symbols."""
    return {
        "timezone": "UTC",
        "serverTime": at_ms,
        "rateLimits": [
            limit("REQUEST_WEIGHT", "MINUTE", 1, 6000),
            limit("ORDERS", "SECOND", 10, 100),
            limit("ORDERS", "DAY", 1, 200_000),
            limit("RAW_REQUESTS", "MINUTE", 5, 300_000),
        ],
        "exchangeFilters": [],
        "symbols": [_spot_symbol(one) for one in chosen],
    }


def usdm_info(chosen: tuple[Instrument, ...], at_ms: int) -> dict[str, object]:
    """Return the USDⓈ-M exchangeInfo."""
    assets = [("USDT", "-10000"), ("BTC", "-0.00100000"), ("ETH", "-5")]
    return {
        "timezone": "UTC",
        "serverTime": at_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": _futures_limits(),
        "exchangeFilters": [],
        "assets": [
            {"asset": name, "marginAvailable": True, "autoAssetExchange": least}
            for name, least in assets
        ],
        "symbols": [_usdm_symbol(one) for one in chosen],
    }


def coinm_info(at_ms: int) -> dict[str, object]:
    """Return a COIN-M exchangeInfo without symbols: some clients insist on loading it."""
    return {
        "timezone": "UTC",
        "serverTime": at_ms,
        "rateLimits": _futures_limits(),
        "exchangeFilters": [],
        "symbols": [],
    }


def _futures_limits() -> list[dict[str, object]]:
    return [
        limit("REQUEST_WEIGHT", "MINUTE", 1, 2400),
        limit("ORDERS", "MINUTE", 1, 1200),
        limit("ORDERS", "SECOND", 10, 300),
    ]


def _spot_symbol(one: Instrument) -> dict[str, object]:
    switches = (
        "icebergAllowed",
        "ocoAllowed",
        "otoAllowed",
        "opoAllowed",
        "quoteOrderQtyMarketAllowed",
        "allowTrailingStop",
        "cancelReplaceAllowed",
        "amendAllowed",
        "pegInstructionsAllowed",
        "isSpotTradingAllowed",
        "isMarginTradingAllowed",
    )
    return {
        "symbol": one.symbol,
        "status": "TRADING",
        "baseAsset": one.base,
        "baseAssetPrecision": 8,
        "quoteAsset": one.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [
            "LIMIT",
            "LIMIT_MAKER",
            "MARKET",
            "STOP_LOSS",
            "STOP_LOSS_LIMIT",
            "TAKE_PROFIT",
            "TAKE_PROFIT_LIMIT",
        ],
        **dict.fromkeys(switches, True),
        "filters": _spot_filters(one),
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN", "TRD_GRP_004"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": [
            "EXPIRE_TAKER",
            "EXPIRE_MAKER",
            "EXPIRE_BOTH",
            "DECREMENT",
            "TRANSFER",
        ],
    }


def _spot_filters(one: Instrument) -> list[dict[str, object]]:
    tick, step = decimal(one.tick, one.price_places, 8), one.lots(1)
    deltas = ("minTrailingAboveDelta", "minTrailingBelowDelta")
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": "1000000.00000000",
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000.00000000", "stepSize": step},
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": "120.00000000",
            "stepSize": "0.00000000",
        },
        {
            "filterType": "TRAILING_DELTA",
            deltas[0]: 10,
            "maxTrailingAboveDelta": 2000,
            deltas[1]: 10,
            "maxTrailingBelowDelta": 2000,
        },
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
            "minNotional": "5.00000000",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]


def _usdm_symbol(one: Instrument) -> dict[str, object]:
    return {
        "symbol": one.symbol,
        "pair": one.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_DELIVERY_MS,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "marginAsset": one.quote,
        "pricePrecision": one.price_places,
        "quantityPrecision": one.lot_places,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"] if one.base == "BTC" else ["Layer-1"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": _usdm_filters(one),
        "orderTypes": [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }


def _usdm_filters(one: Instrument) -> list[dict[str, object]]:
    step = one.lots(1)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": one.price(one.tick * 100),
            "maxPrice": "4529764",
            "tickSize": one.price(one.tick),
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000", "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": "120", "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
