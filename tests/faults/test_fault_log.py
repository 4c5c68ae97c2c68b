from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.fault_log import FaultLog, Injected

LINK = "m/ws/1/downstream"


def note(log, *touched, rule="r", link=LINK):
    log.note(rule, "drop", market="m", link=link, touched=touched)


def runs(entries):
    return [(one.first, one.last, one.at_ns) for one in entries]


def told(first, last, at_ns, *, rule="r", link=LINK):
    return Injected(
        rule=rule, toxic="drop", market="m", link=link, first=first, last=last, at_ns=at_ns
    )


def test_consecutive_messages_are_one_entry():
    log = FaultLog()
    note(log, (0, 10), (1, 11), (3, 13))
    note(log, (4, 14))
    assert log.entries() == [told(0, 1, 10), told(3, 4, 13)]
    assert log.counts == {("r", "m"): 4}


def test_a_span_is_noted_as_its_messages_would_be():
    one, other = FaultLog(), FaultLog()
    one.note_span("r", "drop", market="m", link=LINK, first=2, last=4, at_ns=lambda: 7)
    note(other, (2, 7), (3, 8), (4, 9))
    assert one.entries() == other.entries()
    assert one.counts == other.counts
    assert one.digest() == other.digest()


def test_entries_are_in_the_order_of_rules_links_and_messages():
    log = FaultLog()
    note(log, (5, 1), rule="z")
    note(log, (0, 1), link="n")
    note(log, (7, 1), link="k")
    assert [(one.rule, one.link, one.first) for one in log.entries()] == [
        ("r", "k", 7),
        ("r", "n", 0),
        ("z", LINK, 5),
    ]


def test_what_is_new_is_told_once():
    log = FaultLog()
    note(log, (0, 10), (1, 11))
    assert runs(log.take_new()) == [(0, 1, 10)]
    assert log.take_new() == []
    note(log, (2, 12), (3, 13), (9, 19))
    note(log, (10, 20))
    assert runs(log.take_new()) == [(2, 3, 12), (9, 10, 19)]
    note(log, (11, 21))
    assert runs(log.take_new()) == [(11, 11, 21)]
    assert runs(log.entries()) == [(0, 3, 10), (9, 11, 19)]


def test_nothing_touched_leaves_no_trail():
    log = FaultLog()
    note(log)
    assert (log.entries(), log.take_new(), log.counts) == ([], [], {})


def test_a_reset_leaves_nothing():
    log = FaultLog()
    note(log, (0, 10))
    log.reset()
    assert (log.entries(), log.take_new(), log.counts) == ([], [], {})
    assert log.digest() == FaultLog().digest()
    note(log, (0, 30))
    assert runs(log.entries()) == [(0, 0, 30)]


def test_the_oldest_runs_make_room_and_stay_in_the_digest(monkeypatch):
    whole = FaultLog()
    touched = [(2 * k, k) for k in range(50)]
    note(whole, *touched)
    monkeypatch.setattr("replayx.faults.fault_log.FAULT_RUNS_MAX", 10)
    small = FaultLog()
    for one in touched:
        note(small, one)
    note(small, (99, 50))  # the run that is open goes on
    note(whole, (99, 50))
    assert len(small.entries()) <= 10
    assert small.dropped == 50 - len(small.entries())
    assert small.entries() == whole.entries()[-len(small.entries()) :]
    assert (small.digest(), small.counts) == (whole.digest(), whole.counts)


def test_the_oldest_trails_make_room_and_stay_in_the_digest(monkeypatch):
    whole = FaultLog()
    for link in "abcde":
        note(whole, (0, 1), link=link)
    monkeypatch.setattr("replayx.faults.fault_log.FAULT_TRAILS_MAX", 2)
    small = FaultLog()
    for link in "abcde":
        note(small, (0, 1), link=link)
    assert [one.link for one in small.entries()] == ["d", "e"]
    assert [one.link for one in small.take_new()] == ["d", "e"]
    assert (small.dropped, small.digest()) == (3, whole.digest())


@pytest.mark.parametrize(
    "other", [[(0, 10), (2, 12)], [(0, 10), (1, 12)], [(1, 10), (2, 11)], [(0, 10)], []]
)
def test_digests_tell_logs_apart(other):
    one, two = FaultLog(), FaultLog()
    note(one, (0, 10), (2, 11), (3, 12))
    note(two, *other)
    assert one.digest() != two.digest()


def test_when_a_request_came_is_not_in_the_digest():
    one, other = FaultLog(), FaultLog()
    note(one, (0, 10), (2, 11))
    note(other, (0, 15), (2, 16))
    assert one.digest() == other.digest()


@given(st.lists(st.integers(0, 60), unique=True).map(sorted), st.lists(st.integers(0, 60)))
def test_how_messages_are_batched_shows_nowhere(indexes, cuts):
    touched = [(index, 100 + index) for index in indexes]
    whole, pieces = FaultLog(), FaultLog()
    note(whole, *touched)
    new = []
    bounds = [0, *sorted(cuts), 61]
    for first, stop in pairwise(bounds):
        note(pieces, *(one for one in touched if first <= one[0] < stop))
        new += pieces.take_new()
    assert pieces.entries() == whole.entries()
    assert (pieces.digest(), pieces.counts) == (whole.digest(), whole.counts)
    covered = [(index, 100 + index) for one in new for index in range(one.first, one.last + 1)]
    assert covered == touched
    assert all(one.at_ns == 100 + one.first for one in new)


def test_a_follower_notes_the_same_and_is_read_by_itself():
    log = FaultLog()
    log.follower = FaultLog()
    note(log, (0, 10))
    log.note_span("r", "drop", market="m", link=LINK, first=5, last=6, at_ns=lambda: 7)
    assert log.follower.take_new() == log.take_new() == log.entries()
    log.reset()
    assert log.follower.entries() == []


def test_the_time_of_a_span_is_not_asked_for_where_a_run_goes_on():
    log, asked = FaultLog(), []

    def note(first, last, at_ns):
        def tell():
            asked.append(at_ns)
            return at_ns

        log.note_span("r", "drop", market="m", link=LINK, first=first, last=last, at_ns=tell)

    note(0, 4, 10)
    note(5, 9, 20)
    assert asked == [10]
    assert [(one.first, one.last, one.at_ns) for one in log.take_new()] == [(0, 9, 10)]
    note(10, 11, 30)  # whoever was told the run so far is told from here on
    note(12, 12, 40)
    assert asked == [10, 30]
    assert [(one.first, one.last, one.at_ns) for one in log.take_new()] == [(10, 12, 30)]
    assert [(one.first, one.last) for one in log.entries()] == [(0, 12)]
