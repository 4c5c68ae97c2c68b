"""The desk: requests of all markets, answered at the clock's position, or when they can be."""

from collections.abc import Mapping

from replayx.framing import frame
from replayx.session.answers import Answers, unmatched_total
from replayx.session.backlog import Backlog, Waiting
from replayx.session.clockwork import Clockwork
from replayx.session.effects import AnyEffect, CloseConnection, Reply, SendFrames
from replayx.session.inputs import MessageReceived, RequestReceived
from replayx.venues.venue import WsApiRequest

# RFC 6455 section 7.4.1: 1008 is for whoever breaks the server's policy.
_TOO_MANY = (1008, "Too many requests")


class Desk:
    """Answers requests. What needs a market's history waits for it."""

    def __init__(self, answers: Mapping[str, Answers], clockwork: Clockwork) -> None:
        self.answers = answers
        self._clockwork = clockwork
        self._backlog = Backlog()
        self._unmatched_before = 0  # by runs before a reset

    @property
    def unmatched_count(self) -> int:
        """How many requests had no answer."""
        return self._unmatched_before + unmatched_total(self.answers)

    @property
    def is_waiting(self) -> bool:
        """Whether a history is wanted and not there yet."""
        return self._backlog.is_waiting

    def http(self, event: RequestReceived, now_ns: int) -> list[AnyEffect]:
        """Answer an HTTP request."""
        answers = self.answers[event.market]
        if answers.needs_history(event.request):
            return self._backlog.add(event.market, event)
        started = self._clockwork.touch(now_ns)
        position_ns, clock = self._clockwork.player.position_ns(now_ns), self._clockwork.venue_clock
        reply = answers.http(
            event.request, position_ns, clock.ms(position_ns), shift_ms=clock.shift_ms
        )
        return [*started, Reply(event.number, reply)]

    def wsapi(
        self, market: str, event: MessageReceived, request: WsApiRequest, now_ns: int
    ) -> list[AnyEffect]:
        """Answer a request that came as a message."""
        answers = self.answers[market]
        if answers.needs_history(request):
            if self._backlog.has_room(market):
                return self._backlog.add(market, event)
            return [CloseConnection(event.connection, *_TOO_MANY)]
        started = self._clockwork.touch(now_ns)
        position_ns, clock = self._clockwork.player.position_ns(now_ns), self._clockwork.venue_clock
        message = answers.wsapi(
            request, position_ns, clock.ms(position_ns), shift_ms=clock.shift_ms
        )
        return [*started, SendFrames((event.connection,), frame(message))]

    def want_history(self, market: str) -> list[AnyEffect]:
        """Ask for a market's history, if it is not there."""
        return self._backlog.want(market) if self.answers[market].lacks_history else []

    def take(self, market: str) -> list[Waiting]:
        """Return what waited for a market's history, now that it is there."""
        return self._backlog.take(market)

    def reset(self) -> None:
        """Begin again: nothing has been played in order."""
        self._unmatched_before = self.unmatched_count
        self.answers = {name: one.afresh() for name, one in self.answers.items()}
