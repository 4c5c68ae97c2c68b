"""Limiting: the venue's rate limits on requests, handshakes and messages, where they are imposed.

handshake ─┐
request   ─┼─> charged ──> let through ──> answered ──> metered: with the counts in it
message   ─┘      └──────> refused; cut off; and who goes on all the same, banned
"""

from collections.abc import Callable, Mapping

from replayx.faults.link import Link
from replayx.quantities import time_text
from replayx.ratelimit.limiter import Limiter, Payer
from replayx.ratelimit.limits_document import NO_LIMITS, Limits
from replayx.session.answers import dated
from replayx.session.audience import Audience
from replayx.session.backlog import Question
from replayx.session.clockwork import Clockwork
from replayx.session.connection import Connection
from replayx.session.inputs import ConnectionAsked
from replayx.session.limit_clock import LimitClock
from replayx.session.limits_state import LimitsState, market_limits
from replayx.session.pulse import Pulse
from replayx.session.socket_limits import SocketLimits, payer_of
from replayx.venues.rate_side import Breach, Usage
from replayx.venues.venue import HttpReply, HttpRequest, Role, Subscription, Venue, WsApiRequest

_URI_TOO_LONG = HttpReply(414, b"", ())  # RFC 9110 section 15.5.15
_REFUSED_MIN = 400


