"""bandwidth: when the last byte of each message has passed."""

import msgspec
import pytest

from tests.faults.flows import MS, REST, WS, carried, flow_of, texts, toxic, trip_on


@pytest.mark.parametrize(
    ("rate", "dues_ms"),
    [("1KB/s", (10, 20, 30)), ("2KB/s", (5, 10, 15)), ("1MB/s", (0.01, 0.02, 0.03))],
)
def test_messages_pass_one_after_another(rate, dues_ms):
    flow = flow_of("a" * 8, "b" * 8, "c" * 8)  # ten bytes each with their headers
    assert carried(toxic("bandwidth", rate=rate).on_link(WS), flow) == [0, 1, 2]
    assert [due_ns / MS for due_ns, _ in texts(flow)] == list(dues_ms)


def test_a_link_that_was_idle_is_free():
    running = toxic("bandwidth", rate="1KB/s").on_link(WS)
    carried(running, flow_of("a" * 8))
    busy, idle = flow_of("b" * 8, now_ns=4 * MS), flow_of("c" * 8, now_ns=99 * MS)
    carried(running, busy)
    carried(running, idle)
    assert [texts(flow)[0][0] / MS for flow in (busy, idle)] == [20, 109]


def test_no_fraction_is_lost_over_a_million_bytes():
    running = toxic("bandwidth", rate=3).on_link(WS)
    for _ in range(1000):
        flow = flow_of("a" * 8)
        carried(running, flow)
    assert texts(flow)[0][0] == -(-10_000 * 1_000 * MS // 3)


def test_what_was_not_selected_takes_no_room():
    flow = flow_of("a" * 8, "b" * 8)
    assert carried(toxic("bandwidth", rate="1KB/s").on_link(WS), flow, fired=[1]) == [1]
    assert [due_ns / MS for due_ns, _ in texts(flow)] == [0, 10]


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(msgspec.ValidationError, match="rate 0"):
        toxic("bandwidth", rate=0)
    assert toxic("bandwidth").on_link(REST) is None


def test_answers_pass_at_the_rate():
    bandwidth = toxic("bandwidth", rate="2KB/s")
    trip = trip_on(REST)
    assert bandwidth.on_requests(REST).apply(trip, [])
    assert trip.manner.bytes_per_s == 2000
    assert bandwidth.on_requests(WS) is None
