"""stall and stale_feed: what is silent, and what comes when it is over."""

import pytest

from replayx.faults.flow import NEVER_NS
from replayx.framing import CLOSE, PING, PONG, frame
from tests.faults.flows import REST, WS, carried, flow_of, sent, texts, toxic


def test_a_stalled_connection_holds_everything():
    flow = flow_of(*"abc")
    assert carried(toxic("stall").on_link(WS), flow) == [0, 1, 2]
    assert texts(flow) == [(NEVER_NS, "a"), (NEVER_NS, "b"), (NEVER_NS, "c")]


@pytest.mark.parametrize(
    ("but_pings", "opcode", "held"),
    [
        (False, PING, [0]),
        (True, PING, []),
        (True, PONG, []),
        (True, CLOSE, [0]),
        (True, 1, [0]),
    ],
)
def test_signs_of_life_may_pass(but_pings, opcode, held):
    flow = flow_of(framed=[frame(b"12", opcode)], channel="")
    assert carried(toxic("stall", but_pings=but_pings).on_link(WS), flow) == held
    assert [due_ns for due_ns, _ in sent(flow)] == ([NEVER_NS] if held else [0])


def test_a_stale_feed_is_lost():
    flow = flow_of(*"abc")
    assert carried(toxic("stale_feed").on_link(WS), flow, fired=[0, 2]) == [0, 2]
    assert texts(flow) == [(0, "b")]


def test_a_stale_feed_may_be_held():
    flow = flow_of(*"abc")
    assert carried(toxic("stale_feed", mode="hold").on_link(WS), flow, fired=[1]) == [1]
    assert texts(flow) == [(0, "a"), (NEVER_NS, "b"), (0, "c")]


def test_what_is_gone_already_is_not_held():
    for name in ("stall", "stale_feed"):
        flow = flow_of(*"ab")
        flow.parts = []
        assert carried(toxic(name).on_link(WS), flow) == []
        assert toxic(name).on_link(REST) is None
