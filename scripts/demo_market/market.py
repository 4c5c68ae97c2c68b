"""One market: its symbols in step, its all-symbol streams, tick by tick."""

from collections.abc import Iterator

from demo_market import spot_wire, usdm_wire
from demo_market.feed import Feed, Message
from demo_market.instrument import instruments
from demo_market.spot_wire import json_text

TICK_MS = 50  # the greatest period that divides every stream's own
WARM_UP_MS = 160_000
SECOND_MS = 1000


class Market:
    """The symbols of one market. Iterate `ticks` once, from the tape's start to its end."""

    def __init__(self, name: str, seed: int, start_ms: int, end_ms: int) -> None:
        self.name = name
        self.start_ms, self.end_ms = start_ms, end_ms
        warm_ms = (start_ms - WARM_UP_MS) // 60_000 * 60_000
        self.feeds = [Feed(one, seed, warm_ms, end_ms + SECOND_MS) for one in instruments(name)]
        for feed in self.feeds:
            feed.warm_up(start_ms)

    def feed(self, symbol: str) -> Feed:
        """Return one symbol's feed."""
        return next(one for one in self.feeds if one.instrument.symbol == symbol)

    def ticks(self) -> Iterator[tuple[int, list[Message]]]:
        """Yield each tick's time with the messages since the tick before."""
        for at_ms in range(self.start_ms + TICK_MS, self.end_ms + 1, TICK_MS):
            sent = [message for feed in self.feeds for message in feed.advance(at_ms)]
            sent.sort(key=lambda message: message.event_ms)
            periodic = [message for feed in self.feeds for message in feed.publish(at_ms)]
            whole = list(self._market_wide(at_ms)) if at_ms % SECOND_MS == 0 else []
            yield at_ms, sent + periodic + whole

    def _market_wide(self, at_ms: int) -> Iterator[Message]:
        if self.name == "binance-spot":
            minis = [spot_wire.mini_ticker(feed.trading, at_ms) for feed in self.feeds]
            for feed in self.feeds:
                name = feed.instrument.symbol.lower() + "@avgPrice"
                yield Message(at_ms, name, spot_wire.average(feed.trading, at_ms))
            yield Message(at_ms, "!miniTicker@arr", json_text(minis))
            return
        marks = [self._mark(feed, at_ms) for feed in self.feeds]
        for feed, mark in zip(self.feeds, marks, strict=True):
            symbol = feed.instrument.symbol.lower()
            yield Message(at_ms, symbol + "@markPrice@1s", json_text(mark))
            if at_ms % (3 * SECOND_MS) == 0:
                yield Message(at_ms, symbol + "@markPrice", json_text(mark))
        yield Message(at_ms, "!markPrice@arr@1s", json_text(marks))

    def _mark(self, feed: Feed, at_ms: int) -> dict[str, object]:
        feed.pricing.advance(feed.value(at_ms))
        mark = feed.pricing.mark(at_ms, feed.value(at_ms))
        return usdm_wire.mark_price(feed.instrument, at_ms, mark)
