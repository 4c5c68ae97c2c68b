"""How a venue's messages and answers are told with other prices."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol

from replayx.market.events import MarketEvent

if TYPE_CHECKING:
    from replayx.venues.venue import RequestKey

# Returns what an event tells instead; itself if nothing.
Told = Callable[[MarketEvent], MarketEvent]


class ShockSide(Protocol):
    """Telling otherwise what was recorded. What a venue leaves out is told as it was."""

    def retold(self, payload: bytes, event: MarketEvent) -> bytes:
        """Return a stream's payload with the prices and sizes of `event`, all else as it is."""
        del event
        return payload

    def retold_many(self, payload: bytes, symbols: Collection[str], told: Told) -> bytes:
        """Return the payload of a stream that is no one symbol's feed, with what `told` makes of
        what it tells of `symbols`.
        """
        del symbols, told
        return payload

    def retold_answer(self, key: "RequestKey", body: bytes, told: Told, now_ms: int) -> bytes:
        """Return an answer that came at `now_ms` with what `told` makes of each event in it."""
        del key, told, now_ms
        return body
