"""What becomes of parts, against messages looked at one by one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.flow import NEVER_NS, Flow, Part
from replayx.faults.parts import (
    changed,
    cut_before,
    cut_behind,
    delayed,
    later,
    left_out,
    put_off,
    runs,
    standing,
)
from replayx.framing import frame


def flow_of(count, parts):
    end = [0]
    frames = b""
    for k in range(count):
        frames += frame(b"%d" % k)
        end.append(len(frames))
    flow = Flow(0, 0, memoryview(frames), end, channel=["c"] * count, at_ns=[0] * count)
    flow.parts = parts
    return flow


def one_by_one(parts):
    """Return (message, due, data) of every message that is sent."""
    return [(k, part.due_ns, part.data) for part in parts for k in range(part.first, part.stop)]


COUNT = 12
places = st.sets(st.integers(0, COUNT - 1)).map(sorted) | st.just(range(COUNT))


@st.composite
def part_lists(draw):
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.integers(0, COUNT - 1))
        stop = draw(st.integers(first + 1, COUNT))
        data = draw(st.sampled_from((None, b"x"))) if stop == first + 1 else None
        parts.append(Part(first, stop, draw(st.sampled_from((0, 5, NEVER_NS))), data))
    return parts


@given(part_lists(), places)
def test_left_out_messages_are_gone_and_no_others(parts, gone):
    assert one_by_one(left_out(parts, gone)) == [
        one for one in one_by_one(parts) if one[0] not in gone
    ]


@given(part_lists(), places)
def test_delayed_messages_are_later_and_no_others(parts, late):
    assert one_by_one(delayed(parts, late, 3)) == [
        (k, later(due_ns, 3 if k in late else 0), data) for k, due_ns, data in one_by_one(parts)
    ]


@given(part_lists(), places)
def test_each_message_is_put_off_by_its_own_delay(parts, late):
    own = {k: 7 * k for k in late}
    assert one_by_one(put_off(parts, late, own)) == [
        (k, later(due_ns, own.get(k, 0)), data) for k, due_ns, data in one_by_one(parts)
    ]


@given(part_lists(), places)
def test_changed_messages_are_handed_over_alone(parts, chosen):
    made = changed(parts, chosen, lambda part, k: [part._replace(data=b"%d" % k)])
    assert one_by_one(made) == [
        (k, due_ns, b"%d" % k if k in chosen else data) for k, due_ns, data in one_by_one(parts)
    ]


@given(part_lists(), places)
def test_what_stands_is_in_a_part(parts, chosen):
    there = {k for k, _, _ in one_by_one(parts)}
    assert list(standing(flow_of(COUNT, parts), chosen)) == [k for k in chosen if k in there]


@given(places)
def test_runs_cover_their_places(chosen):
    found = list(runs(chosen))
    assert [k for first, stop in found for k in range(first, stop)] == list(chosen)
    assert all(a[1] < b[0] for a, b in pairwise(found))


def test_a_part_of_a_part_that_is_cut_is_its_beginning():
    parts = [Part(0, 3, 1), Part(3, 6, 2), Part(6, 7, 3)]
    assert cut_behind(parts, 4) == [Part(0, 3, 1), Part(3, 5, 2)]
    assert cut_behind(parts, 6) == parts
    assert cut_behind(parts, 7) == parts


def test_a_part_that_is_cut_before_a_message_ends_there():
    parts = [Part(0, 3, 1), Part(3, 6, 2), Part(6, 7, 3)]
    assert cut_before(parts, 4) == [Part(0, 3, 1), Part(3, 4, 2)]
    assert cut_before(parts, 3) == [Part(0, 3, 1)]
    assert cut_before(parts, 0) == []
    assert cut_before(parts, 7) == parts


def test_what_is_held_stays_held():
    assert later(NEVER_NS, 7) == NEVER_NS
    assert later(1, NEVER_NS) == NEVER_NS
