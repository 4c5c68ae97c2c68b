"""What waits for a market's history: requests that are answered from it.

A history is built when something first needs it, beside the event loop, some 100 ms for a tape of
minutes. What came meanwhile is taken up, in its order, when it is there.
"""

from replayx.limits import PENDING_REQUESTS_MAX
from replayx.session.effects import AnyEffect, HistoryWanted
from replayx.session.inputs import MessageReceived, RequestReceived

Waiting = RequestReceived | MessageReceived


class Backlog:
    """Inputs that wait, by market."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Waiting]] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether a history is asked for that is not there yet."""
        return bool(self._waiting)

    def want(self, market: str) -> list[AnyEffect]:
        """Ask for a market's history; once is enough."""
        if market in self._waiting:
            return []
        self._waiting[market] = []
        return [HistoryWanted(market)]

    def has_room(self, market: str) -> bool:
        """Say whether one more input may wait."""
        return len(self._waiting.get(market, ())) < PENDING_REQUESTS_MAX

    def add(self, market: str, event: Waiting) -> list[AnyEffect]:
        """Let an input wait for a market's history."""
        effects = self.want(market)
        self._waiting[market].append(event)
        return effects

    def take(self, market: str) -> list[Waiting]:
        """Return what waited, now that the history is there."""
        return self._waiting.pop(market, [])
