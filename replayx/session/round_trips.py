"""Round trips: requests on their way to the venue, and their answers on the way back.

    request ── rules ──> arrival ── the venue answers, or fails ──> departure ── Reply
               (toxics)  (delayed)  (session.answering)             (delayed)

A request without rules on its link is answered at once. Delays run in the time in which timers run
(see replayx.session.pulse), each request's for itself: a thousand wait as long as one. What was due
at a time departs as of that time, even if it is looked at later.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from replayx.faults.flow import NEVER_NS
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.round_trip import RoundTrip
from replayx.limits import REQUEST_LINKS_MAX, ROUND_TRIPS_MAX
from replayx.session.answering import Answered, Answering
from replayx.session.audience import Audience
from replayx.session.backlog import Question
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.departures import Departures, Overtaken
from replayx.session.desk import Desk
from replayx.session.due_list import DueList
from replayx.session.effects import AnyEffect, CloseConnection
from replayx.session.inputs import RequestReceived
from replayx.session.limiting import Limiting
from replayx.session.pulse import Pulse
from replayx.venues.venue import HttpRequest, Venue, WsApiRequest


class RequestRules(Protocol):
    """What toxics do to the requests of one link; `running` is empty where there are none."""

    @property
    def running(self) -> Sequence[object]:
        """What runs there now."""
        ...

    def apply(self, trip: RoundTrip) -> None:
        """Change what becomes of a request. Each is to be asked about once, in order."""
        ...


class RequestFaults(Protocol):
    """Knows the rules of every link."""

    def requests(self, link: Link) -> RequestRules:
        """Return what acts on the requests of a link."""
        ...

    def forget(self, link: Link) -> None:
        """Forget what acts on the requests of a link that is gone."""
        ...


class _Travelling(NamedTuple):
    """A question on its way; `answered` None: to the venue."""

    question: Question
    answered: Answered | None


class RoundTrips:
    """The requests of all markets, on their way there and back.

    `link_of` tells the link of a WebSocket API connection's answers.
    """

    def __init__(
        self,
        venues: Mapping[str, Venue],
        desk: Desk,
        audience: Audience,
        pulse: Pulse,
        clockwork: Clockwork,
        *,
        faults: RequestFaults | None = None,
        limiting: Limiting | None = None,
        link_of: Callable[[int], Link | None] | None = None,
    ) -> None:
        self._venues = venues
        self._desk = desk
        self._limiting = limiting
        self._answering = Answering(venues, desk, clockwork, limiting=limiting)
        self._audience = audience
        self._pulse = pulse
        self._clockwork = clockwork
        self._faults = faults
        self._link_of = link_of or _no_link
        self._counts: dict[Link, int] = {}
        self._travelling: DueList[_Travelling | Overtaken] = DueList()
        self._departures = Departures(pulse)

    # ---- asked

    def __len__(self) -> int:
        return len(self._travelling)

    @property
    def horizon_ns(self) -> int | None:
        """Until when, in tape time, nothing is due; None: the tape is free."""
        return self._travelling.next_ns if self._pulse.runs_by_tape else None

    def deadline_ns(self) -> int | None:
        """Return when `advance` has something to do."""
        due_ns = self._travelling.next_ns
        if due_ns is not None and self._pulse.runs_by_tape and self._clockwork.player.is_ended:
            return 0
        return None if due_ns is None else self._pulse.when_ns(due_ns)

    # ---- inputs

    def http(self, event: RequestReceived, now_ns: int) -> list[AnyEffect]:
        """Take an HTTP request; it is answered now or later by one Reply."""
        link = Link(event.market, Carrier.REST, Direction.DOWNSTREAM, client=event.client)
        question = Question(event.market, event.number, event.request, event.client)
        return self._taken(question, link, now_ns)

    def wsapi(self, connection: Connection, request: WsApiRequest, now_ns: int) -> list[AnyEffect]:
        """Take a request that came as a message."""
        question = Question(connection.market, connection.number, request)
        link = self._link_of(connection.number)
        if link is None:
            return self._asked(question, self._pulse.now_ns(now_ns), now_ns)
        return self._taken(question._replace(client=link.client), link, now_ns)

    def take_up(self, market: str, now_ns: int) -> list[AnyEffect]:
        """Go on with what waited for a market's history."""
        time_ns = self._pulse.now_ns(now_ns)
        return [
            effect
            for question in self._desk.take(market)
            if self._is_there(question)
            for effect in self._asked(question, time_ns, now_ns)
        ]

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due: answers, and what follows from requests that arrive."""
        time_ns = self._time_ns(now_ns)
        effects: list[AnyEffect] = []
        while (due := self._travelling.take(time_ns)) is not None:
            effects += self._moved(*due, now_ns)
        return effects

    def reset(self, now_ns: int) -> list[AnyEffect]:
        """Begin again: what is on its way is answered at once, so that nobody waits for ever."""
        effects: list[AnyEffect] = []
        while (due := self._travelling.take(NEVER_NS)) is not None:
            effects += self._moved(self._pulse.now_ns(now_ns) - NEVER_NS, due[1], now_ns)
        self._departures.reset()
        self._counts.clear()
        return effects

    # ---- on the way there

    def _taken(self, question: Question, link: Link, now_ns: int) -> list[AnyEffect]:
        time_ns = self._pulse.now_ns(now_ns)
        if self._faults is None:
            return self._asked(question, time_ns, now_ns)
        index = self._next_index(link)
        rules = self._faults.requests(link)
        if not rules.running:
            return self._asked(question, time_ns, now_ns)
        started = self._clockwork.touch(now_ns)  # before the delay: it may run in the tape's time
        trip = self._trip(question, link, index, now_ns)
        rules.apply(trip)
        question = question._replace(trip=trip)
        if not trip.arrival_delay_ns or self._is_full:
            return [*started, *self._asked(question, time_ns, now_ns)]
        self._travelling.add(time_ns + trip.arrival_delay_ns, _Travelling(question, None))
        return started

    def _next_index(self, link: Link) -> int:
        assert self._faults is not None, "only faults count"
        index = self._counts.pop(link, 0)  # the last one now: who was not heard longest is first
        if len(self._counts) >= REQUEST_LINKS_MAX:
            oldest = next(iter(self._counts))
            del self._counts[oldest]
            self._faults.forget(oldest)
        self._counts[link] = index + 1
        return index

    @property
    def _is_full(self) -> bool:
        return len(self._travelling) >= ROUND_TRIPS_MAX

    def _trip(self, question: Question, link: Link, index: int, now_ns: int) -> RoundTrip:
        venue, request = self._venues[question.market], question.request
        if isinstance(request, HttpRequest):
            key = venue.request_key(request)
        else:
            key = venue.wsapi_key(request)
        feed = venue.answer_feed(key)
        return RoundTrip(
            link=link,
            index=index,
            key=key,
            symbols=venue.symbols_of(key),
            at_ns=self._clockwork.player.position_ns(now_ns),
            now_ns=self._pulse.now_ns(now_ns),
            tells=None if feed is None else feed.kind,
        )

    def _moved(self, due_ns: int, thing: _Travelling | Overtaken, now_ns: int) -> list[AnyEffect]:
        """Go on with what is due."""
        question = thing.question
        if not self._is_there(question):
            self._departures.forget(question)
            return []
        if isinstance(thing, Overtaken):
            return self._departures.let_go(thing)
        if thing.answered is None:
            return self._asked(question, due_ns, now_ns)
        return self._departures.leave(question, thing.answered)

    def _is_there(self, question: Question) -> bool:
        """Say whether somebody waits for an answer: of HTTP, the server knows."""
        is_http = isinstance(question.request, HttpRequest)
        return is_http or self._audience.get(question.number) is not None

    # ---- there

    def _asked(self, question: Question, time_ns: int, now_ns: int) -> list[AnyEffect]:
        """Answer a question that has arrived at `time_ns`, if it can be."""
        if self._limiting is not None and self._limiting.is_on and not question.is_charged:
            refused = self._limiting.refusal(question, now_ns)
            if refused is not None:
                sent = self._departing(question, refused, time_ns)
                return [*sent, *self._limiting.sockets.close_banned(now_ns)]
            question = question._replace(is_charged=True)
        effects, answered = self._answering.answer(question, now_ns)
        for effect in effects:
            if isinstance(effect, CloseConnection):
                self._pulse.forget(effect.connection)
        if answered is None:
            return effects
        return [*effects, *self._departing(question, answered, time_ns)]

    # ---- on the way back

    def _departing(self, question: Question, answered: Answered, time_ns: int) -> list[AnyEffect]:
        trip = question.trip
        if trip is None or self._is_full:
            return self._departures.leave(question, answered)
        if trip.overtaken_by and isinstance(question.request, WsApiRequest):
            waiting = self._departures.keep(question, answered, trip.overtaken_by)
            self._travelling.add(time_ns + trip.departure_delay_ns, waiting)
            return []
        if trip.departure_delay_ns:
            due_ns = time_ns + trip.departure_delay_ns
            self._travelling.add(due_ns, _Travelling(question, answered))
            return []
        return self._departures.leave(question, answered)

    def _time_ns(self, now_ns: int) -> int:
        """Return the time that has come: where it is the tape's, all of it at its end."""
        if self._pulse.runs_by_tape and self._clockwork.player.is_ended:
            return NEVER_NS
        return self._pulse.now_ns(now_ns)


def _no_link(connection: int) -> Link | None:
    """Know of no link."""
    del connection
    return None
