"""A client's connection, and the venue's timers on it: pings, the pong deadline, the lifetime.

They run in whatever time is passed in: the machine's (a client answers pings in its own time,
whatever the tape's speed), or the tape's.
"""

from replayx.framing import PING, frame
from replayx.session.effects import AnyEffect, CloseConnection, SendFrames
from replayx.timeline.view import View
from replayx.venues.venue import Subscription, Venue

# binance-ws.md section 2: observed on missed pongs, and at the end of a connection's day.
PONG_TIMEOUT = (1008, "Pong timeout")
_LIFETIME_OVER = (1001, "")


class Connection:
    """One open WebSocket connection."""

    def __init__(
        self, number: int, market: str, venue: Venue, subscription: Subscription, now_ns: int
    ) -> None:
        self.number = number
        self.market = market
        self.venue = venue
        self.subscription = subscription
        self.view: View | None = None
        self._played_before = 0
        self._next_ping_ns = now_ns + venue.liveness.ping_interval_ns
        self._pong_due_ns: int | None = None
        self._lifetime_end_ns = now_ns + venue.liveness.lifetime_ns

    @property
    def played(self) -> int:
        """How many messages of streams it has been sent."""
        return self._played_before + (0 if self.view is None else self.view.played)

    def look(self, view: View | None) -> None:
        """Take another view, or none."""
        self._played_before = self.played - (0 if view is None else view.played)
        self.view = view

    @property
    def deadline_ns(self) -> int:
        """When one of its timers is due next."""
        due_ns = min(self._next_ping_ns, self._lifetime_end_ns)
        return due_ns if self._pong_due_ns is None else min(due_ns, self._pong_due_ns)

    def pong(self) -> None:
        """Note that the client is alive."""
        self._pong_due_ns = None

    def advance(self, now_ns: int, venue_ms: int) -> list[AnyEffect]:
        """Return what its timers lead to. After a CloseConnection the caller forgets it."""
        if self._pong_due_ns is not None and now_ns >= self._pong_due_ns:
            return [CloseConnection(self.number, *PONG_TIMEOUT)]
        if now_ns >= self._lifetime_end_ns:
            return [CloseConnection(self.number, *_LIFETIME_OVER)]
        if now_ns < self._next_ping_ns:
            return []
        self._next_ping_ns = now_ns + self.venue.liveness.ping_interval_ns
        if self._pong_due_ns is None:
            self._pong_due_ns = now_ns + self.venue.liveness.pong_deadline_ns
        ping = frame(self.venue.ping_payload(venue_ms), PING)
        return [SendFrames((self.number,), ping)]
