"""limit_data: how many bytes pass."""

import pytest

from replayx.faults.flow import Ending
from tests.faults.flows import WS, carried, flow_of, sent, toxic


@pytest.mark.parametrize(
    ("limit", "arrived", "touched"),
    [
        (0, b"", [0]),
        (1, b"\x81", [0]),
        (3, b"\x81\x01a", [0]),
        (4, b"\x81\x01a\x81", [1]),
        (9, b"\x81\x01a\x81\x01b\x81\x01c", [2]),
    ],
)
def test_so_many_bytes_pass(limit, arrived, touched):
    flow = flow_of(*"abc")
    assert carried(toxic("limit_data", bytes=limit).on_link(WS), flow) == touched
    assert b"".join(data for _, data in sent(flow)) == arrived
    assert flow.ending == Ending()


def test_bytes_are_counted_from_flow_to_flow():
    running = toxic("limit_data", bytes=10).on_link(WS)
    assert carried(running, flow_of(*"abc")) == []
    flow = flow_of(*"abc")
    assert carried(running, flow) == [0]
    assert b"".join(data for _, data in sent(flow)) == b"\x81"


def test_what_was_not_selected_does_not_count():
    flow = flow_of(*"abc")
    assert carried(toxic("limit_data", bytes=3).on_link(WS), flow, fired=[1]) == [1]
    assert b"".join(data for _, data in sent(flow)) == b"\x81\x01a\x81\x01b"
