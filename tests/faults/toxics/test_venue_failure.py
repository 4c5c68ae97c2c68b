"""venue_failure: which failure, carried out or not."""

from replayx.faults.round_trip import Failing
from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


def failing(link=REST, **attributes):
    trip = trip_on(link)
    assert toxic("venue_failure", **attributes).on_requests(link).apply(trip, [])
    return trip.failing


def test_a_failure_by_its_word():
    assert failing(failure="overloaded") == Failing("overloaded")
    assert failing(WSAPI, failure="overloaded") == Failing("overloaded")


def test_a_request_that_is_carried_out_all_the_same():
    found = failing(failure="backend_timeout", is_executed=True)
    assert found == Failing("backend_timeout", is_executed=True)


def test_how_long_to_wait_is_told_in_whole_milliseconds_rounded_up():
    assert failing(failure="ip_banned", retry_after="1500us").retry_after_ms == 2


def test_streams_have_no_requests():
    assert toxic("venue_failure", failure="x").on_requests(WS) is None
