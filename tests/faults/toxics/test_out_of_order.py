"""out_of_order: how many answers overtake one."""

import msgspec
import pytest

from tests.faults.flows import MS, REST, WS, WSAPI, toxic, trip_on


def test_how_many_overtake_it_and_for_how_long():
    trip = trip_on(WSAPI)
    running = toxic("out_of_order", behind=3, within="50ms").on_requests(WSAPI)
    assert running.apply(trip, [])
    assert (trip.overtaken_by, trip.departure_delay_ns) == (3, 50 * MS)


def test_only_the_websocket_api_has_an_order():
    assert toxic("out_of_order").on_requests(REST) is None
    assert toxic("out_of_order").on_requests(WS) is None


@pytest.mark.parametrize("behind", [0, 1001])
def test_what_is_no_order_is_refused(behind):
    with pytest.raises(msgspec.ValidationError, match="behind"):
        toxic("out_of_order", behind=behind)
