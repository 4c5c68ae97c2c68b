"""http_error: which answer it is."""

import msgspec
import pytest

from replayx.venues.venue import HttpReply
from tests.faults.flows import REST, UPSTREAM, WS, WSAPI, toxic, trip_on

UP = REST._replace(direction=UPSTREAM.direction)


@pytest.mark.parametrize(
    ("attributes", "reply"),
    [
        ({}, HttpReply(500, b"", ())),
        ({"status": 502, "body": "x"}, HttpReply(502, b"x", (("Content-Type", "text/html"),))),
        (
            {"status": 400, "body": '{"code":-1}'},
            HttpReply(400, b'{"code":-1}', (("Content-Type", "application/json"),)),
        ),
        (
            {"status": 200, "body": "é", "content_type": "text/plain"},
            HttpReply(200, "é".encode(), (("Content-Type", "text/plain"),)),
        ),
    ],
)
def test_the_answer(attributes, reply):
    for link in (REST, WSAPI):
        trip = trip_on(link)
        assert toxic("http_error", **attributes).on_requests(link).apply(trip, [])
        assert trip.canned == reply


def test_where_it_acts():
    error = toxic("http_error")
    assert error.on_requests(WS) is None
    assert error.on_requests(UP) is None
    assert error.on_link(WS) is None
    assert error.on_handshakes(WS) is None


@pytest.mark.parametrize("wrong", [{"status": 100}, {"status": 600}, {"body": "x" * (1 << 20 | 1)}])
def test_what_is_no_answer_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        toxic("http_error", **wrong)
