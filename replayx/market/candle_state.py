"""Candles at one instant: which source is the truth for each, and how several make one.

Trades are, where none is missing. Else a recorded candle of the same interval: as it was when it
closed, whichever answer told it (history does not change), or, while it is open, as it was last
told before the instant, with the trades since. Else what smaller candles and trades make.
"""

from collections.abc import Mapping
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from replayx.market.candle_texts import candle_of_sum, flat_sum, sum_of_candle
from replayx.market.events import Candle
from replayx.market.instant import Instant, TradesAt
from replayx.market.interval import Interval
from replayx.market.told_candles import IntervalCandles, OpenCandle
from replayx.market.trade_holes import BEFORE_ALL_MS
from replayx.market.trade_rows import TradeRows
from replayx.market.trade_sums import TradeSum, merged


class _Piece(NamedTuple):
    """What is known of a part of a span; `told_ms` is when an open candle in it was told."""

    sum: TradeSum | None
    end_ms: int
    told_ms: int | None = None
    is_gap: bool = False


class CandleState:
    """Everything known at an instant. Times here are the venue's unless they say `client`."""

    def __init__(
        self, symbol: str, rows: TradeRows, told: Mapping[str, IntervalCandles], at: Instant
    ) -> None:
        self._symbol = symbol
        self._digits = rows.digits
        self._trades = TradesAt(rows, at)
        self._at = at
        self._shift_ms = at.shift_ms
        # The longest first: one of them says more than its parts.
        self._told = sorted(told.values(), key=lambda one: -one.interval.shortest_ms)
        self._anchor_ms = min(
            [*(one.starts[0] for one in self._told if one.starts), *rows.first_times()],
            default=at.now_ms - at.shift_ms,
        )
        newest_ms = [self._trades.last_ms] if self._trades.last_ms is not None else []
        # A recorder's clock may be behind the venue's, so that trades are ahead of `now_ms`.
        self.now_ms: int = max([at.now_ms, *(one + at.shift_ms for one in newest_ms)])

    def candle(self, grid: Interval, client_start_ms: int, zone_ms: int) -> Candle | None:
        """Return the candle that begins at a client's time; None: nothing is known of it."""
        client_end_ms = grid.next_start(client_start_ms, zone_ms) - 1
        start_ms, end_ms = client_start_ms - self._shift_ms, client_end_ms - self._shift_ms
        if self._trades.covers(start_ms, min(end_ms, self._now_ms)):
            sum_ = self._trades.between(start_ms, end_ms) or self._nothing_since(start_ms)
            return sum_ and self._texts(sum_, client_start_ms, client_end_ms)
        same = [one for one in self._told if one.interval == grid]
        for told in same:
            known = self._final(told, client_start_ms, zone_ms)
            if known is not None:
                return self._moved(known, client_start_ms, client_end_ms)
        return self._composed(same, (client_start_ms, client_end_ms), grid, zone_ms)

    def total(self, start_ms: int, end_ms: int) -> TradeSum | None:
        """Return the sum of a span; None: nothing is known of it."""
        if self._trades.covers(start_ms, end_ms):
            return self._trades.between(start_ms, end_ms) or self._nothing_since(start_ms)
        pieces = self._pieces(start_ms, end_ms, self._told, 0)
        return _joined(pieces)

    def last_before(self, time_ms: int) -> TradeSum | None:
        """Return a sum that ends with the last trade before `time_ms`, if one is known."""
        return self._trades.last_before(time_ms)

    # ---- sources

    @property
    def last_trade_ms(self) -> int:
        """When the last trade was that is known; before all times if none is."""
        return BEFORE_ALL_MS if self._trades.last_ms is None else self._trades.last_ms

    @property
    def _now_ms(self) -> int:
        return self.now_ms - self._shift_ms

    def _nothing_since(self, start_ms: int) -> TradeSum | None:
        """Return the sum of no trades: its prices are the last one before."""
        last = self._trades.last_before(start_ms)
        return None if last is None else flat_sum(start_ms, last.close)

    def _final(self, told: IntervalCandles, client_start_ms: int, zone_ms: int) -> Candle | None:
        """Return a candle that is closed at the instant and told as closed at any time."""
        candle = told.closed.get(self._recorded_start(told.interval, client_start_ms, zone_ms))
        if candle is None or candle.end_ms >= self._now_ms:
            return None
        return candle

    def _version(
        self, told: IntervalCandles, client_start_ms: int, zone_ms: int
    ) -> OpenCandle | None:
        """Return a candle as it was last told before the instant."""
        start_ms = self._recorded_start(told.interval, client_start_ms, zone_ms)
        versions = (
            self._newest.get((told.interval.name, start_ms)),
            told.open_version(start_ms, self._at.before_run),
        )
        known = [one for one in versions if one is not None]
        return max(known, key=lambda one: one.told_ms) if known else None

    @cached_property
    def _newest(self) -> dict[tuple[str, int], OpenCandle]:
        """Candles as they were told last in the instant's own run, by interval and start."""
        newest: dict[tuple[str, int], OpenCandle] = {}
        for update in sorted(self._at.tail_candles, key=lambda one: one.told_ms):
            for candle in update.candles:
                told = OpenCandle(self._at.before_run, update.told_ms, candle)
                newest[update.interval, candle.start_ms] = told
        return newest

    def _recorded_start(self, interval: Interval, client_start_ms: int, zone_ms: int) -> int:
        if not self._shift_ms:
            return client_start_ms
        return interval.unmoved(client_start_ms, self._shift_ms, self._anchor_ms, zone_ms)

    # ---- making one of several

    def _composed(
        self,
        same: list[IntervalCandles],
        client_span: tuple[int, int],
        grid: Interval,
        zone_ms: int,
    ) -> Candle | None:
        client_start_ms, client_end_ms = client_span
        start_ms = client_start_ms - self._shift_ms
        end_ms = min(client_end_ms - self._shift_ms, self._now_ms)
        smaller = [one for one in self._told if one.interval.shortest_ms < grid.shortest_ms]
        pieces = self._pieces(start_ms, end_ms, smaller, zone_ms)
        versions = [self._version(one, client_start_ms, zone_ms) for one in same]
        version = next((one for one in versions if one is not None), None)
        if version is not None and not _is_newer(pieces, version):
            known: TradeSum | None = self._extended(version, client_end_ms - self._shift_ms)
        else:
            known = _joined(pieces)
        return known and self._texts(known, client_start_ms, client_end_ms)

    def _pieces(
        self, start_ms: int, end_ms: int, told: list[IntervalCandles], zone_ms: int
    ) -> list[_Piece]:
        """Return what is known of a span, in order; only of its part up to now."""
        pieces: list[_Piece] = []
        while start_ms <= end_ms:
            piece = self._piece(start_ms, end_ms, told, zone_ms)
            pieces.append(piece)
            start_ms = piece.end_ms + 1
        return pieces

    def _piece(
        self, start_ms: int, end_ms: int, told: list[IntervalCandles], zone_ms: int
    ) -> _Piece:
        if self._trades.covers(start_ms, end_ms):
            sum_ = self._trades.between(start_ms, end_ms) or self._nothing_since(start_ms)
            return _Piece(sum_, end_ms)
        client_ms = start_ms + self._shift_ms
        begun = [one for one in told if one.interval.start_of(client_ms, zone_ms) == client_ms]
        for one in begun:
            candle = self._final(one, client_ms, zone_ms)
            piece_end_ms = one.interval.next_start(client_ms, zone_ms) - 1 - self._shift_ms
            if candle is not None and piece_end_ms <= end_ms:
                return _Piece(sum_of_candle(candle, self._digits), piece_end_ms)
        for one in begun:
            version = self._version(one, client_ms, zone_ms)
            if version is not None:
                piece_end_ms = one.interval.next_start(client_ms, zone_ms) - 1 - self._shift_ms
                sum_ = self._extended(version, piece_end_ms)
                return _Piece(sum_, piece_end_ms, version.told_ms)
        next_ms = min(self._next_known(start_ms, told, zone_ms), end_ms + 1)
        return _Piece(self._trades.between(start_ms, next_ms - 1), next_ms - 1, is_gap=True)

    def _next_known(self, start_ms: int, told: list[IntervalCandles], zone_ms: int) -> int:
        """Return where the next candle begins behind `start_ms`, or the next hole ends."""
        known = [self._trades.next_whole(start_ms)]
        for one in told:
            client_ms = one.interval.next_start(start_ms + self._shift_ms, zone_ms)
            recorded_ms = self._recorded_start(one.interval, client_ms, zone_ms)
            next_ms = one.next_start(recorded_ms - 1)
            if next_ms is not None:
                moved_ms = one.interval.moved(next_ms, self._shift_ms, self._anchor_ms, zone_ms)
                known.append(max(moved_ms, client_ms) - self._shift_ms)
        return min(known)

    def _extended(self, version: OpenCandle, end_ms: int) -> TradeSum:
        """Return an open candle with the trades that came after it was told."""
        base = sum_of_candle(version.candle, self._digits)
        if base.last_id >= 0:
            more = self._trades.above(base.last_id, base.first_ms, end_ms)
        else:
            more = self._trades.between(version.told_ms + 1, end_ms)
        return base if more is None else merged([base, more])

    def _moved(self, candle: Candle, client_start_ms: int, client_end_ms: int) -> Candle:
        if candle.start_ms == client_start_ms and candle.is_closed:
            return candle
        return self._texts(sum_of_candle(candle, self._digits), client_start_ms, client_end_ms)

    def _texts(self, known: TradeSum, client_start_ms: int, client_end_ms: int) -> Candle:
        span = (client_start_ms, client_end_ms)
        return candle_of_sum(known, self._digits, span, symbol=self._symbol, now_ms=self.now_ms)


def _joined(pieces: list[_Piece]) -> TradeSum | None:
    sums = [one.sum for one in pieces if one.sum is not None]
    return merged(sums) if sums else None


def _is_newer(pieces: list[_Piece], version: OpenCandle) -> bool:
    """Say whether pieces reach further without a gap than an open candle told before."""
    reach_ms = version.candle.start_ms
    for piece in takewhile(lambda one: not one.is_gap, pieces):
        reach_ms = piece.end_ms if piece.told_ms is None else piece.told_ms
    return reach_ms > version.told_ms
