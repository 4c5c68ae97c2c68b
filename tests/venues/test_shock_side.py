"""A venue that says nothing of shocks is told as it was recorded."""

from replayx.market.events import BookTop
from replayx.venues.shock_side import ShockSide
from replayx.venues.venue import RequestKey


class Silent(ShockSide):
    """A venue that leaves everything out."""


def test_what_a_venue_leaves_out_is_told_as_it_was():
    venue, payload = Silent(), b'{"b":"1"}'
    event = BookTop("X", 1, "2", "1", "3", "1")
    assert venue.retold(payload, event) is payload
    assert venue.retold_many(payload, ("X",), lambda one: one) is payload
    key = RequestKey("GET", "/depth", ())
    assert venue.retold_answer(key, payload, lambda one: one, 0) is payload
