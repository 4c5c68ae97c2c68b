"""What waits for a market's history: requests that are answered from it.

A history is built when something first needs it, beside the event loop, some 100 ms for a tape of
minutes. What came meanwhile is taken up, in its order, when it is there.
"""

from typing import NamedTuple

from replayx.faults.round_trip import RoundTrip
from replayx.limits import PENDING_REQUESTS_MAX
from replayx.session.effects import AnyEffect, HistoryWanted
from replayx.venues.venue import HttpRequest, WsApiRequest


class Question(NamedTuple):
    """A request at the desk. `number` is the HTTP request's, or the connection's it came on.

    `trip`: what toxics decided of it and its answer, if any act on its link. `is_charged`: it was
    let through the limits, and may wait and come again.
    """

    market: str
    number: int
    request: HttpRequest | WsApiRequest
    client: str = ""
    trip: RoundTrip | None = None
    is_charged: bool = False


class Backlog:
    """Questions that wait, by market."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Question]] = {}

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
        """Say whether one more question may wait."""
        return len(self._waiting.get(market, ())) < PENDING_REQUESTS_MAX

    def add(self, question: Question) -> list[AnyEffect]:
        """Let a question wait for its market's history."""
        effects = self.want(question.market)
        self._waiting[question.market].append(question)
        return effects

    def take(self, market: str) -> list[Question]:
        """Return what waited, now that the history is there."""
        return self._waiting.pop(market, [])
