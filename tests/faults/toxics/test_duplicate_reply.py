"""duplicate_reply: how often an answer comes."""

import msgspec
import pytest

from tests.faults.flows import REST, WS, WSAPI, toxic, trip_on


@pytest.mark.parametrize(("attributes", "copies"), [({}, 2), ({"copies": 5}, 5)])
def test_how_often_an_answer_comes(attributes, copies):
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("duplicate_reply", **attributes).on_requests(link).apply(trip, [])
        assert trip.manner.copies == copies


@pytest.mark.parametrize("copies", [0, 1, 101])
def test_what_is_no_duplicate_is_refused(copies):
    with pytest.raises(msgspec.ValidationError, match="copies"):
        toxic("duplicate_reply", copies=copies)


def test_streams_have_no_answers():
    assert toxic("duplicate_reply").on_requests(WS) is None
