"""Events that can be worked with: made of numbers, and of numbers that have a place to be kept in.

A recording may hold anything, and a venue's codec passes on the texts that it finds.
"""

from collections.abc import Sequence
from operator import attrgetter
from types import MappingProxyType

from replayx.market.book import are_decimals
from replayx.market.events import (
    AggTrade,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarketEvent,
    Trade,
)

Events = Sequence[MarketEvent | None]
_Names = tuple[str, ...]

_NUMBER_MAX = (1 << 63) - 1  # columns are int64
_NUMBER_MIN = -1

_NUMBERS: MappingProxyType[type[MarketEvent], _Names] = MappingProxyType(
    {
        Trade: ("id", "time_ms"),
        AggTrade: ("id", "first_id", "last_id", "time_ms"),
        BookDelta: ("first_id", "last_id", "previous_id", "time_ms"),
        BookSnapshot: ("last_id", "time_ms"),
        BookTop: ("last_id", "time_ms"),
        Candle: ("start_ms", "end_ms", "first_id", "last_id", "trade_count"),
    }
)
# Prices and sizes of books are looked at where they are needed: there are too many of them.
_TEXTS: MappingProxyType[type[MarketEvent], _Names] = MappingProxyType(
    {
        Trade: ("price", "quantity"),
        AggTrade: ("price", "quantity"),
        Candle: (
            *("open", "high", "low", "close", "volume", "quote_volume"),
            *("taker_volume", "taker_quote_volume"),
        ),
    }
)


def sound(events: Events) -> Events:
    """Return the events with None in the place of those that are not made of numbers."""
    whole = [event for event in events if event is not None]
    kinds = dict.fromkeys(map(type, whole))
    if len(kinds) <= 1 and all(_are_sound(kind, whole) for kind in kinds):
        return events
    return [event if event and _are_sound(type(event), [event]) else None for event in events]


def _are_sound(kind: type[MarketEvent], events: Sequence[MarketEvent]) -> bool:
    """Say whether events of one kind are sound: quick where they are."""
    for name in _NUMBERS.get(kind, ()):
        numbers = list(map(attrgetter(name), events))
        if max(numbers) > _NUMBER_MAX or min(numbers) < _NUMBER_MIN:
            return False
    texts = (list(map(attrgetter(name), events)) for name in _TEXTS.get(kind, ()))
    return all(map(are_decimals, texts))
