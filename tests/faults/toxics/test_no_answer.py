"""no_answer: what is lost, and what was carried out."""

from replayx.faults.link import Direction
from replayx.faults.round_trip import Delivery
from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


def test_downstream_only_the_answer_is_lost():
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("no_answer").on_requests(link).apply(trip, [])
        assert (trip.manner.delivery, trip.canned) == (Delivery.NEVER, None)


def test_upstream_the_request_is_lost():
    link = REST._replace(direction=Direction.UPSTREAM)
    trip = trip_on(link)
    assert toxic("no_answer").on_requests(link).apply(trip, [])
    assert trip.manner.delivery is Delivery.NEVER
    assert trip.canned is not None  # so that the venue never has it


def test_streams_have_no_requests():
    assert toxic("no_answer").on_requests(WS) is None
