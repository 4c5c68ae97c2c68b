"""Answering: what the venue says to a request, where toxics may say otherwise.

A failure stands for the answer, or for what the venue refuses because its clock is wrong or its
market closed; then a canned answer; then the desk's, changed if it is to be.
"""

from collections.abc import Mapping

import msgspec

from replayx.faults.edits import edited
from replayx.faults.round_trip import RoundTrip
from replayx.session.answers import dated
from replayx.session.backlog import Question
from replayx.session.clockwork import Clockwork
from replayx.session.desk import Desk
from replayx.session.effects import AnyEffect
from replayx.session.limiting import Limiting
from replayx.venues.fault_side import FailureContext
from replayx.venues.venue import HttpReply, HttpRequest, Venue, WsApiRequest

# What an answer is: over the WebSocket API it is a message.
Answered = HttpReply | bytes


class Answering:
    """Answers the questions of all markets, as the toxics on their links have it."""

    def __init__(
        self,
        venues: Mapping[str, Venue],
        desk: Desk,
        clockwork: Clockwork,
        *,
        limiting: Limiting | None = None,
    ) -> None:
        self._venues = venues
        self._desk = desk
        self._clockwork = clockwork
        self._limiting = limiting

    def answer(self, question: Question, now_ns: int) -> tuple[list[AnyEffect], Answered | None]:
        """Answer a question that has arrived; None: it waits, and the desk hands it out again."""
        trip = question.trip
        word = None if trip is None else self._refusal_word(question, trip, now_ns)
        if trip is None or (word is None and trip.canned is None):
            return self._from_desk(question, now_ns)
        is_executed = word is not None and trip.failing is not None and trip.failing.is_executed
        effects: list[AnyEffect] = []
        reply: HttpReply | None = None
        if is_executed:
            effects, reply = self._desk.ask(question, now_ns)
            if reply is None:
                return effects, None
        if word is not None:
            failed = self._failed(question, trip, word, now_ns)
            if question.is_charged and self._limiting is not None:
                failed = self._limiting.failed(question, word, failed, now_ns, executed=reply)
            return effects, failed
        assert trip.canned is not None
        canned = dated(trip.canned, self._venue_ms(now_ns))
        return effects, self._as_answer(question, canned, now_ns)

    def _from_desk(
        self, question: Question, now_ns: int
    ) -> tuple[list[AnyEffect], Answered | None]:
        trip = question.trip
        if self._limiting is not None and self._limiting.tells_limits(question):
            question = _uncompressed(question)
        if trip is None or not (trip.edits or trip.skew_ms or trip.halt):
            effects, reply = self._desk.ask(question, now_ns)
        else:
            effects, reply = self._desk.ask(_uncompressed(question), now_ns)
            if reply is not None:
                reply = self._changed(question, trip, reply)
        return effects, None if reply is None else self._as_answer(question, reply, now_ns)

    def _refusal_word(self, question: Question, trip: RoundTrip, now_ns: int) -> str | None:
        """Return the word of the failure with which a request is answered; None: it is not."""
        if trip.failing is not None:
            return trip.failing.word
        venue = self._venues[question.market]
        if trip.halt is not None and _is_halted(trip):
            word = venue.halt_refusal(trip.key, is_whole=not trip.halt.symbols)
            if word is not None:
                return word
        if trip.skew_ms is None:
            return None
        return venue.clock_refusal(question.request, self._venue_ms(now_ns) + trip.skew_ms)

    def _failed(self, question: Question, trip: RoundTrip, word: str, now_ns: int) -> Answered:
        venue, request = self._venues[question.market], question.request
        context = FailureContext(
            self._venue_ms(now_ns) + (trip.skew_ms or 0),
            0 if trip.failing is None else trip.failing.retry_after_ms,
            trip.symbols[0] if trip.symbols else "",
            trip.key.path,
        )
        if isinstance(request, WsApiRequest):
            return venue.wsapi_failure(word, context, request)
        return dated(venue.fail(word, context), context.venue_ms)

    def _changed(self, question: Question, trip: RoundTrip, reply: HttpReply) -> HttpReply:
        venue = self._venues[question.market]
        if trip.halt is not None:
            reply = venue.halted(trip.key, reply, trip.halt.status, trip.halt.symbols)
        if trip.skew_ms:
            reply = venue.skewed(reply, trip.skew_ms)
        body = reply.body
        for edit in trip.edits:
            body = edited(body, edit)
        return reply if body is reply.body else HttpReply(reply.status, body, reply.headers)

    def _as_answer(self, question: Question, reply: HttpReply, now_ns: int) -> Answered:
        if question.is_charged and self._limiting is not None:
            return self._limiting.metered(question, reply, now_ns)
        if isinstance(question.request, HttpRequest):
            return reply
        return self._venues[question.market].wsapi_reply(question.request, reply)

    def _venue_ms(self, now_ns: int) -> int:
        return self._clockwork.venue_clock.ms(self._clockwork.player.position_ns(now_ns))


def _is_halted(trip: RoundTrip) -> bool:
    assert trip.halt is not None
    return not trip.halt.symbols or bool(set(trip.halt.symbols).intersection(trip.symbols))


def _uncompressed(question: Question) -> Question:
    """Return a question whose answer is to be changed, so that it comes as it is."""
    request = question.request
    if isinstance(request, WsApiRequest):
        return question
    kept = tuple(pair for pair in request.headers if pair[0].lower() != "accept-encoding")
    return question._replace(request=msgspec.structs.replace(request, headers=kept))
