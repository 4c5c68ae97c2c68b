"""server_shutdown: how a connection is told to end."""

import msgspec
import pytest

from replayx.faults.outage import Outage
from tests.faults.flows import REST, WS, toxic


def test_it_acts_on_whole_connections_alone():
    shutdown = toxic("server_shutdown", lead="2s")
    assert isinstance(shutdown, Outage)
    assert (shutdown.lead, shutdown.code, shutdown.reason) == (2_000_000_000, 1001, "")
    assert shutdown.on_link(WS) is None
    assert shutdown.on_requests(REST) is None


@pytest.mark.parametrize("wrong", [{"code": 999}, {"code": 5000}, {"reason": "é" * 62}])
def test_what_no_close_frame_can_tell(wrong):
    with pytest.raises(msgspec.ValidationError):
        toxic("server_shutdown", **wrong)
