"""handshake_failure: how a handshake fails."""

import msgspec
import pytest

from replayx.faults.round_trip import Attempt, Delivery, Failing
from replayx.venues.venue import HttpReply
from tests.faults.flows import MS, REST, UPSTREAM, WS, WSAPI, toxic


def attempt_of(link=WS, **attributes):
    attempt = Attempt(link=link, target="/ws", at_ns=0, now_ns=0)
    assert toxic("handshake_failure", **attributes).on_handshakes(link).apply(attempt, [])
    return attempt


def test_a_status():
    assert attempt_of().canned == HttpReply(503, b"", ())
    told = attempt_of(WSAPI, status=403, body="no", delay="3ms")
    assert told.canned == HttpReply(403, b"no", (("Content-Type", "text/html"),))
    assert told.delay_ns == 3 * MS


def test_a_failure_of_the_venue():
    attempt = attempt_of(failure="too_many_requests")
    assert (attempt.failing, attempt.canned) == (Failing("too_many_requests"), None)


@pytest.mark.parametrize(
    ("how", "delivery"), [("reset", Delivery.RESET), ("silence", Delivery.NEVER)]
)
def test_no_answer_at_all(how, delivery):
    attempt = attempt_of(how=how)
    assert (attempt.delivery, attempt.canned) == (delivery, None)


def test_where_it_acts():
    failure = toxic("handshake_failure")
    assert failure.on_handshakes(REST) is None
    assert failure.on_handshakes(UPSTREAM) is None
    assert failure.on_requests(REST) is None


@pytest.mark.parametrize("status", [101, 200, 600])
def test_a_status_that_refuses_nothing(status):
    with pytest.raises(msgspec.ValidationError, match="status"):
        toxic("handshake_failure", status=status)
