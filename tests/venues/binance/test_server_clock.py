"""A clock that is wrong: what it tells, and what it refuses."""

import pytest

from replayx.venues.binance.server_clock import clock_refusal, skewed
from replayx.venues.venue import HttpReply, HttpRequest, WsApiRequest

NOW_MS = 1_700_000_000_000
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


@pytest.mark.parametrize(
    ("body", "skew_ms", "moved"),
    [
        (b'{"serverTime":1700000000000}', 2500, b'{"serverTime":1700000002500}'),
        (b'{"serverTime":1700000000000}', -1, b'{"serverTime":1699999999999}'),
        (b'{"serverTime" : 1700000000000123}', 1000, b'{"serverTime" : 1700000001000123}'),
        (b'{"timezone":"UTC","serverTime":1700000000000,"symbols":[]}', 0, None),
        (b'{"E":1700000000000}', 5, None),
        (b"\x1f\x8b", 5, None),
        (b" " * 2000 + b'"serverTime":1700000000000', 5, None),
    ],
)
def test_the_time_in_an_answer_is_moved(body, skew_ms, moved):
    assert skewed(HttpReply(200, body, ()), skew_ms).body == (body if moved is None else moved)


@pytest.mark.parametrize(
    ("date", "skew_ms", "moved"),
    [
        ("Tue, 14 Nov 2023 22:13:20 GMT", 2500, "Tue, 14 Nov 2023 22:13:22 GMT"),
        ("Tue, 14 Nov 2023 22:13:20 GMT", -86_400_000, "Mon, 13 Nov 2023 22:13:20 GMT"),
        ("soon", 5, "soon"),
    ],
)
def test_the_date_of_an_answer_is_moved(date, skew_ms, moved):
    reply = skewed(HttpReply(200, b"", (("X", "y"), ("date", date))), skew_ms)
    assert reply.headers == (("X", "y"), ("date", moved))


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (f"timestamp={NOW_MS}", None),
        (f"timestamp={NOW_MS + 999}", None),
        (f"timestamp={NOW_MS + 1000}", "bad_timestamp_ahead"),
        (f"timestamp={NOW_MS - 5000}", None),
        (f"timestamp={NOW_MS - 5001}", "bad_timestamp"),
        (f"timestamp={NOW_MS - 5001}&recvWindow=5001", None),
        (f"timestamp={NOW_MS - 346}&recvWindow=345.9", "bad_timestamp"),
        (f"timestamp={NOW_MS - 346}&recvWindow=346.1", None),
        (f"timestamp={NOW_MS}123", None),
        (f"timestamp={NOW_MS + 1000}000", "bad_timestamp_ahead"),
        (f"timestamp={NOW_MS - 9000}&recvWindow=", "bad_timestamp"),
        ("timestamp=", None),
        ("timestamp=now", None),
        ("", None),
    ],
)
def test_which_requests_are_of_another_time(query, word):
    assert clock_refusal(HttpRequest("GET", f"/api/v3/account?{query}"), NOW_MS) == word
    body = HttpRequest("POST", "/api/v3/order", FORM, query.encode())
    assert clock_refusal(body, NOW_MS) == word
    params = dict(part.split("=") for part in query.split("&") if part)
    assert clock_refusal(WsApiRequest(b"1", "order.place", params, b""), NOW_MS) == word


def test_a_number_over_a_socket_is_a_number():
    request = WsApiRequest(b"1", "order.place", {"timestamp": 1, "recvWindow": 60_000}, b"")
    assert clock_refusal(request, NOW_MS) == "bad_timestamp"


def test_on_a_double_one_the_query_counts():
    request = HttpRequest("POST", f"/x?timestamp={NOW_MS}", FORM, b"timestamp=1")
    assert clock_refusal(request, NOW_MS) is None


def test_a_body_of_another_form_has_no_parameters():
    request = HttpRequest("POST", "/x", (("content-type", "application/json"),), b"timestamp=1")
    assert clock_refusal(request, NOW_MS) is None
