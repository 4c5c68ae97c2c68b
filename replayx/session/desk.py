"""The desk: requests of all markets, answered at the clock's position, or when they can be."""

from collections.abc import Mapping
from typing import NamedTuple

from replayx.session.answers import Answers, unmatched_total
from replayx.session.backlog import Backlog, Question
from replayx.session.clockwork import Clockwork
from replayx.session.effects import AnyEffect, CloseConnection
from replayx.venues.venue import HttpReply, HttpRequest

# RFC 6455 section 7.4.1: 1008 is for whoever breaks the server's policy.
_TOO_MANY = (1008, "Too many requests")


class Asked(NamedTuple):
    """What a question led to; `reply` None: it waits, and is handed out again by `take`."""

    effects: list[AnyEffect]
    reply: HttpReply | None


class Desk:
    """Answers questions. What needs a market's history waits for it."""

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

    def ask(self, question: Question, now_ns: int) -> Asked:
        """Answer a question, or let it wait."""
        market, request = question.market, question.request
        answers = self.answers[market]
        if answers.needs_history(request):
            if isinstance(request, HttpRequest) or self._backlog.has_room(market):
                return Asked(self._backlog.add(question), None)
            return Asked([CloseConnection(question.number, *_TOO_MANY)], None)
        started = self._clockwork.touch(now_ns)
        position_ns, clock = self._clockwork.player.position_ns(now_ns), self._clockwork.venue_clock
        venue_ms, of_ns = clock.ms(position_ns), position_ns
        if question.trip is not None and question.trip.as_of_ns is not None:
            of_ns = self._clockwork.player.course.reachable_ns(question.trip.as_of_ns)
        return Asked(started, answers.reply(request, of_ns, venue_ms, shift_ms=clock.shift_ms))

    def want_history(self, market: str) -> list[AnyEffect]:
        """Ask for a market's history, if it is not there."""
        return self._backlog.want(market) if self.answers[market].lacks_history else []

    def take(self, market: str) -> list[Question]:
        """Return what waited for a market's history, now that it is there."""
        return self._backlog.take(market)

    def reset(self) -> None:
        """Begin again: nothing has been played in order."""
        self._unmatched_before = self.unmatched_count
        self.answers = {name: one.afresh() for name, one in self.answers.items()}
