"""The candles that a tape tells, each as it was when it became known."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from replayx.market.events import Candle
from replayx.market.interval import Interval
from replayx.market.scaled import most_digits
from replayx.market.trade_sums import Digits

# How far the clock by which `told_ms` was taken may be ahead of the venue's. The recorders of the
# captures at hand were behind by 1.27 s at most; NTP keeps clocks within far less.
CLOCK_DOUBT_MS = 5_000


class ToldCandles(NamedTuple):
    """Candles of one interval as a stream or an answer told them at `told_ms` (venue's time).

    `is_answer`: rows of an answer do not say whether they are closed; all but the newest are, and
    that one is if its end is well before `told_ms`.
    """

    interval: str
    candles: Sequence[Candle]
    told_ms: int
    is_answer: bool = False

    def is_final(self, candle: Candle, newest_ms: int) -> bool:
        """Say whether a candle among these will not change any more."""
        if not self.is_answer:
            return candle.is_closed
        return candle.start_ms < newest_ms or candle.end_ms + CLOCK_DOUBT_MS < self.told_ms


class OpenCandle(NamedTuple):
    """A candle as it was when it was told, in a run, before it closed."""

    run: int
    told_ms: int
    candle: Candle


class IntervalState(NamedTuple):
    """Everything that `IntervalCandles` knows."""

    interval: str
    closed: dict[int, Candle]
    open: dict[int, list[OpenCandle]]


class IntervalCandles:
    """What is told of the candles of one interval."""

    def __init__(self, interval: Interval) -> None:
        self.interval = interval
        self.starts: list[int] = []  # of all, in order
        self.closed: dict[int, Candle] = {}
        self._open: dict[int, list[OpenCandle]] = {}
        self._spans: list[tuple[int, int]] = []

    def add(self, run: int, told: ToldCandles) -> None:
        """Take candles that became known in a run. Runs must not go back."""
        newest_ms = max((one.start_ms for one in told.candles), default=0)
        for candle in told.candles:
            start_ms = candle.start_ms
            if start_ms not in self.closed and start_ms not in self._open:
                insort(self.starts, start_ms)
                self._spans.clear()
            if told.is_final(candle, newest_ms):
                known = self.closed.get(start_ms)
                # A stream's has the ids of its trades, an answer's has not.
                if known is None or known.last_id < candle.last_id:
                    self.closed[start_ms] = candle
            else:
                versions = self._open.setdefault(start_ms, [])
                if versions and versions[-1].run == run:
                    versions.pop()
                versions.append(OpenCandle(run, told.told_ms, candle))

    def state(self) -> IntervalState:
        """Return all that is known, as `restore` takes it."""
        return IntervalState(self.interval.name, self.closed, self._open)

    def restore(self, state: IntervalState) -> None:
        """Become what another was."""
        self.closed, self._open = state.closed, state.open
        self.starts = sorted({**self.closed, **self._open})

    def open_version(self, start_ms: int, before_run: int) -> OpenCandle | None:
        """Return the newest version of a candle that the runs before `before_run` told."""
        versions = self._open.get(start_ms, [])
        at = bisect_left(versions, before_run, key=attrgetter("run"))
        return versions[at - 1] if at else None

    def next_start(self, start_ms: int) -> int | None:
        """Return the first start behind `start_ms`."""
        at = bisect_right(self.starts, start_ms)
        return self.starts[at] if at < len(self.starts) else None

    def spans(self) -> list[tuple[int, int]]:
        """Return the first and last starts of candles that follow each other without a gap."""
        if not self._spans:
            spans: list[tuple[int, int]] = []
            end_ms = None
            for start_ms in self.starts:
                if start_ms == end_ms:
                    spans[-1] = (spans[-1][0], start_ms)
                else:
                    spans.append((start_ms, start_ms))
                end_ms = self._end_of(start_ms) + 1
            self._spans = spans
        return self._spans

    def _end_of(self, start_ms: int) -> int:
        candle = self.closed.get(start_ms)
        return candle.end_ms if candle else self._open[start_ms][0].candle.end_ms


def digits_of_candles(candles: Sequence[Candle]) -> Digits:
    """Return the digits that hold these candles."""
    prices = [text for one in candles for text in (one.open, one.high, one.low, one.close)]
    sizes = [text for one in candles for text in (one.volume, one.taker_volume)]
    amounts = [text for one in candles for text in (one.quote_volume, one.taker_quote_volume)]
    return Digits(*map(most_digits, (prices, sizes, amounts)))
