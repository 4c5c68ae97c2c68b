"""truncated_body: where a body ends."""

import pytest

from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [({}, b"01234"), ({"at": 3}, b"012"), ({"share": "10%"}, b"0"), ({"at": 0}, b"")],
)
def test_where_a_body_ends(attributes, kept):
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("truncated_body", **attributes).on_requests(link).apply(trip, [])
        assert trip.manner.kept(b"0123456789") == kept


def test_streams_have_no_answers():
    assert toxic("truncated_body").on_requests(WS) is None
