"""A venue that says nothing of limits limits nothing."""

import pytest

from replayx.venues.rate_side import FREE, Breach
from replayx.venues.venue import HttpReply, HttpRequest
from tests.fake_venue import FakeVenue
from tests.ratelimit.rules import RULES

REQUEST = HttpRequest("GET", "/x")
REPLY = HttpReply(200, b"x")


def test_a_venue_without_limits_lets_everything_be():
    venue = FakeVenue()
    assert venue.rates("2026-01-01") is None
    assert venue.charge(REQUEST, RULES) == venue.connect_charge(None, RULES) == FREE
    assert venue.account_of(REQUEST) == ""
    assert venue.told_limits(REQUEST, ()) is None
    assert not venue.tells_limits(REQUEST)
    assert venue.metered(REQUEST, REPLY, ()) is REPLY


def test_it_is_never_asked_to_refuse():
    with pytest.raises(AssertionError, match="nothing is limited"):
        FakeVenue().limited(Breach(None, 1, 0, 1000), ())
