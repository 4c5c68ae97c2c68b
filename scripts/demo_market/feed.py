"""The streams of one symbol: what each trade, each change and each interval publishes."""

from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from demo_market import spot_wire, usdm_wire
from demo_market.candles import Candle
from demo_market.flow import VALUE_STEP_MS, OrderFlow, value_path
from demo_market.history import history
from demo_market.instrument import Instrument
from demo_market.pricing import Pricing
from demo_market.spot_wire import json_text
from demo_market.trading import AggTrade, Trading
from replayx.rng import named_stream

WIRES: dict[str, ModuleType] = {"binance-spot": spot_wire, "binance-usdm": usdm_wire}
LIQUIDATION_ONE_IN = 90  # takers of the futures market that are liquidations


class Message(NamedTuple):
    """One stream message: the venue's event time, the stream's name, its payload."""

    event_ms: int
    stream: str
    payload: bytes


class Schedule(NamedTuple):
    """The periodic streams of a market and how often each is due."""

    differences: dict[str, int]
    partials: dict[str, tuple[int, int]]  # stream: (levels, period)
    klines: dict[str, str]  # stream: interval
    kline_ms: int
    ticker_ms: int


SCHEDULES = {
    "binance-spot": Schedule(
        differences={"depth@100ms": 100, "depth": 1000},
        partials={"depth20@100ms": (20, 100), "depth10@100ms": (10, 100), "depth5@100ms": (5, 100)},
        klines={"@kline_1m": "1m", "@kline_5m": "5m"},
        kline_ms=2000,
        ticker_ms=1000,
    ),
    "binance-usdm": Schedule(
        differences={"depth@100ms": 100, "depth": 250},
        partials={"depth20@100ms": (20, 100), "depth5@100ms": (5, 100)},
        klines={"@kline_1m": "1m", "_perpetual@continuousKline_1m": "1m"},
        kline_ms=250,
        ticker_ms=2000,
    ),
}


