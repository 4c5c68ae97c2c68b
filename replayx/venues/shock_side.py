"""How a venue's messages and answers are told with other prices."""

from collections.abc import Callable
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

    def retold_answer(self, key: "RequestKey", body: bytes, told: Told, now_ms: int) -> bytes:
        """Return an answer that came at `now_ms` with what `told` makes of each event in it."""
        del key, told, now_ms
        return body
