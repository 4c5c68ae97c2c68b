"""One symbol under distortions: what each of its events tells instead.

Which distortion is in force is told by what an event is about, never by when it came: books and
best quotes by their update id, trades by their own time. So recordings that overlap, streams of
other cadences and answers tell the same of the same thing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from replayx.clock import NS_PER_MS
from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    MarketEvent,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.scaled import digits_of, scaled, unscaled
from replayx.market.shocked_book import shown
from replayx.market.shocked_trades import Span, TradeLedger

_MINUTE_MS = 60_000


class Timetables(NamedTuple):
    """When distortions are in force: by the venue's ms, by tape time, by the book's ids.

    by_id None: no ids were told before.
    """

    by_ms: Timetable
    by_ns: Timetable
    by_id: Timetable | None


class ShockedSymbol:
    """Tells a symbol's events otherwise. `trades` are all of the tape; they may be none."""

    def __init__(
        self,
        grid: Grid,
        timetables: Timetables,
        trades: Iterable[AggTrade] = (),
        *,
        clock_offset_ns: int = 0,
    ) -> None:
        self.grid = grid
        self.timetables = timetables
        self._offset_ns = clock_offset_ns
        self._ledger = TradeLedger(grid, timetables.by_ms, trades)

    def told(self, event: MarketEvent, at_ns: int) -> MarketEvent:
        """Return what an event that came at a time tells; itself if nothing is otherwise."""
        match event:
            case Trade() | AggTrade():
                return self._trade(event)
            case BookTop():
                return self._top(event, self._of_book(event.last_id, at_ns))
            case BookSnapshot():
                return self._book(event, self._of_book(event.last_id, at_ns))
            case Candle():
                return self._candle(event, self._ms(at_ns))
            case Ticker():
                return self._ticker(event, at_ns)
            case AveragePrice():
                return self._average(event)
            case MarkPrice():
                return self._mark(event)
        return event

    def _ms(self, at_ns: int) -> int:
        return (at_ns + self._offset_ns) // NS_PER_MS

    def _of_book(self, last_id: int, at_ns: int) -> Distortion:
        by_id = self.timetables.by_id
        if by_id is None or last_id < 0:
            return self.timetables.by_ns.at(at_ns)
        return by_id.at(last_id)

    # ---- books and trades

    def _trade(self, event: Trade | AggTrade) -> MarketEvent:
        price = self._price(event.price, event.time_ms)
        if price == event.price:
            return event
        if isinstance(event, Trade) and event.quote_quantity:
            return replace(event, price=price, quote_quantity=_amount(event, price))
        return replace(event, price=price)

    def _price(self, text: str, time_ms: int) -> str:
        return self.grid.trade(self.timetables.by_ms.at(time_ms), text)

    def _book(self, event: BookSnapshot, distortion: Distortion) -> BookSnapshot:
        if distortion == NONE:
            return event
        bids = shown(self.grid, distortion, event.bids, is_bid=True)
        asks = shown(self.grid, distortion, event.asks, is_bid=False)
        return replace(event, bids=bids, asks=asks)

    def _top(self, event: BookTop, distortion: Distortion) -> BookTop:
        if distortion == NONE:
            return event
        bid = ask = ("", "")
        if event.bid and (price := self.grid.bid(distortion, event.bid)):
            bid = (price, self.grid.size(event.bid_quantity, distortion.size))
        if event.ask and (price := self.grid.ask(distortion, event.ask)):
            ask = (price, self.grid.size(event.ask_quantity, distortion.size))
        return BookTop(event.symbol, event.last_id, *bid, *ask, event.time_ms)

    # ---- what adds up trades

    def _candle(self, event: Candle, told_ms: int) -> Candle:
        last_ms = min(event.end_ms, told_ms)
        if not event.trade_count:
            # It is at the price of the last trade before it.
            price = self._ledger.before(event.start_ms, event.close)
            price = _like(price or self._price(event.close, event.start_ms), event.close)
            return replace(event, open=price, high=price, low=price, close=price)
        span = self._span(event, last_ms)
        prices = self._prices(event, event.close, span, last_ms)
        if prices is None:
            return event
        paid = [
            self._paid(text, span, (event.close, prices.close), of_takers=of_takers)
            for text, of_takers in ((event.quote_volume, False), (event.taker_quote_volume, True))
        ]
        return replace(
            event,
            open=prices.open,
            high=prices.high,
            low=prices.low,
            close=prices.close,
            quote_volume=paid[0],
            taker_quote_volume=paid[1],
        )

    def _ticker(self, event: Ticker, at_ns: int) -> Ticker:
        top = event.top
        if top is not None:
            top = self._top(top, self.timetables.by_ns.at(at_ns))
        last_ms = min(event.end_ms, self._ms(at_ns))
        span = self._span(event, last_ms)
        prices = self._prices(event, event.last, span, last_ms)
        if prices is None:
            return event if top == event.top else replace(event, top=top)
        return replace(
            event,
            open=prices.open,
            high=prices.high,
            low=prices.low,
            last=prices.close,
            quote_volume=self._paid(event.quote_volume, span, (event.last, prices.close)),
            top=top,
        )

    def _span(self, event: Candle | Ticker, last_ms: int) -> Span:
        """Return which trades an event adds up, as it was told when it was `last_ms`."""
        if event.first_id >= 0 and event.last_id >= event.first_id:
            return self._ledger.by_ids(event.first_id, event.last_id)
        return self._ledger.by_times(event.start_ms, last_ms)

    def _prices(
        self, event: Candle | Ticker, last: str, span: Span, last_ms: int
    ) -> "_Prices | None":
        """Return the four prices; None if nothing is otherwise."""
        if not len(self._ledger):
            return self._guessed(event, last, last_ms)
        if not self._ledger.is_changed(span):
            return None
        opened = self._ledger.open(span, event.open, event.first_id)
        closed = self._ledger.close(span, last) or self._price(last, last_ms)
        prices = (
            opened or self._price(event.open, event.start_ms),
            closed,
            self._ledger.high(span, event.high),
            self._ledger.low(span, event.low),
        )
        return _Prices.of(prices, event, last)

    def _guessed(self, event: Candle | Ticker, last: str, last_ms: int) -> "_Prices | None":
        """Return the prices where no stream told the trades: from when it began and ended."""
        over = self.timetables.by_ms.over(event.start_ms, last_ms)
        if over == [NONE]:
            return None
        opened, closed = self._price(event.open, event.start_ms), self._price(last, last_ms)
        if len(over) == 1:
            extremes = [self.grid.trade(over[0], text) for text in (event.high, event.low)]
        else:
            extremes = [self.grid.trade(one, last) for one in over]
            extremes += (event.high, event.low) if NONE in over else ()
        return _Prices.of((opened, closed, *extremes), event, last)

    def _paid(
        self, amount: str, span: Span, closes: tuple[str, str], *, of_takers: bool = False
    ) -> str:
        """Return what was paid, given how the last price was and is told."""
        if len(self._ledger):
            return self._ledger.amount(span, amount, of_takers=of_takers)
        return _scaled_by(amount, closes[1], closes[0])

    def _average(self, event: AveragePrice) -> AveragePrice:
        first_ms = event.time_ms - event.minutes * _MINUTE_MS
        span = self._ledger.by_times(first_ms, event.time_ms)
        if event.minutes and span.first < span.stop:
            price = self._ledger.mean(span, event.price)
        else:
            price = self._price(event.price, event.time_ms)
        return event if price == event.price else replace(event, price=price)

    def _mark(self, event: MarkPrice) -> MarkPrice:
        factor = self.timetables.by_ms.at(event.time_ms).price
        if factor == 1:
            return event
        texts = (event.price, event.index_price, event.settle_price)
        price, index, settle = (
            unscaled(round(scaled(text, digits_of(text)) * factor), digits_of(text)) if text else ""
            for text in texts
        )
        return replace(event, price=price, index_price=index, settle_price=settle)