class Feed:
    """One symbol from its history on. Call `warm_up` once, then `advance` and `publish` by tick."""

    def __init__(self, instrument: Instrument, seed: int, start_ms: int, end_ms: int) -> None:
        self.instrument = instrument
        self.wire = WIRES[instrument.market]
        self.schedule = SCHEDULES[instrument.market]
        draws = named_stream(seed, f"demo/fills/{instrument.market}/{instrument.symbol}")
        self.trading = Trading(instrument, history(instrument, seed, start_ms), draws)
        self._flow = OrderFlow(instrument, seed)
        self._flow.fill(self.trading, start_ms)
        self.pricing = Pricing(self.trading)
        self._start_ms = start_ms
        self._values = value_path(seed, instrument.base, start_ms, end_ms)
        self._arrivals = iter(self._flow.arrivals(start_ms, end_ms))
        self._next_ms = next(self._arrivals)
        self._published: dict[str, int] = {}  # stream: the u it last carried
        self._bars: dict[str, Candle] = {}  # stream: the bar it last carried

    def value(self, at_ms: int) -> float:
        """Return what the instrument is worth, in price units."""
        place = (at_ms - self._start_ms) // VALUE_STEP_MS
        return self._values[place] * self.instrument.start_price

    def warm_up(self, until_ms: int) -> None:
        """Trade up to the tape's start without publishing, then start the difference feeds."""
        for _ in self.advance(until_ms):
            pass
        self.roll(until_ms)
        for name in self.schedule.differences:
            self.trading.watch(name)
            self._published[name] = self.trading.update_id
        for name in (*self.schedule.partials, "U", "ticker"):
            self._published[name] = self.trading.update_id
        for suffix, interval in self.schedule.klines.items():
            self._bars[suffix] = self.trading.candles[interval].forming

    def roll(self, at_ms: int) -> None:
        """Close the candles that end before `at_ms`."""
        for series in self.trading.candles.values():
            series.roll(at_ms)

    def advance(self, until_ms: int) -> Iterator[Message]:
        """Let orders arrive up to `until_ms`; yield the messages that are sent at once."""
        while self._next_ms <= until_ms:
            at_ms = self._next_ms
            touch, first = self.trading.book.touch, len(self.trading.trades)
            done = self._flow.step(self.trading, at_ms, self.value(at_ms))
            yield from self._trade_messages(at_ms, first, done)
            if self.trading.book.touch != touch:
                payload = self.wire.book_ticker(self.trading, at_ms + 1)
                yield Message(at_ms + 1, self._name("@bookTicker"), payload)
            self._next_ms = next(self._arrivals, 1 << 62)

    def publish(self, at_ms: int) -> Iterator[Message]:
        """Yield the periodic messages that are due at a tick."""
        self.roll(at_ms)
        yield from self._difference_messages(at_ms)
        yield from self._partial_messages(at_ms)
        yield from self._kline_messages(at_ms)
        if at_ms % self.schedule.ticker_ms == 0:
            yield from self._ticker_messages(at_ms)

    # ---- each kind

    def _trade_messages(self, at_ms: int, first: int, done: list[AggTrade]) -> Iterator[Message]:
        one, event_ms = self.instrument, at_ms + 1
        for trade in self.trading.trades[first:]:
            yield Message(event_ms, self._name("@trade"), self.wire.trade(one, event_ms, trade))
        for agg in done:
            yield Message(
                event_ms, self._name("@aggTrade"), self.wire.agg_trade(one, event_ms, agg)
            )
        liquidates = done and done[0].id % LIQUIDATION_ONE_IN == 0
        if liquidates and one.market == "binance-usdm":
            payload = usdm_wire.force_order(one, event_ms, done[0])
            yield Message(event_ms, self._name("@forceOrder"), payload)

    def _difference_messages(self, at_ms: int) -> Iterator[Message]:
        for name, period_ms in self.schedule.differences.items():
            changed = self.trading.differences(name) if at_ms % period_ms == 0 else None
            if changed is None:
                continue
            previous = self._published[name]
            payload = self.wire.differences(self.instrument, at_ms, changed, previous)
            self._published[name] = changed.last_id
            if name == "depth@100ms":
                self._partial_ids = (changed.first_id, previous)
            yield Message(at_ms, self._name("@" + name), payload)

    def _partial_messages(self, at_ms: int) -> Iterator[Message]:
        for name, (levels, period_ms) in self.schedule.partials.items():
            if at_ms % period_ms or self._published[name] == self.trading.update_id:
                continue
            self._published[name] = self.trading.update_id
            payload = self.wire.partial(self.trading, at_ms, levels, self._partial_ids)
            yield Message(at_ms, self._name("@" + name), payload)

    def _kline_messages(self, at_ms: int) -> Iterator[Message]:
        for suffix, interval in self.schedule.klines.items():
            bars, shown = self.trading.candles[interval].bars, self._bars[suffix]
            if bars[-1].open_ms != shown.open_ms:
                yield self._kline(at_ms, suffix, interval, bars[-2], closed=True)
                self._bars[suffix] = bars[-1]._replace(count=-1)  # so that it is shown when due
            elif at_ms % self.schedule.kline_ms == 0 and bars[-1] != shown:
                yield self._kline(at_ms, suffix, interval, bars[-1], closed=False)
                self._bars[suffix] = bars[-1]

    def _kline(
        self, at_ms: int, suffix: str, interval: str, bar: Candle, *, closed: bool
    ) -> Message:
        is_continuous = "continuous" in suffix
        build = self.wire.continuous_kline if is_continuous else self.wire.kline
        payload = build(self.instrument, at_ms, interval, bar, closed=closed)
        return Message(at_ms, self._name(suffix), payload)

    def _ticker_messages(self, at_ms: int) -> Iterator[Message]:
        if self._published["ticker"] == self.trading.update_id:
            return
        self._published["ticker"] = self.trading.update_id
        mini = json_text(self.wire.mini_ticker(self.trading, at_ms))
        yield Message(at_ms, self._name("@miniTicker"), mini)
        yield Message(at_ms, self._name("@ticker"), self.wire.ticker(self.trading, at_ms))

    def _name(self, suffix: str) -> str:
        return self.instrument.symbol.lower() + suffix
