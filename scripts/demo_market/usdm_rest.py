"""USDⓈ-M futures REST answers, where they differ from spot's.

Origin: the derivatives documentation of 2026-10 and the shapes in the venue's own SDK.
"""

from demo_market.day_ticker import window
from demo_market.feed import Feed
from demo_market.pricing import FUNDING_MS, INTEREST_RATE
from demo_market.trading import Trading
from replayx.rng import named_stream

FUNDING_ROWS = 100


def depth(trading: Trading, at_ms: int, limit: int) -> dict[str, object]:
    """Return an order book with the times of the answer and of its last change."""
    one, book = trading.instrument, trading.book
    return {
        "lastUpdateId": trading.update_id,
        "E": at_ms,
        "T": trading.changed_ms,
        "bids": one.levels(book.bids.top(limit)),
        "asks": one.levels(book.asks.top(limit)),
    }


def trades(trading: Trading, _at_ms: int, limit: int) -> list[dict[str, object]]:
    """Return the recent trades list."""
    one = trading.instrument
    return [
        {
            "id": made.id,
            "price": one.price(made.price),
            "qty": one.lots(made.lots),
            "quoteQty": one.worth(made.worth, decimals=2),
            "time": made.at_ms,
            "isBuyerMaker": made.buyer_is_maker,
            "isRPITrade": False,
        }
        for made in trading.trades[-limit:]
    ]


def agg_trades(trading: Trading, _at_ms: int, limit: int) -> list[dict[str, object]]:
    """Return the compressed trades list."""
    one = trading.instrument
    return [
        {
            "a": made.id,
            "p": one.price(made.price),
            "q": one.lots(made.lots),
            "nq": one.lots(made.lots),
            "f": made.first_id,
            "l": made.last_id,
            "T": made.at_ms,
            "m": made.buyer_is_maker,
        }
        for made in trading.agg_trades[-limit:]
    ]


def price(trading: Trading, _at_ms: int) -> dict[str, object]:
    """Return the symbol price ticker."""
    one, last = trading.instrument, trading.last_trade
    return {"symbol": one.symbol, "price": one.price(last.price), "time": last.at_ms}


def book_ticker(trading: Trading, _at_ms: int) -> dict[str, object]:
    """Return the symbol order book ticker."""
    one = trading.instrument
    bid, bid_lots, ask, ask_lots = trading.book.touch
    return {
        "symbol": one.symbol,
        "bidPrice": one.price(bid),
        "bidQty": one.lots(bid_lots),
        "askPrice": one.price(ask),
        "askQty": one.lots(ask_lots),
        "time": trading.changed_ms,
    }


def day(trading: Trading, at_ms: int) -> dict[str, object]:
    """Return the 24 h ticker: no bid, ask or previous close here."""
    one = trading.instrument
    stats = window(trading.candles["1m"], at_ms)
    return {
        "symbol": one.symbol,
        "priceChange": one.price(stats.change),
        "priceChangePercent": stats.percent,
        "weightedAvgPrice": one.price(stats.mean),
        "lastPrice": one.price(stats.close),
        "lastQty": one.lots(trading.last_trade.lots),
        "openPrice": one.price(stats.open),
        "highPrice": one.price(stats.high),
        "lowPrice": one.price(stats.low),
        "volume": one.lots(stats.lots),
        "quoteVolume": one.worth(stats.worth, decimals=2),
        "openTime": stats.open_ms,
        "closeTime": stats.close_ms,
        "firstId": stats.first_id,
        "lastId": stats.last_id,
        "count": stats.count,
    }


def premium_index(feed: Feed, at_ms: int) -> dict[str, object]:
    """Return mark and index price with the funding to come."""
    mark = feed.pricing.mark(at_ms, feed.value(at_ms))
    return {
        "symbol": feed.instrument.symbol,
        "markPrice": mark.mark,
        "indexPrice": mark.index,
        "estimatedSettlePrice": mark.settle,
        "lastFundingRate": mark.funding_rate,
        "interestRate": INTEREST_RATE,
        "nextFundingTime": mark.next_funding_ms,
        "time": at_ms,
    }


def open_interest(feed: Feed, at_ms: int) -> dict[str, object]:
    """Return the open contracts."""
    symbol = feed.instrument.symbol
    return {"openInterest": feed.pricing.open_interest, "symbol": symbol, "time": at_ms}


def funding_rates(feed: Feed, at_ms: int, seed: int, limit: int) -> list[dict[str, object]]:
    """Return the newest fundings, oldest first: every eight hours, at that hour's price."""
    one, hours = feed.instrument, feed.trading.candles["1h"].bars
    opening = {bar.open_ms: bar.open for bar in hours}
    last_ms = at_ms // FUNDING_MS * FUNDING_MS
    rows: list[dict[str, object]] = []
    for place in range(min(limit, FUNDING_ROWS)):
        funding_ms = last_ms - place * FUNDING_MS
        if funding_ms not in opening:
            break
        draws = named_stream(seed, f"demo/funding/{one.symbol}/{funding_ms}")
        row = {"symbol": one.symbol, "fundingRate": f"{draws.gauss(0.00006, 0.00005):.8f}"}
        mark = one.price(opening[funding_ms]) + "000000"
        rows.append({**row, "fundingTime": funding_ms, "markPrice": mark, "rateType": "Regular"})
    return rows[::-1]


def funding_info(feeds: list[Feed], _at_ms: int) -> list[dict[str, object]]:
    """Return the funding rules."""
    return [
        {
            "symbol": feed.instrument.symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": 8,
            "disclaimer": False,
        }
        for feed in feeds
    ]
