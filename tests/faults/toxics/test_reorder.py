"""reorder and delay: what is overtaken, and by what."""

import pytest

from replayx.clock import NS_PER_S
from tests.faults.flows import MS, WS, carried, flow_of, texts, toxic


@pytest.mark.parametrize(
    ("window", "draws", "behind"),
    [
        (1, (0.0, 0.49, 0.5, 0.99), [None, None, 103, 104]),
        (3, (0.0, 0.25, 0.5, 0.99), [None, 102, 104, 106]),
    ],
)
def test_messages_leave_behind_later_ones(window, draws, behind):
    flow = flow_of(*"abcd", index=100, now_ns=7)
    running = toxic("reorder", window=window, within="2s").on_link(WS)
    touched = carried(running, flow, draws)
    each = {k: part for part in flow.parts for k in range(part.first, part.stop)}
    assert [each[k].behind for k in range(4)] == behind
    assert touched == [k for k in range(4) if behind[k] is not None]
    held = [7 + 2 * NS_PER_S if one else 7 for one in behind]
    assert [due_ns for due_ns, _ in texts(flow)] == held


def test_one_stream_lags_behind_the_others():
    flow = flow_of(*"abc", channel=["one", "other", "one"])
    assert carried(toxic("delay").on_link(WS), flow, fired=[0, 2]) == [0, 2]
    assert texts(flow) == [(500 * MS, "a"), (0, "b"), (500 * MS, "c")]


def test_delays_jitter_and_end_at_nothing():
    flow = flow_of(*"abc")
    running = toxic("delay", delay="10ms", jitter="20ms").on_link(WS)
    assert carried(running, flow, (0.0, 0.5, 0.75)) == [0, 1, 2]
    assert texts(flow) == [(0, "a"), (10 * MS, "b"), (20 * MS, "c")]


@pytest.mark.parametrize("name", ["reorder", "delay"])
def test_what_is_gone_is_not_put_off(name):
    flow = flow_of(*"ab")
    flow.parts = []
    assert carried(toxic(name).on_link(WS), flow, (0.9, 0.9)) == []
