from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.flow import NEVER_NS, Part
from replayx.faults.transit import Held, Lane, Travelling
from tests.faults.flows import flow_of
from tests.faults.plumbing import LINK, injector_of


def held_of(index, due_ns=0, *, is_stream=True):
    travelling = Travelling(flow_of("x", now_ns=due_ns, index=index), ())
    travelling.is_stream = is_stream
    return travelling


def order_of(held, now_ns):
    found = []
    while (one := held.take(now_ns)) is not None:
        found.append(one.flow.index)
    return found


@given(st.lists(st.integers(0, 9), max_size=20))
def test_what_waits_leaves_by_time_and_as_it_came(times):
    held = Held()
    for index, due_ns in enumerate(times):
        held.add(due_ns, held_of(index))
    assert held.first_index == (0 if times else NEVER_NS)
    expected = sorted(range(len(times)), key=lambda index: times[index])
    assert order_of(held, 9) == expected
    assert (held.size, bool(held), held.first_index) == (0, False, NEVER_NS)


def test_what_waits_behind_a_message_leaves_with_it_or_when_it_is_due():
    held = Held()
    held.wait_behind(5, 100, held_of(1))
    held.wait_behind(9, 50, held_of(2))
    assert held.due_ns == 50
    assert held.waited_for(6) == [5]
    held.passed(5, 10)
    assert order_of(held, 10) == [1]
    assert order_of(held, 49) == []
    assert order_of(held, 50) == [2]


def test_holders_let_go_of_their_own_only():
    held = Held()
    one, other = held_of(1), held_of(2)
    first, second = object(), object()
    one.holder, other.holder = first, second
    held.add(NEVER_NS, one)
    held.add(NEVER_NS, other)
    held.let_go([first], 7)
    assert order_of(held, 7) == [1]
    assert held.holders() == [second]


def test_all_is_everything_in_order():
    held = Held()
    held.add(NEVER_NS, held_of(3))
    held.wait_behind(9, 5, held_of(2))
    held.add(1, held_of(1))
    assert [one.flow.index for one in held.all()] == [1, 2, 3]
    assert not held


def test_a_part_goes_on_as_a_flow_of_its_own():
    travelling = Travelling(flow_of("a", "b", "c", index=7), (None,))
    travelling.fired = [[0, 2]]
    apart = travelling.apart(Part(1, 3, 5))
    assert (apart.flow.index, apart.flow.count, apart.fired) == (8, 2, [[1]])
    assert apart.flow.parts == [Part(0, 2, 5)]
    assert bytes(apart.flow.columns.cut(0, 2)) == b"\x81\x01b\x81\x01c"
    assert list(apart.flow.channel) == ["c", "c"]


def test_a_lane_acts_in_the_order_of_stages():
    toxics = ({"type": "slicer"}, {"type": "latency"}, {"type": "loss", "rate": 1})
    running = injector_of(*toxics).pipeline(LINK, opened_ns=0).running[:3]
    lane = Lane()
    lane.run(running[::-1])
    assert [one.rule.name for one in lane.running] == ["loss", "latency", "slicer"]
    assert [len(lane.front), len(lane.back)] == [1, 2]
