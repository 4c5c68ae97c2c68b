"""Links by name."""

import pytest

from replayx.faults.link import Carrier, Direction, Link


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (Link("a", Carrier.WS, Direction.DOWNSTREAM, 2), "a/ws/2/downstream"),
        (Link("a", Carrier.WSAPI, Direction.UPSTREAM, 1, "bob"), "a/wsapi/bob:1/upstream"),
        (Link("a", Carrier.REST, Direction.DOWNSTREAM), "a/rest/0/downstream"),
    ],
)
def test_names(link, name):
    assert link.name == name
