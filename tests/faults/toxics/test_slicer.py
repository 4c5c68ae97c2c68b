"""slicer: which pieces arrive, and when."""

import msgspec
import pytest

from replayx.faults.flow import NEVER_NS
from replayx.limits import SLICES_MAX
from tests.faults.flows import MS, REST, WS, carried, flow_of, sent, toxic, trip_on


def test_pieces_are_as_long_and_as_far_apart_as_asked():
    flow = flow_of("abcdefgh", "i")
    slicer = toxic("slicer", average_size=4, delay="10ms").on_link(WS)
    assert carried(slicer, flow, (0.5, 0.5)) == [0, 1]
    assert sent(flow) == [
        (0, b"\x81\x08ab"),
        (10 * MS, b"cdef"),
        (20 * MS, b"gh"),
        (30 * MS, b"\x81\x01i"),
    ]


def test_what_is_noted_does_not_depend_on_when_messages_come():
    slicer = toxic("slicer", average_size=4, delay="10ms").on_link(WS)
    assert carried(slicer, flow_of("i"), (0.5,)) == [0]
    waiting = flow_of("i", now_ns=5 * MS)
    assert carried(slicer, waiting, (0.5,)) == [0]
    assert [due_ns for due_ns, _ in sent(waiting)] == [10 * MS]
    alone = flow_of("i", now_ns=30 * MS)
    assert carried(slicer, alone, (0.5,)) == [0]
    assert [due_ns for due_ns, _ in sent(alone)] == [30 * MS]


def test_sizes_vary_within_their_bounds():
    flow = flow_of("x" * 120)
    carried(toxic("slicer", average_size=10, size_variation=4).on_link(WS), flow, (0.3,))
    sizes = [len(data) for _, data in sent(flow)]
    assert set(sizes[:-1]) <= set(range(6, 15))
    assert len(set(sizes)) > 4
    assert b"".join(data for _, data in sent(flow)) == bytes(flow.frame(0))


def test_pieces_of_a_message_are_bounded():
    flow = flow_of(framed=[b"x" * 100_000])
    carried(toxic("slicer", average_size=1).on_link(WS), flow, (0.5,))
    assert len(flow.parts) <= SLICES_MAX


def test_what_is_held_stays_held():
    flow = flow_of("abcdefgh")
    flow.parts = [flow.parts[0]._replace(due_ns=NEVER_NS)]
    slicer = toxic("slicer", average_size=4).on_link(WS)
    carried(slicer, flow, (0.5,))
    assert {due_ns for due_ns, _ in sent(flow)} == {NEVER_NS}


def test_sizes_below_a_byte_are_refused():
    with pytest.raises(msgspec.ValidationError, match="more than 0"):
        toxic("slicer", average_size=5, size_variation=5)


def test_answers_come_in_pieces():
    trip = trip_on(REST)
    slicer = toxic("slicer", average_size=100, size_variation=50, delay="2ms")
    assert slicer.on_requests(REST).apply(trip, [0.25])
    assert (trip.manner.slice_bytes, trip.manner.slice_delay_ns) == (75, 2 * MS)
    assert slicer.on_requests(WS) is None
