"""slow_body: how a body trickles."""

import msgspec
import pytest

from replayx.faults.round_trip import Manner
from tests.faults.flows import MS, REST, WS, WSAPI, toxic, trip_on


@pytest.mark.parametrize(
    ("attributes", "manner"),
    [
        ({}, Manner(slice_bytes=64, slice_delay_ns=10 * MS)),
        ({"rate": "1KB/s"}, Manner(bytes_per_s=1000, slice_bytes=64)),
        ({"slice": 7, "delay": "1s"}, Manner(slice_bytes=7, slice_delay_ns=1000 * MS)),
    ],
)
def test_how_a_body_trickles(attributes, manner):
    trip = trip_on(REST)
    assert toxic("slow_body", **attributes).on_requests(REST).apply(trip, [])
    assert trip.manner == manner


def test_only_http_has_bodies():
    assert toxic("slow_body").on_requests(WSAPI) is None
    assert toxic("slow_body").on_requests(WS) is None


def test_pieces_of_nothing_are_refused():
    with pytest.raises(msgspec.ValidationError, match="slice 0"):
        toxic("slow_body", slice=0)
