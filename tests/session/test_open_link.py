from replayx.faults.link import Direction
from replayx.faults.outlet import Outgoing
from replayx.session.open_link import OpenLink
from tests.faults.plumbing import LINK, MS, columns, injector_of

LATENCY = {"type": "latency", "delay": "100ms"}


def test_without_pipelines_nothing_is_in_flight():
    one = OpenLink(1, LINK, 0)
    assert (one.due_ns, one.release_ns, one.size) == (None, None, 0)
    assert one.upstream.direction is Direction.UPSTREAM


def test_what_is_due_on_either_side_counts():
    one = OpenLink(1, LINK, 0)
    one.down = injector_of(LATENCY).pipeline(LINK, opened_ns=0)
    one.down.stream(columns("a", [0]), lambda _: 0, is_tape_time=False)
    assert (one.due_ns, one.size) == (100 * MS, 3)


def test_what_leaves_together_is_one_write():
    one = OpenLink(1, LINK, 0)
    data = memoryview(b"whole")
    assert one.joined([Outgoing(0, data)]) is data
    assert one.joined([Outgoing(0, b"a"), Outgoing(1, b"b", is_whole=False)]) == b"ab"
    assert not one.is_whole