class Limiting:
    """Imposes limits on the clients of all markets; on nobody while they are off.

    `sockets`: on what connections send. `link_of` tells the link of a connection.
    """

    def __init__(
        self,
        venues: Mapping[str, Venue],
        audience: Audience,
        pulse: Pulse,
        clockwork: Clockwork,
        *,
        link_of: Callable[[int], Link | None],
        limits: Limits = NO_LIMITS,
    ) -> None:
        self._venues = venues
        self._clock = LimitClock(pulse, clockwork)
        self._date = time_text(clockwork.player.start_ns)[:10]
        self._first = limits
        self._limiters: dict[str, Limiter] = {}
        self.sockets = SocketLimits(self._limiters, self._clock, audience, pulse, link_of=link_of)
        self.limits = limits
        self.impose(limits)

    # ---- commands

    @property
    def words(self) -> tuple[str, ...]:
        """What limits are called in a document."""
        found = (venue.rates(self._date) for venue in self._venues.values())
        words = (rule.word for rules in found if rules is not None for rule in rules.limits)
        return tuple(dict.fromkeys(words))

    def impose(self, limits: Limits) -> None:
        """Impose these limits from now on; counts go on where windows are the same."""
        before = dict(self._limiters)
        self._limiters.clear()
        self.limits = limits
        for market, venue in self._venues.items():
            rules = venue.rates(limits.date or self._date)
            imposed = None if rules is None else limits.applied_to(rules)
            if imposed is not None:
                limiter = self._limiters[market] = Limiter(imposed)
                if market in before:
                    limiter.take_over(before[market])

    def reset(self) -> None:
        """Begin again: with the first limits, and nothing counted."""
        self._limiters.clear()
        self._clock.forget()
        self.impose(self._first)

    # ---- requests

    @property
    def is_on(self) -> bool:
        """Whether anything is limited."""
        return bool(self._limiters)

    def tells_limits(self, question: Question) -> bool:
        """Say whether the answer's body lists limits that are imposed: it must be readable."""
        request, market = question.request, question.market
        if market not in self._limiters or not isinstance(request, HttpRequest):
            return False
        return self._venues[market].tells_limits(request)

    def refusal(self, question: Question, now_ns: int) -> HttpReply | bytes | None:
        """Charge a request; return what it is answered with, if it is not let through.

        Over the WebSocket API that is a message. To be called once a request.
        """
        limiter = self._limiters.get(question.market)
        if limiter is None:
            return None
        venue, request = self._venues[question.market], question.request
        time_ns, payer = self._clock.now_ns(limiter, now_ns), self._payer(question)
        refused = limiter.take(venue.charge(request, limiter.rules), payer, time_ns)
        usages = limiter.usages(payer, time_ns)
        if refused is not None:
            return _refused(venue, request, self._clock.breach(refused, limiter, now_ns), usages)
        told = venue.told_limits(request, usages)
        if told is None:
            return None
        return _metered(venue, request, dated(told, self._clock.venue_ms(now_ns)), usages)

    def metered(self, question: Question, reply: HttpReply, now_ns: int) -> HttpReply | bytes:
        """Charge what is known with the answer; return it with the counts that are kept.

        Over the WebSocket API that is a message.
        """
        venue, request = self._venues[question.market], question.request
        limiter = self._limiters.get(question.market)
        if limiter is None:
            return reply if isinstance(request, HttpRequest) else venue.wsapi_reply(request, reply)
        time_ns, payer = self._clock.now_ns(limiter, now_ns), self._payer(question)
        charge = venue.charge(request, limiter.rules)
        limiter.settle(charge, payer, time_ns, is_refused=reply.status >= _REFUSED_MIN)
        return _metered(venue, request, reply, limiter.usages(payer, time_ns))

    def failed(
        self,
        question: Question,
        word: str,
        answer: HttpReply | bytes,
        now_ns: int,
        *,
        executed: HttpReply | None,
    ) -> HttpReply | bytes:
        """Charge a request that fails by order; return its answer with the counts that are kept.

        `executed`: what it would have been answered with, if it was carried out all the same.
        """
        limiter = self._limiters.get(question.market)
        if limiter is None:
            return answer
        venue, request = self._venues[question.market], question.request
        time_ns, payer = self._clock.now_ns(limiter, now_ns), self._payer(question)
        is_refused = executed is None or executed.status >= _REFUSED_MIN
        limiter.settle(venue.charge(request, limiter.rules), payer, time_ns, is_refused=is_refused)
        return venue.metered_failure(word, request, answer, limiter.usages(payer, time_ns))

    def recounted(self, connection: Connection, reply: bytes, now_ns: int) -> bytes:
        """Charge a message that is no request; return what it is answered with."""
        limiter = self._limiters.get(connection.market)
        if limiter is None or connection.subscription.role is not Role.WS_API:
            return reply
        request = WsApiRequest(connection.venue.wsapi_reply_id(reply) or b"null", "", {}, b"")
        question = Question(connection.market, connection.number, request)
        refused = self.refusal(question, now_ns)
        if isinstance(refused, bytes):
            return refused
        usages = limiter.usages(self._payer(question), self._clock.now_ns(limiter, now_ns))
        return connection.venue.metered_message(request, reply, usages)

    # ---- connections

    def handshake(
        self, event: ConnectionAsked, opened: Subscription | HttpReply, now_ns: int
    ) -> HttpReply | None:
        """Charge a handshake; return what it is refused with, if it is not let through."""
        limiter = self._limiters.get(event.market)
        if limiter is None:
            return None
        target_bytes_max = limiter.rules.sockets.target_bytes_max
        if target_bytes_max is not None and len(event.target) > target_bytes_max:
            return dated(_URI_TOO_LONG, self._clock.venue_ms(now_ns))
        subscription = opened if isinstance(opened, Subscription) else None
        venue, payer = self._venues[event.market], payer_of(event.client, "")
        time_ns = self._clock.now_ns(limiter, now_ns)
        refused = limiter.take(venue.connect_charge(subscription, limiter.rules), payer, time_ns)
        if refused is None:
            return None
        breach = self._clock.breach(refused, limiter, now_ns)
        return dated(venue.limited(breach, limiter.usages(payer, time_ns)), breach.venue_ms)

    def _payer(self, question: Question) -> Payer:
        account = self._venues[question.market].account_of(question.request)
        if isinstance(question.request, HttpRequest):
            return payer_of(question.client, account)
        return self.sockets.payer(question.number, account)

    # ---- told

    def state(self, now_ns: int) -> LimitsState:
        """Return which limits are imposed, and what clients used of them."""
        clock, limiters = self._clock, self._limiters.items()
        markets = (market_limits(name, limiter, clock, now_ns) for name, limiter in limiters)
        return LimitsState(self.limits, tuple(markets))


def _refused(
    venue: Venue,
    request: HttpRequest | WsApiRequest,
    breach: Breach,
    usages: tuple[Usage, ...],
) -> HttpReply | bytes:
    if isinstance(request, HttpRequest):
        return dated(venue.limited(breach, usages), breach.venue_ms)
    return venue.limited_message(request, breach, usages)


def _metered(
    venue: Venue,
    request: HttpRequest | WsApiRequest,
    reply: HttpReply,
    usages: tuple[Usage, ...],
) -> HttpReply | bytes:
    if isinstance(request, HttpRequest):
        return venue.metered(request, reply, usages)
    return venue.metered_message(request, venue.wsapi_reply(request, reply), usages)
