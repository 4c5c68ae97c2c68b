"""Trades and aggregated trades, derived."""

from collections.abc import Sequence

from replayx.market.events import AggTrade, Trade
from replayx.venues.binance import amounts
from replayx.venues.binance.parameters import Refused, bad_combination
from replayx.venues.binance.question import Question

_DEFAULT = 500
_MAX = 1000
# derivatives docs, "Old Trades Lookup".
_USDM_HISTORY_DEFAULT = 100
_USDM_HISTORY_MAX = 500
_HOUR_MS = 3_600_000


def trades(question: Question) -> object | None:
    """Answer for the last trades."""
    limit = question.params.limit(_DEFAULT, _MAX)
    return _rows(question, question.market.trades(question.symbol(), limit))


def historical_trades(question: Question) -> object | None:
    """Answer for trades from an id on, or the last ones. The tape begins with its first trade."""
    symbol = question.symbol()
    if question.is_futures:
        limit = question.params.limit(_USDM_HISTORY_DEFAULT, _USDM_HISTORY_MAX)
    else:
        limit = question.params.limit(_DEFAULT, _MAX)
    from_id = question.params.integer("fromId")
    found = question.market.trades(symbol, limit, from_id=from_id)
    if not found and from_id is not None and question.market.trades(symbol, 1):
        return ()  # none of them has happened yet
    return _rows(question, found)


def _rows(question: Question, found: Sequence[Trade]) -> object | None:
    row = _futures_row if question.is_futures else _row
    return [row(trade) for trade in found] or None


def _row(trade: Trade) -> dict[str, object]:
    return {
        "id": trade.id,
        "price": trade.price,
        "qty": trade.quantity,
        "quoteQty": trade.quote_quantity or amounts.amount(trade.price, trade.quantity),
        "time": trade.time_ms,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def _futures_row(trade: Trade) -> dict[str, object]:
    row = _row(trade)
    del row["isBestMatch"]
    return {**row, "isRPITrade": False}


def agg_trades(question: Question) -> object | None:
    """Answer for aggregated trades: by id, by time, or the last ones."""
    params, market = question.params, question.market
    symbol = question.symbol()
    limit = params.limit(_DEFAULT, _MAX)
    from_id = params.integer("fromId")
    start_ms, end_ms = params.times()
    if from_id is not None and not (start_ms is None and end_ms is None):
        raise bad_combination()
    if start_ms is not None and end_ms is not None:
        if end_ms < start_ms:
            return ()
        if question.is_futures and end_ms - start_ms > _HOUR_MS:
            raise Refused(-1127, "More than 1 hours between startTime and endTime.")
    found = market.agg_trades(symbol, limit, from_id=from_id, start_ms=start_ms, end_ms=end_ms)
    if not found and _is_within(question, symbol, from_id, start_ms, end_ms):
        return ()
    row = _futures_agg_row if question.is_futures else _agg_row
    return [row(trade) for trade in found] or None


def _is_within(
    question: Question,
    symbol: str,
    from_id: int | None,
    start_ms: int | None,
    end_ms: int | None,
) -> bool:
    """Say whether the tape knows that there are none: it has some before what is asked for."""
    if from_id is not None:
        last = question.market.agg_trades(symbol, 1)
        return bool(last) and last[-1].id < from_id
    bound_ms = start_ms if start_ms is not None else end_ms
    if bound_ms is None:
        return False
    return bool(question.market.agg_trades(symbol, 1, end_ms=bound_ms))


def _agg_row(trade: AggTrade) -> dict[str, object]:
    return {
        "a": trade.id,
        "p": trade.price,
        "q": trade.quantity,
        "f": trade.first_id,
        "l": trade.last_id,
        "T": trade.time_ms,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def _futures_agg_row(trade: AggTrade) -> dict[str, object]:
    return {
        "a": trade.id,
        "p": trade.price,
        "q": trade.quantity,
        "nq": trade.quantity,  # without orders of the RPI kind, which no stream tells apart
        "f": trade.first_id,
        "l": trade.last_id,
        "T": trade.time_ms,
        "m": trade.buyer_is_maker,
    }
