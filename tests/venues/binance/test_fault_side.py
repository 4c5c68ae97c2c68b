"""Binance's markets as venues that fail."""

import pytest

from replayx.venues.fault_side import FailureContext
from replayx.venues.registry import load_venue
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, Role, Subscription

SPOT, USDM = load_venue("binance-spot"), load_venue("binance-usdm")


@pytest.mark.parametrize("venue", [SPOT, USDM])
def test_every_failure_of_the_catalogue_can_be_had(venue):
    assert len(venue.failures) > 25
    for word, failure in venue.failures.items():
        reply = venue.fail(word, FailureContext(1_700_000_000_000))
        assert reply.status == failure.status
        assert failure.word == word


def test_each_method_speaks_for_its_market():
    subscription = Subscription(Role.STREAM, "/ws", {})
    assert SPOT.shutdown_notice(subscription, 5) == b'{"e":"serverShutdown","E":5}'
    assert USDM.shutdown_notice(subscription, 5) is None
    key = RequestKey("GET", "/fapi/v1/exchangeInfo", ())
    info = HttpReply(200, b'{"symbols":[{"symbol":"A","status":"TRADING"}]}')
    assert b"BREAK" in USDM.halted(key, info, "BREAK", ()).body
    assert SPOT.halted(key, info, "BREAK", ()) is info
    assert SPOT.halt_refusal(RequestKey("POST", "/api/v3/order", ()), is_whole=True) is not None
    assert SPOT.skewed(HttpReply(200, b'{"serverTime":1700000000000}'), 1).body.endswith(b"1}")
    old = HttpRequest("GET", "/api/v3/account?timestamp=1&signature=x")
    assert SPOT.clock_refusal(old, 1_700_000_000_000) in SPOT.failures
