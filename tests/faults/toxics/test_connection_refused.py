"""connection_refused: resets of requests and handshakes."""

from replayx.faults.round_trip import Attempt, Delivery
from tests.faults.flows import REST, UPSTREAM, WS, toxic, trip_on


def test_a_request_is_reset_and_not_carried_out():
    trip = trip_on(REST)
    assert toxic("connection_refused").on_requests(REST).apply(trip, [])
    assert trip.manner.delivery is Delivery.RESET
    assert trip.canned is not None


def test_a_handshake_is_reset():
    attempt = Attempt(link=WS, target="/ws", at_ns=0, now_ns=0)
    assert toxic("connection_refused").on_handshakes(WS).apply(attempt, [])
    assert attempt.delivery is Delivery.RESET


def test_where_it_acts():
    refused = toxic("connection_refused")
    assert refused.on_requests(WS) is None
    assert refused.on_handshakes(REST) is None
    assert refused.on_handshakes(UPSTREAM) is None
