"""A venue that documents no failures."""

import pytest

from replayx.venues.fault_side import FailureContext, FaultSide
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, Role, Subscription


class Faultless(FaultSide):
    """A venue without failures."""


VENUE = Faultless()
KEY = RequestKey("POST", "/order", ())
REPLY = HttpReply(200, b"{}")


def test_nothing_can_be_ordered_by_name():
    assert dict(VENUE.failures) == {}
    with pytest.raises(AssertionError, match="overloaded is none of"):
        VENUE.fail("overloaded", FailureContext(0))


def test_nothing_is_told_or_refused():
    subscription = Subscription(Role.STREAM, "/ws", {})
    assert VENUE.shutdown_notice(subscription, 0) is None
    assert VENUE.halted(KEY, REPLY, "BREAK", ()) is REPLY
    assert VENUE.halt_refusal(KEY, is_whole=True) is None
    assert VENUE.skewed(REPLY, 5) is REPLY
    assert VENUE.clock_refusal(HttpRequest("GET", "/?timestamp=1"), 0) is None
