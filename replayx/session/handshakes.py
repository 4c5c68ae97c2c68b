"""Handshakes: accepted, refused, late, or never answered, as the plan has it."""

from collections.abc import Mapping

from replayx.faults.flow import NEVER_NS
from replayx.faults.injector import Injector
from replayx.faults.round_trip import Attempt, Delivery
from replayx.session.answers import dated
from replayx.session.audience import Audience
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.due_list import DueList
from replayx.session.effects import AbortConnection, Accept, AnyEffect, Refuse
from replayx.session.inputs import ConnectionAsked
from replayx.session.links import Links
from replayx.session.pulse import Pulse
from replayx.venues.fault_side import FailureContext
from replayx.venues.venue import HttpReply, Subscription, Venue

Opened = Subscription | HttpReply


class _Waiting:
    """A handshake that is not answered yet."""

    __slots__ = ("attempt", "event", "opened")

    def __init__(self, event: ConnectionAsked, opened: Opened, attempt: Attempt) -> None:
        self.event = event
        self.opened = opened
        self.attempt = attempt


class Handshakes:
    """Answers handshakes, each once: by Accept, Refuse or AbortConnection.

    There are no more that wait than the server lets in.
    """

    def __init__(
        self,
        venues: Mapping[str, Venue],
        audience: Audience,
        links: Links,
        pulse: Pulse,
        clockwork: Clockwork,
        *,
        injector: Injector,
    ) -> None:
        self._venues = venues
        self._audience = audience
        self._links = links
        self._pulse = pulse
        self._clockwork = clockwork
        self._injector = injector
        self._due: DueList[_Waiting] = DueList()
        self._waiting: dict[int, _Waiting] = {}

    # ---- asked

    @property
    def horizon_ns(self) -> int | None:
        """Until when, in tape time, none is answered; None: the tape is free."""
        return self._next_ns if self._pulse.runs_by_tape else None

    def deadline_ns(self) -> int | None:
        """Return when `advance` has something to do."""
        due_ns = self._next_ns
        if due_ns is not None and self._pulse.runs_by_tape and self._clockwork.player.is_ended:
            return 0
        return None if due_ns is None else self._pulse.when_ns(due_ns)

    @property
    def _next_ns(self) -> int | None:
        due_ns = self._due.next_ns
        return None if due_ns is None or due_ns >= NEVER_NS else due_ns

    # ---- inputs and time

    def take(self, event: ConnectionAsked, opened: Opened, now_ns: int) -> list[AnyEffect]:
        """Take a handshake, for which the venue `opened` this; it is answered now or later."""
        link = self._links.link_of(event.connection)
        assert link is not None, "it has been given one"
        time_ns = self._pulse.now_ns(now_ns)
        attempt = Attempt(
            link=link,
            target=event.target,
            at_ns=self._clockwork.player.position_ns(now_ns),
            now_ns=time_ns,
        )
        self._injector.handshakes(link).apply(attempt)
        waiting = _Waiting(event, opened, attempt)
        if attempt.delivery is Delivery.WHOLE and not attempt.delay_ns:
            return self._answered(waiting, now_ns)
        is_never = attempt.delivery is Delivery.NEVER
        self._due.add(NEVER_NS if is_never else time_ns + attempt.delay_ns, waiting)
        self._waiting[event.connection] = waiting
        return self.advance(now_ns)

    def forget(self, number: int) -> None:
        """Forget a handshake whose client is gone."""
        self._waiting.pop(number, None)

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Answer those that are due."""
        if not self._waiting:
            return []
        is_over = self._pulse.runs_by_tape and self._clockwork.player.is_ended
        return self._take_due(NEVER_NS - 1 if is_over else self._pulse.now_ns(now_ns), now_ns)

    def reset(self) -> list[AnyEffect]:
        """Begin again: whoever still waits is sent away."""
        numbers, self._due = tuple(self._waiting), DueList()
        self._waiting.clear()
        return [AbortConnection(number) for number in numbers]

    def _take_due(self, time_ns: int, now_ns: int) -> list[AnyEffect]:
        effects: list[AnyEffect] = []
        while (due := self._due.take(time_ns)) is not None:
            waiting = due[1]
            number = waiting.event.connection
            if self._waiting.get(number) is waiting:
                del self._waiting[number]
                effects += self._answered(waiting, now_ns)
        return effects

    def _answered(self, waiting: _Waiting, now_ns: int) -> list[AnyEffect]:
        event, attempt = waiting.event, waiting.attempt
        if attempt.delivery in (Delivery.EMPTY, Delivery.RESET):
            self._links.drop(event.connection)
            is_reset = attempt.delivery is Delivery.RESET
            return [AbortConnection(event.connection, is_reset=is_reset)]
        refusal = self._refusal(event, attempt, now_ns)
        opened = waiting.opened if refusal is None else refusal
        if isinstance(opened, HttpReply):
            self._links.drop(event.connection)
            return [Refuse(event.connection, dated(opened, self._venue_ms(now_ns)))]
        venue, time_ns = self._venues[event.market], self._pulse.now_ns(now_ns)
        connection = Connection(event.connection, event.market, venue, opened, time_ns)
        self._audience.add(connection)
        return [Accept(event.connection)]

    def _refusal(self, event: ConnectionAsked, attempt: Attempt, now_ns: int) -> HttpReply | None:
        if attempt.failing is None:
            return attempt.canned
        context = FailureContext(self._venue_ms(now_ns), attempt.failing.retry_after_ms)
        return self._venues[event.market].fail(attempt.failing.word, context)

    def _venue_ms(self, now_ns: int) -> int:
        return self._clockwork.venue_clock.ms(self._clockwork.player.position_ns(now_ns))
