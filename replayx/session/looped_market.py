"""The market of a tape that is looped: that of the same place in the first lap, ids going on."""

from collections.abc import Sequence

from msgspec.structs import replace

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.history import MarketHistory
from replayx.market.market_view import Increments, MarketView
from replayx.timeline.loop import CounterName, Loop
from replayx.timeline.places import AGG_TRADE_ID, BOOK_ID, TRADE_ID


class LoopedHistory:
    """A history that goes on lap after lap. Nothing of the laps before is known."""

    def __init__(self, history: MarketHistory, loop: Loop) -> None:
        self._history = history
        self._loop = loop

    @property
    def is_built(self) -> bool:
        """Whether it may be asked."""
        return self._history.is_built

    def feeds(self) -> tuple[MarketFeed, ...]:
        """Return what the streams on the tape tell, each once."""
        return self._history.feeds()

    def at(self, position_ns: int, *, shift_ms: int = 0, now_ms: int | None = None) -> MarketView:
        """Return the market at a position. Raises CassetteError."""
        lap, local_ns = self._loop.lap_of(position_ns)
        shift_ms += lap * self._loop.length_ms
        view = self._history.at(local_ns, shift_ms=shift_ms, now_ms=now_ms)
        return LapView(view, self._history.market, self._loop, lap) if lap else view


class LapView(MarketView):
    """A market whose ids are those of a later lap."""

    def __init__(self, view: MarketView, market: str, loop: Loop, lap: int) -> None:
        self.now_ms = view.now_ms
        self._view = view
        self._market = market
        self._loop = loop
        self._lap = lap

    def _step(self, symbol: str, kind: str) -> int:
        return self._loop.id_step(self._lap, CounterName(self._market, symbol, kind))

    def symbols(self) -> tuple[str, ...]:
        """Return the symbols of which the tape tells anything."""
        return self._view.symbols()

    def book(self, symbol: str, levels: int) -> BookSnapshot | None:
        """Return at most `levels` best levels of each side, best first."""
        book = self._view.book(symbol, levels)
        step = self._step(symbol, BOOK_ID)
        return None if book is None else replace(book, last_id=book.last_id + step)

    def top(self, symbol: str) -> BookTop | None:
        """Return the best quotes."""
        return self._top(self._view.top(symbol))

    def _top(self, top: BookTop | None) -> BookTop | None:
        if top is None:
            return None
        return replace(top, last_id=top.last_id + self._step(top.symbol, BOOK_ID))

    def trades(self, symbol: str, limit: int, *, from_id: int | None = None) -> Sequence[Trade]:
        """Return trades in the order of their ids."""
        step = self._step(symbol, TRADE_ID)
        first_id = None if from_id is None else max(from_id - step, 0)
        trades = self._view.trades(symbol, limit, from_id=first_id)
        return [replace(trade, id=trade.id + step) for trade in trades]

    def agg_trades(
        self,
        symbol: str,
        limit: int,
        *,
        from_id: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
    ) -> Sequence[AggTrade]:
        """Return aggregated trades in order."""
        step, trade_step = self._step(symbol, AGG_TRADE_ID), self._step(symbol, TRADE_ID)
        first_id = None if from_id is None else max(from_id - step, 0)
        return [
            replace(
                group,
                id=group.id + step,
                first_id=group.first_id + trade_step,
                last_id=group.last_id + trade_step,
            )
            for group in self._view.agg_trades(
                symbol, limit, from_id=first_id, start_ms=start_ms, end_ms=end_ms
            )
        ]

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
        """Return candles in order."""
        candles = self._view.candles(
            symbol, interval, limit, start_ms=start_ms, end_ms=end_ms, zone_ms=zone_ms
        )
        step = self._step(symbol, TRADE_ID)
        return [
            candle
            if candle.first_id < 0
            else replace(candle, first_id=candle.first_id + step, last_id=candle.last_id + step)
            for candle in candles
        ]

    def window(self, symbol: str, start_ms: int) -> Ticker | None:
        """Return the statistics from `start_ms` to now."""
        return self._ticker(self._view.window(symbol, start_ms))

    def day(self, symbol: str) -> Ticker | None:
        """Return the rolling 24 hours."""
        return self._ticker(self._view.day(symbol))

    def _ticker(self, ticker: Ticker | None) -> Ticker | None:
        if ticker is None:
            return None
        step = self._step(ticker.symbol, TRADE_ID) if ticker.first_id >= 0 else 0
        return replace(
            ticker,
            first_id=ticker.first_id + step,
            last_id=ticker.last_id + step,
            top=self._top(ticker.top),
        )

    def average_price(self, symbol: str) -> AveragePrice | None:
        """Return the venue's average price of the last minutes."""
        return self._view.average_price(symbol)

    def mark_price(self, symbol: str) -> MarkPrice | None:
        """Return mark price and funding."""
        return self._view.mark_price(symbol)

    def increments(self, symbol: str) -> Increments | None:
        """Return the steps of prices and sizes seen on the whole tape."""
        return self._view.increments(symbol)
