"""Telling Binance's messages and answers with other prices: every other field as it stands.

Origin of the fields: web-socket-streams.md, rest-api.md, the derivatives docs. What has prices and
no market event (private events, candles of marks and indexes) is told as it was.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

import msgspec

from replayx.market.book import is_decimal
from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarketEvent,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.venues.binance import amounts
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.market_feeds import answer_feed, endpoint
from replayx.venues.binance.wire_answers import decode_answer
from replayx.venues.binance.wire_events import decode, to_ms
from replayx.venues.shock_side import Told
from replayx.venues.venue import RequestKey

_Fields = dict[str, object]

# Answers about a symbol or about many, by endpoint: those that name the symbol in each element.
_BY_SYMBOL = MappingProxyType(
    {
        "ticker/24hr": FeedKind.TICKER,
        "ticker": FeedKind.TICKER,
        "ticker/tradingDay": FeedKind.TICKER,
        "ticker/bookTicker": FeedKind.BOOK_TOP,
        "premiumIndex": FeedKind.MARK_PRICE,
    }
)
# What streams about many symbols carry, by event type; best quotes of spot have none.
_BY_EVENT = MappingProxyType(
    {
        "bookTicker": FeedKind.BOOK_TOP,
        "markPriceUpdate": FeedKind.MARK_PRICE,
        "24hrMiniTicker": FeedKind.MINI_TICKER,
        **dict.fromkeys(("24hrTicker", "1hTicker", "4hTicker", "1dTicker"), FeedKind.TICKER),
    }
)
_LAST_PRICE = "ticker/price"


def retold(payload: bytes, event: MarketEvent) -> bytes:
    """Return a stream's payload with the prices and sizes of `event`."""
    fields = msgspec.json.decode(payload)
    _write(fields.get("k", fields) if isinstance(event, Candle) else fields, event, _STREAMS)
    return msgspec.json.encode(fields)


def retold_many(dialect: Dialect, payload: bytes, symbols: Collection[str], told: Told) -> bytes:
    """Return the payload of a stream about many symbols, or of liquidations, told otherwise."""
    try:
        message = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        return payload
    elements = message if isinstance(message, list) else [message]
    changes = [_retold_one(dialect, one, symbols, told) for one in elements]
    return msgspec.json.encode(message) if any(changes) else payload


def _retold_one(dialect: Dialect, element: object, symbols: Collection[str], told: Told) -> bool:
    """Change what a message says of one symbol; say whether it did."""
    if not isinstance(element, dict):
        return False
    if element.get("e") == "forceOrder" and isinstance(element.get("o"), dict):
        return _retold_order(element["o"], symbols, told)
    symbol, kind = element.get("s"), _BY_EVENT.get(str(element.get("e", "bookTicker")))
    if kind is None or symbol not in symbols:
        return False
    (event,) = decode(dialect, MarketFeed(kind, str(symbol)), [msgspec.json.encode(element)])
    if event is None or (changed := told(event)) == event:
        return False
    _write(element, changed, _STREAMS)
    return True


def _retold_order(order: _Fields, symbols: Collection[str], told: Told) -> bool:
    """Change the prices of a liquidation, which happened when it was traded."""
    symbol, time_ms = order.get("s"), order.get("T")
    if not isinstance(symbol, str) or symbol not in symbols or not isinstance(time_ms, int):
        return False
    changes = False
    for name in ("p", "ap"):
        price = order.get(name)
        if isinstance(price, str) and is_decimal(price):
            changed = told(Trade(symbol, 0, price, "0", to_ms(time_ms), False))
            assert isinstance(changed, Trade)
            changes = changes or changed.price != price
            order[name] = changed.price
    return changes


def retold_answer(dialect: Dialect, key: RequestKey, body: bytes, told: Told, now_ms: int) -> bytes:
    """Return an answer that came at `now_ms` with what `told` makes of each event in it."""
    name = endpoint(dialect, key.path) or ""
    feed = answer_feed(dialect, key)
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return body
    if name == _LAST_PRICE or name in _BY_SYMBOL:
        elements = answer if isinstance(answer, list) else [answer]
        changes = [_retold_element(name, one, told, now_ms) for one in elements]
        return msgspec.json.encode(answer) if any(changes) else body
    events = () if feed is None else decode_answer(feed, body)
    after = [told(one) for one in events]
    if all(one is other for one, other in zip(events, after, strict=True)):
        return body
    for element, event in zip(answer if isinstance(answer, list) else [answer], after, strict=True):
        _write(element, event, _ANSWERS)
    return msgspec.json.encode(answer)


