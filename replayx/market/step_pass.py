"""The steps of all symbols' prices and sizes, from whatever a tape tells of them."""

from collections.abc import Iterable, Sequence
from itertools import islice

from replayx.market.book import ZEROS, are_decimals
from replayx.market.events import (
    AggTrade,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    Level,
    MarketEvent,
    Ticker,
    Trade,
)
from replayx.market.increments import StepFinder, increments
from replayx.market.market_view import Increments

# Prices and sizes that are looked at of what one segment tells of a symbol in one way.
SAMPLE_COUNT = 256
# What is not read for an index otherwise: looked at for symbols of which nothing else is told.
SPARE_KINDS = (
    FeedKind.BOOK_TOP,
    FeedKind.CANDLE,
    FeedKind.PARTIAL_BOOK,
    FeedKind.TICKER,
    FeedKind.MINI_TICKER,
)
_SPARE = (BookTop, Candle, BookSnapshot, Ticker)


class StepPass:
    """Takes events as they come, of any type, and tells each symbol's steps."""

    def __init__(self) -> None:
        self._finders: dict[str, tuple[StepFinder, StepFinder]] = {}
        self._told: set[str] = set()

    def take(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """Take what events tell of prices and sizes, as far as a sample goes."""
        told = (level for event in events for level in _levels(event))
        sample = list(islice((one for one in told if one[0] and one[1] not in ZEROS), SAMPLE_COUNT))
        if not sample or not are_decimals([text for level in sample for text in level]):
            return
        if not isinstance(events[0], _SPARE):
            self._told.add(symbol)
        if symbol not in self._finders:
            self._finders[symbol] = StepFinder(), StepFinder()
        for finder, texts in zip(self._finders[symbol], zip(*sample, strict=True), strict=True):
            finder.add(texts)

    def lacks(self, symbol: str) -> bool:
        """Say whether nothing but the spare kinds has told of a symbol."""
        return symbol not in self._told

    def found(self) -> dict[str, Increments]:
        """Return the steps of the symbols of which they are known."""
        steps = {symbol: increments(*finders) for symbol, finders in self._finders.items()}
        return {symbol: one for symbol, one in steps.items() if one is not None}


def _levels(event: MarketEvent) -> Iterable[Level]:
    """Return the prices in an event, each with a size that goes with it."""
    match event:
        case Trade() | AggTrade():
            return ((event.price, event.quantity),)
        case BookDelta() | BookSnapshot():
            return (*event.bids, *event.asks)
        case BookTop():
            return ((event.bid, event.bid_quantity), (event.ask, event.ask_quantity))
        case Candle():
            return ((event.open, event.volume), (event.close, event.taker_volume))
        case Ticker():
            return ((event.last, event.volume),)
    return ()
