"""What is due some time."""

from hypothesis import given
from hypothesis import strategies as st

from replayx.session.due_list import DueList


def test_what_is_due_is_taken_once_and_the_rest_waits():
    due: DueList[str] = DueList()
    assert due.next_ns is None
    assert due.take(99) is None
    due.add(5, "late")
    due.add(3, "early")
    assert (due.next_ns, len(due)) == (3, 2)
    assert due.take(2) is None
    assert due.take(3) == (3, "early")
    assert due.take(3) is None
    assert due.take(9) == (5, "late")
    assert not due


@given(st.lists(st.integers(0, 9)))
def test_it_comes_by_time_and_then_in_the_order_it_was_added(times):
    due: DueList[int] = DueList()
    for place, at_ns in enumerate(times):
        due.add(at_ns, place)
    taken = [due.take(9) for _ in times]
    assert taken == sorted((at_ns, place) for place, at_ns in enumerate(times))
