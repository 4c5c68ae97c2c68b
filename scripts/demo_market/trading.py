"""Trading in one symbol: limit orders, cancels and takers against the book, and their traces."""

from random import Random
from typing import NamedTuple

from demo_market.book import Book
from demo_market.candles import CandleSeries, Trade
from demo_market.instrument import Instrument


class AggTrade(NamedTuple):
    """What one taker order did at one price."""

    id: int
    price: int
    lots: int
    first_id: int
    last_id: int
    at_ms: int
    buyer_is_maker: bool


class Trading:
    """The state of one symbol. Times are handed in, in milliseconds, and never go back."""

    def __init__(
        self, instrument: Instrument, candles: dict[str, CandleSeries], draws: Random
    ) -> None:
        self.instrument = instrument
        self.candles = candles
        self.book = Book()
        self.update_id = instrument.first_update_id
        self.trades: list[Trade] = []
        self.agg_trades: list[AggTrade] = []
        self.changed_ms = 0  # when the book last changed
        self._draws = draws
        self._touched: dict[str, set[tuple[bool, int]]] = {}
        self._first_ids: dict[str, int] = {}

    # ---- what happens

    def place(self, at_ms: int, price: int, lots: int, *, is_bid: bool) -> None:
        """Add lots at a price that does not cross."""
        other = self.book.side(is_bid=not is_bid)
        crosses = len(other) and (price >= other.best if is_bid else price <= other.best)
        assert not crosses, "a resting order crosses the book"
        self._put(at_ms, price, self.book.side(is_bid=is_bid).at(price) + lots, is_bid=is_bid)

    def cancel(self, at_ms: int, price: int, lots: int, *, is_bid: bool) -> None:
        """Take lots away from a level."""
        left = max(0, self.book.side(is_bid=is_bid).at(price) - lots)
        self._put(at_ms, price, left, is_bid=is_bid)

    def take(self, at_ms: int, lots: int, *, is_buy: bool) -> list[AggTrade]:
        """Let a taker order eat from the best level on; it leaves two levels at least."""
        side = self.book.side(is_bid=not is_buy)
        done = []
        while lots > 0 and len(side) > 2:
            price = side.best
            filled = min(lots, side.at(price))
            self._put(at_ms, price, side.at(price) - filled, is_bid=not is_buy)
            done.append(self._fill(at_ms, price, filled, is_buy=is_buy))
            lots -= filled
        return done

    def _fill(self, at_ms: int, price: int, lots: int, *, is_buy: bool) -> AggTrade:
        """Match against a few resting orders: several trades, one aggregate."""
        first_id, left = self._next_trade_id(), lots
        while left > 0:
            part = left if self._draws.random() < 0.7 else self._draws.randint(1, left)
            trade = Trade(self._next_trade_id(), price, part, at_ms, not is_buy)
            self.trades.append(trade)
            for series in self.candles.values():
                series.add(trade)
            left -= part
        agg_id = self.instrument.first_agg_id + len(self.agg_trades)
        agg = AggTrade(agg_id, price, lots, first_id, self._next_trade_id() - 1, at_ms, not is_buy)
        self.agg_trades.append(agg)
        return agg

    def _next_trade_id(self) -> int:
        return self.instrument.first_trade_id + len(self.trades)

    def _put(self, at_ms: int, price: int, lots: int, *, is_bid: bool) -> None:
        self.update_id += self._draws.randint(1, self.instrument.update_id_step_max)
        self.changed_ms = at_ms
        self.book.side(is_bid=is_bid).put(price, lots)
        for name, touched in self._touched.items():
            if not touched:
                self._first_ids[name] = self.update_id
            touched.add((is_bid, price))

    # ---- what the feeds ask

    def watch(self, name: str) -> None:
        """Start collecting changes for a difference feed."""
        self._touched[name] = set()

    def differences(self, name: str) -> "Differences | None":
        """Return what changed since the last call for this feed, None if nothing did."""
        touched = self._touched[name]
        if not touched:
            return None
        self._touched[name] = set()
        bids = sorted(((p, self.book.bids.at(p)) for b, p in touched if b), reverse=True)
        asks = sorted((p, self.book.asks.at(p)) for b, p in touched if not b)
        return Differences(self._first_ids[name], self.update_id, bids, asks)

    @property
    def last_trade(self) -> Trade:
        """The newest trade."""
        return self.trades[-1]


class Differences(NamedTuple):
    """Levels that changed over a range of update ids, with the lots they have now."""

    first_id: int
    last_id: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
