"""Sessions on which a venue's real limits are imposed, with a tape of ten minutes."""

import msgspec

from replayx.ratelimit.limits_document import limits_from_document
from replayx.session.answers import Answers
from replayx.session.effects import Accept
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionOpened,
    MessageReceived,
    RequestReceived,
)
from replayx.session.session import ReplaySession
from replayx.timeline.tape import Tape
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpRequest
from tests.session.playbook import Playbook, S
from tests.tapes import channel, source

SPOT = "binance-spot"
T0 = 1_793_714_320 * S  # 2026-11-03 13:58:40 UTC
T0_MS = T0 // 1_000_000


class Limited(Playbook):
    """A playbook whose requests are given as targets, and whose answers as what matters."""

    def __init__(self, session):
        super().__init__(session)
        self.number = 0

    def get(self, target, *, method="GET", client="", key=""):
        """Send a request; return (status, its headers, its body)."""
        self.number += 1
        headers = (("X-MBX-APIKEY", key),) if key else ()
        request = HttpRequest(method, target, headers)
        event = RequestReceived(self.number, SPOT, request, client)
        effects = self.session.handle(event, self.now_ns)
        [reply] = [one for one in effects if getattr(one, "number", None) == self.number]
        self.others = [one for one in effects if one is not reply]
        return reply.reply.status, dict(reply.reply.headers), reply.reply.body

    def open(self, number, target, *, client=""):
        """Open a connection."""
        self << ConnectionAsked(number, SPOT, target, client) >> [Accept(number)]
        self.session.handle(ConnectionOpened(number), self.now_ns)

    def say(self, number, message):
        """Send a message; return the effects."""
        return self.session.handle(MessageReceived(number, message), self.now_ns)

    def wait(self, seconds):
        """Let time pass."""
        self.now_ns += round(seconds * S)
        self.session.advance(self.now_ns)


def limited(document=None, *, t0_ns=T0, kind=Answers, **options) -> Limited:
    """Return a session at 13:58:40 with these limits."""
    rows = [(t0_ns + second * S, 0, b"{}") for second in range(0, 600, 10)]
    one = msgspec.structs.replace(channel(0, "btcusdt@trade"), market=SPOT)
    venue = load_venue(SPOT)
    limits = limits_from_document(document if document is not None else {}, "test")
    session = ReplaySession(
        Tape([source([one], rows)]),
        {SPOT: venue},
        {SPOT: kind(SPOT, venue, [])},
        limits=limits,
        **options,
    )
    return Limited(session)
