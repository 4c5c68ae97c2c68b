"""The market at one instant: a MarketView over the history, up to a cut of the tape."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from replayx.market import statistics
from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.instant import Instant
from replayx.market.market_view import Increments, MarketView
from replayx.market.segments import Cut
from replayx.market.trade_reader import Wanted

if TYPE_CHECKING:
    from replayx.market.history import MarketHistory

_Trade = TypeVar("_Trade", Trade, AggTrade)

DAY = ""  # the interval of tickers that roll over a day


class MarketAt(MarketView):
    """What is known of a market at a cut. Times are the client's: the tape's plus `shift_ms`."""

    def __init__(self, history: "MarketHistory", cut: Cut, *, shift_ms: int, now_ms: int) -> None:
        self._history = history
        self._cut = cut
        self._shift_ms = shift_ms
        self.now_ms = now_ms

    def symbols(self) -> tuple[str, ...]:
        """Return the symbols of which the tape tells anything, in alphabetical order."""
        return self._history.symbols()

    # ---- books

    def book(self, symbol: str, levels: int) -> BookSnapshot | None:
        """Return at most `levels` best levels of each side, best first."""
        snapshot = self._history.books.snapshot(symbol, levels, self._cut)
        return None if snapshot is None else self._shifted_book(snapshot)

    def top(self, symbol: str) -> BookTop | None:
        """Return the best quotes: recorded or the book's, whichever is newer."""
        top = self._history.books.top(symbol, self._cut)
        return None if top is None else self._shifted_top(top)

    # ---- trades

    def trades(self, symbol: str, limit: int, *, from_id: int | None = None) -> Sequence[Trade]:
        """Return trades in the order of their ids: from `from_id` on, or the last ones."""
        wanted = Wanted(limit, from_id)
        found = self._history.trades.trades(symbol, self._cut, wanted)
        return self._shifted(found)

    def agg_trades(
        self,
        symbol: str,
        limit: int,
        *,
        from_id: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
    ) -> Sequence[AggTrade]:
        """Return aggregated trades in order: the first from `from_id` or `start_ms` on, or the
        last up to `end_ms` (or up to now).
        """
        wanted = Wanted(limit, from_id, self._recorded(start_ms), self._recorded(end_ms))
        found = self._history.trades.agg_trades(symbol, self._cut, wanted)
        return self._shifted(found)

    # ---- candles and statistics

    def candles(
        self,
        symbol: str,
        interval: str,
        limit: int,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        zone_ms: int = 0,
    ) -> Sequence[Candle]:
        """Return candles in order whose start lies within both bounds: the first from `start_ms`
        on, or the last ones. The one that is still open is the last. ValueError: no such interval.
        """
        rows = self._history.candles(symbol)
        return rows.candles(
            interval,
            limit,
            self._instant(symbol),
            start_ms=start_ms,
            end_ms=end_ms,
            zone_ms=zone_ms,
        )

    def window(self, symbol: str, start_ms: int) -> Ticker | None:
        """Return the statistics from `start_ms` to now, as far back as the tape reaches."""
        rows = self._history.candles(symbol)
        return self._with_top(statistics.window(rows, start_ms, self._instant(symbol)))

    def day(self, symbol: str) -> Ticker | None:
        """Return the rolling 24 hours: as the venue told them, or computed."""
        told = self._history.latest.event(FeedKind.TICKER, symbol, self._cut, interval=DAY)
        if isinstance(told, Ticker):
            return self._with_top(
                replace(
                    told,
                    start_ms=told.start_ms + self._shift_ms,
                    end_ms=told.end_ms + self._shift_ms,
                )
            )
        return self._with_top(statistics.day(self._history.candles(symbol), self._instant(symbol)))

    def average_price(self, symbol: str) -> AveragePrice | None:
        """Return the venue's average price of the last minutes."""
        told = self._history.latest.event(FeedKind.AVERAGE_PRICE, symbol, self._cut)
        if isinstance(told, AveragePrice):
            return replace(told, time_ms=told.time_ms + self._shift_ms)
        return statistics.average_price(self._history.candles(symbol), self._instant(symbol))

    def mark_price(self, symbol: str) -> MarkPrice | None:
        """Return mark price and funding."""
        told = self._history.latest.event(FeedKind.MARK_PRICE, symbol, self._cut)
        if not isinstance(told, MarkPrice):
            return None
        next_ms = told.next_funding_ms + self._shift_ms if told.next_funding_ms else 0
        return replace(told, time_ms=told.time_ms + self._shift_ms, next_funding_ms=next_ms)

    def increments(self, symbol: str) -> Increments | None:
        """Return the steps of prices and sizes seen on the whole tape."""
        return self._history.increments(symbol)

    # ---- time

    def _instant(self, symbol: str) -> Instant:
        return self._history.instant(symbol, self._cut, now_ms=self.now_ms, shift_ms=self._shift_ms)

    def _recorded(self, time_ms: int | None) -> int | None:
        return None if time_ms is None else time_ms - self._shift_ms

    def _shifted(self, trades: list[_Trade]) -> list[_Trade]:
        if not self._shift_ms:
            return trades
        return [replace(one, time_ms=one.time_ms + self._shift_ms) for one in trades]

    def _shifted_book(self, book: BookSnapshot) -> BookSnapshot:
        if not self._shift_ms or not book.time_ms:
            return book
        return replace(book, time_ms=book.time_ms + self._shift_ms)

    def _shifted_top(self, top: BookTop) -> BookTop:
        if not self._shift_ms or not top.time_ms:
            return top
        return replace(top, time_ms=top.time_ms + self._shift_ms)

    def _with_top(self, ticker: Ticker | None) -> Ticker | None:
        """Give a ticker the quotes of now: those that came with it are from then."""
        if ticker is None:
            return None
        return replace(ticker, top=self.top(ticker.symbol) or ticker.top)
