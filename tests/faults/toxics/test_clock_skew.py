"""clock_skew: by how much a clock is wrong."""

import msgspec
import pytest

from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


@pytest.mark.parametrize(
    ("attributes", "skew_ms"),
    [({}, 0), ({"ahead": "2s"}, 2000), ({"behind": "1500us"}, -2), ({"behind": "1m"}, -60_000)],
)
def test_by_how_much_a_clock_is_wrong(attributes, skew_ms):
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("clock_skew", **attributes).on_requests(link).apply(trip, [])
        assert trip.skew_ms == skew_ms


def test_two_skews_add_up():
    trip = trip_on(REST)
    for attributes in ({"ahead": "2s"}, {"behind": "500ms"}):
        toxic("clock_skew", **attributes).on_requests(REST).apply(trip, [])
    assert trip.skew_ms == 1500


def test_a_clock_is_not_both():
    with pytest.raises(msgspec.ValidationError, match="ahead and behind"):
        toxic("clock_skew", ahead="1s", behind="1s")
    assert toxic("clock_skew").on_requests(WS) is None
