import msgspec
import pytest

from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.toxic import Stage, Toxic

LINK = Link("fake", Carrier.WS, Direction.DOWNSTREAM, connection=1)


class Inert(Toxic, frozen=True, kw_only=True):
    """Does nothing."""

    type = "inert"
    strength: int = 1


def test_a_toxic_acts_nowhere_unless_it_says_where():
    toxic = Inert()
    assert toxic.on_link(LINK) is None
    assert toxic.on_requests(LINK) is None
    assert toxic.on_handshakes(LINK) is None


def test_an_attribute_that_a_toxic_does_not_have_is_refused():
    assert msgspec.convert({"strength": 3}, Inert) == Inert(strength=3)
    with pytest.raises(msgspec.ValidationError, match="strenght"):
        msgspec.convert({"strenght": 3}, Inert)


def test_what_a_venue_says_is_decided_before_how_it_travels():
    assert sorted(Stage) == [Stage.MESSAGE, Stage.FRAME, Stage.TRANSPORT, Stage.BYTES]