class _Prices(NamedTuple):
    """The four prices of a candle."""

    open: str
    high: str
    low: str
    close: str

    @classmethod
    def of(cls, prices: Sequence[str], event: Candle | Ticker, last: str) -> "_Prices":
        """Return them from (open, close, more), with as many digits as the event's have."""
        numbers = [_Number(text) for text in prices]
        return cls(
            _like(prices[0], event.open),
            _like(max(numbers).text, event.high),
            _like(min(numbers).text, event.low),
            _like(prices[1], last),
        )


class _Number:
    """A decimal text that is compared by its value."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "_Number") -> bool:
        digits = max(digits_of(self.text), digits_of(other.text))
        return scaled(self.text, digits) < scaled(other.text, digits)


def _like(text: str, pattern: str) -> str:
    """Return a price with as many digits as another, or as it needs."""
    own = digits_of(pattern)
    return text + "0" * (own - digits_of(text)) if digits_of(text) < own and own else text


def _amount(trade: Trade, price: str) -> str:
    """Return what a trade at another price is worth, with as many digits: cut, not rounded."""
    digits = digits_of(price), digits_of(trade.quantity)
    own = digits_of(trade.quote_quantity)
    product = scaled(price, digits[0]) * scaled(trade.quantity, digits[1])
    return unscaled(product * 10**own // 10 ** sum(digits), own)


def _scaled_by(amount: str, over: str, under: str) -> str:
    digits = max(digits_of(over), digits_of(under))
    divisor = scaled(under, digits)
    own = digits_of(amount)
    if not divisor:
        return amount
    return unscaled(scaled(amount, own) * scaled(over, digits) // divisor, own)
