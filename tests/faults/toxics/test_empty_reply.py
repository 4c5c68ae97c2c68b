"""empty_reply: the end of a connection in place of an answer."""

from replayx.faults.round_trip import Delivery
from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


def test_the_connection_ends_and_the_request_was_carried_out():
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("empty_reply").on_requests(link).apply(trip, [])
        assert (trip.manner.delivery, trip.canned) == (Delivery.EMPTY, None)


def test_streams_have_no_requests():
    assert toxic("empty_reply").on_requests(WS) is None
