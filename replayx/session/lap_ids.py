"""Events of a later lap: what the first lap told, with ids that go on."""

from typing import NamedTuple

from msgspec.structs import replace

from replayx.market.events import (
    UNLINKED,
    AggTrade,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    MarketEvent,
    Ticker,
)
from replayx.timeline.loop import CounterName, Loop
from replayx.timeline.places import AGG_TRADE_ID, BOOK_ID, TRADE_ID


class LapIds(NamedTuple):
    """By how much a symbol's ids are higher than in the first lap."""

    book: int
    trade: int
    group: int

    @classmethod
    def of(cls, loop: Loop, lap: int, market: str, symbol: str) -> "LapIds":
        """Return the steps of a lap."""
        kinds = (BOOK_ID, TRADE_ID, AGG_TRADE_ID)
        return cls(*(loop.id_step(lap, CounterName(market, symbol, kind)) for kind in kinds))

    def moved(self, event: MarketEvent) -> MarketEvent:
        """Return an event of the first lap with the ids of this one."""
        match event:
            case BookTop() | BookSnapshot():
                return replace(event, last_id=event.last_id + self.book)
            case BookDelta():
                return self._delta(event)
            case AggTrade():
                first_id, last_id = event.first_id + self.trade, event.last_id + self.trade
                return replace(event, id=event.id + self.group, first_id=first_id, last_id=last_id)
            case Ticker():
                top = None if event.top is None else self.moved(event.top)
                return self._traded(replace(event, top=top))
            case Candle():
                return self._traded(event)
        return event

    def _delta(self, event: BookDelta) -> BookDelta:
        linked = event.previous_id != UNLINKED
        return replace(
            event,
            first_id=event.first_id + self.book,
            last_id=event.last_id + self.book,
            previous_id=event.previous_id + self.book if linked else UNLINKED,
        )

    def _traded(self, event: Ticker | Candle) -> MarketEvent:
        if event.first_id < 0:
            return event
        first_id, last_id = event.first_id + self.trade, event.last_id + self.trade
        return replace(event, first_id=first_id, last_id=last_id)
