"""slow_close: when connections end that end anyway."""

import pytest

from replayx.clock import NS_PER_S
from replayx.faults.flow import Ending
from replayx.framing import CLOSE, frame
from tests.faults.flows import REST, WS, carried, flow_of, texts, toxic


def ending_flow(*said, channel="c"):
    flow = flow_of(*said, channel=channel)
    flow.ending = Ending(1001, delay_ns=5)
    return flow


def test_a_close_of_the_venues_comes_later():
    flow = flow_of(framed=[frame(b"\x03\xe9", CLOSE)], channel="")
    flow.ending = Ending(1001, delay_ns=5)
    assert carried(toxic("slow_close", delay="2s").on_link(WS), flow) == [0]
    assert flow.ending == Ending(1001, delay_ns=2 * NS_PER_S + 5)


@pytest.mark.parametrize(("fired", "is_late"), [([0], True), ([], False)])
def test_an_end_without_a_message_is_as_the_message_before(fired, is_late):
    running = toxic("slow_close").on_link(WS)
    carried(running, flow_of("a"), fired=fired)
    flow = ending_flow()
    assert carried(running, flow) == []
    assert flow.ending.delay_ns == (NS_PER_S if is_late else 0) + 5


def test_what_does_not_end_is_not_touched():
    flow = flow_of(*"ab")
    assert carried(toxic("slow_close").on_link(WS), flow) == []
    assert texts(flow) == [(0, "a"), (0, "b")]
    assert flow.ending is None
    assert toxic("slow_close").on_link(REST) is None
