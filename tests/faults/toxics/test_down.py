"""down: how a market is gone."""

import msgspec
import pytest

from replayx.faults.outage import Outage
from replayx.session.effects import Reach
from tests.faults.flows import REST, WS, toxic


@pytest.mark.parametrize(("attributes", "how"), [({}, "refused"), ({"how": "silent"}, "silent")])
def test_how_a_market_is_gone(attributes, how):
    down = toxic("down", **attributes)
    assert isinstance(down, Outage)
    assert down.how == how
    assert Reach(down.how) is not Reach.OPEN
    assert down.on_link(WS) is None
    assert down.on_requests(REST) is None


def test_no_other_way():
    with pytest.raises(msgspec.ValidationError, match="open"):
        toxic("down", how="open")