def _retold_element(name: str, element: object, told: Told, now_ms: int) -> bool:
    """Change what an answer says of one symbol; say whether it did."""
    symbol = element.get("symbol") if isinstance(element, dict) else None
    if not isinstance(element, dict) or not isinstance(symbol, str):
        return False
    if name == _LAST_PRICE:
        # The price of the last trade: of the time that comes with it, or now.
        price, time_ms = element.get("price"), element.get("time", now_ms)
        if not isinstance(price, str) or not isinstance(time_ms, int):
            return False
        traded = told(Trade(symbol, 0, price, "0", time_ms, False))
        assert isinstance(traded, Trade)
        element["price"] = traded.price
        return traded.price != price
    feed = MarketFeed(_BY_SYMBOL[name], symbol)
    events = decode_answer(feed, msgspec.json.encode(element))
    if not events or (event := told(events[0])) is events[0]:
        return False
    _write(element, event, _ANSWERS)
    return True


# ---- streams


def _trade(fields: _Fields, event: Trade | AggTrade) -> None:
    fields["p"] = event.price


def _delta(fields: _Fields, event: BookDelta) -> None:
    fields.update(b=event.bids, a=event.asks)


def _levels(fields: _Fields, event: BookSnapshot) -> None:
    names = ("bids", "asks") if "bids" in fields else ("b", "a")
    fields.update(zip(names, (event.bids, event.asks), strict=True))


def _top(fields: _Fields, event: BookTop) -> None:
    _quotes(fields, event, ("b", "B", "a", "A"))


def _candle(fields: _Fields, event: Candle) -> None:
    fields.update(o=event.open, c=event.close, h=event.high, l=event.low)
    fields.update(q=event.quote_volume, Q=event.taker_quote_volume)


def _ticker(fields: _Fields, event: Ticker) -> None:
    fields.update(c=event.last, o=event.open, h=event.high, l=event.low, q=event.quote_volume)
    if "w" in fields:
        mean = str(fields["w"])
        fields.update(_statistics(event, mean, ("p", "P", "w")))
    if event.top is not None and "b" in fields:
        _top(fields, event.top)


def _average(fields: _Fields, event: AveragePrice) -> None:
    fields["w"] = event.price


def _mark(fields: _Fields, event: MarkPrice) -> None:
    told = {"p": event.price, "i": event.index_price, "P": event.settle_price}
    fields.update({name: text for name, text in told.items() if name in fields})


# ---- answers


def _trade_row(fields: _Fields, event: Trade) -> None:
    fields["price"] = event.price
    if event.quote_quantity:
        fields["quoteQty"] = event.quote_quantity


def _row(row: list[object], event: Candle) -> None:
    row[1:5] = event.open, event.high, event.low, event.close
    row[7], row[10] = event.quote_volume, event.taker_quote_volume


def _best(fields: _Fields, event: BookTop) -> None:
    _quotes(fields, event, ("bidPrice", "bidQty", "askPrice", "askQty"))


def _day(fields: _Fields, event: Ticker) -> None:
    fields.update(openPrice=event.open, highPrice=event.high, lowPrice=event.low)
    fields.update(lastPrice=event.last, quoteVolume=event.quote_volume)
    if "weightedAvgPrice" in fields:
        names = ("priceChange", "priceChangePercent", "weightedAvgPrice")
        fields.update(_statistics(event, str(fields["weightedAvgPrice"]), names))
    if event.top is not None and "bidPrice" in fields:
        _best(fields, event.top)


def _average_price(fields: _Fields, event: AveragePrice) -> None:
    fields["price"] = event.price


def _premium(fields: _Fields, event: MarkPrice) -> None:
    fields.update(markPrice=event.price, indexPrice=event.index_price)
    fields["estimatedSettlePrice"] = event.settle_price


# ---- what both have


def _quotes(fields: _Fields, event: BookTop, names: tuple[str, ...]) -> None:
    """Write quotes; zeros for a side that is empty."""
    texts = (event.bid, event.bid_quantity, event.ask, event.ask_quantity)
    for name, text in zip(names, texts, strict=True):
        fields[name] = text or amounts.zero(str(fields[name]))


def _statistics(event: Ticker, mean: str, names: tuple[str, ...]) -> _Fields:
    """Return change, change in percent and average price."""
    texts = (
        amounts.difference(event.last, event.open),
        amounts.percentage(event.last, event.open),
        amounts.average(event.quote_volume, event.volume, mean),
    )
    return dict(zip(names, texts, strict=True))


_Writers = Mapping[type[MarketEvent], Callable[..., None]]
_STREAMS: _Writers = MappingProxyType(
    {
        Trade: _trade,
        AggTrade: _trade,
        BookDelta: _delta,
        BookSnapshot: _levels,
        BookTop: _top,
        Candle: _candle,
        Ticker: _ticker,
        AveragePrice: _average,
        MarkPrice: _mark,
    }
)
_ANSWERS: _Writers = MappingProxyType(
    {
        Trade: _trade_row,
        AggTrade: _trade,
        BookSnapshot: _levels,
        BookTop: _best,
        Candle: _row,
        Ticker: _day,
        AveragePrice: _average_price,
        MarkPrice: _premium,
    }
)


def _write(fields: object, event: MarketEvent, writers: _Writers) -> None:
    writers[type(event)](fields, event)
