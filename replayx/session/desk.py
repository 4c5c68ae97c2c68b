"""The desk: requests of all markets, answered at the clock's position, or when they can be."""

from collections.abc import Mapping
from typing import NamedTuple

from replayx.clock import NS_PER_MS
from replayx.session.answers import Answers, unmatched_total
from replayx.session.backlog import Backlog, Question
from replayx.session.clockwork import Clockwork
from replayx.session.effects import AnyEffect, CloseConnection
from replayx.venues.venue import HttpReply, HttpRequest, WsApiRequest

# RFC 6455 section 7.4.1: 1008 is for whoever breaks the server's policy.
_TOO_MANY = (1008, "Too many requests")
# So exactly is it found from when on a tape tells of something: a book is told ten times a second.
_FOUND_NS = 100 * NS_PER_MS


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
            early_ns = self._clockwork.player.course.reachable_ns(question.trip.as_of_ns)
            of_ns = _first_known_ns(answers, request, early_ns, position_ns)
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


def _first_known_ns(
    answers: Answers, request: HttpRequest | WsApiRequest, early_ns: int, position_ns: int
) -> int:
    """Return the position from `early_ns` on at which a request can be answered.

    A tape's first book is as old as any: nothing on it tells of an older one.
    """
    if not answers.lacks(request, early_ns) or answers.lacks(request, position_ns):
        return early_ns
    known_ns = position_ns
    while known_ns - early_ns > _FOUND_NS:
        middle_ns = (early_ns + known_ns) // 2
        if answers.lacks(request, middle_ns):
            early_ns = middle_ns
        else:
            known_ns = middle_ns
    return known_ns
