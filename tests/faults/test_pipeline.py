from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.flow import Ending
from tests.faults.plumbing import (
    MS,
    S,
    as_it_is,
    columns,
    framed,
    pipeline_of,
    texts_of,
)

LATENCY = {"type": "latency", "delay": "100ms", "where": {"carrier": "ws"}}
TOXICS = [
    LATENCY,
    {"type": "latency", "name": "jitter", "delay": "3s", "jitter": "2s"},
    {"type": "loss", "rate": 0.3},
    {"type": "duplicate", "when": {"probability": 0.3}},
    {"type": "reorder", "window": 3, "within": "5s", "when": {"every": 2}},
    {"type": "delay", "delay": "4s", "where": {"channel": "b"}},
    {"type": "stall", "when": {"from": "5s", "for": "4s"}},
    {"type": "bandwidth", "rate": "20B/s"},
    {"type": "slicer", "average_size": 3},
    {"type": "disconnect", "when": {"nth": [17]}},
    {"type": "limit_data", "bytes": 60},
]


def test_latency_is_what_it_says_once():
    pipeline, log = pipeline_of(LATENCY)
    pipeline.stream(columns(["a", "b"], [0, 0]), lambda _: 5 * S, is_tape_time=False)
    assert pipeline.take(5 * S + 100 * MS - 1) == []
    assert pipeline.due_ns == 5 * S + 100 * MS
    assert texts_of(pipeline.take(5 * S + 100 * MS)) == [(5 * S + 100 * MS, framed("a", "b"))]
    assert [(one.first, one.last) for one in log.entries()] == [(0, 1)]
    assert pipeline.size == 0


def test_in_tape_time_each_message_is_late_by_its_own_time():
    pipeline, _ = pipeline_of(LATENCY)
    pipeline.stream(columns("abc", [0, S, 2 * S]), as_it_is, is_tape_time=True)
    assert texts_of(pipeline.take(2 * S)) == [
        (100 * MS, framed("a")),
        (S + 100 * MS, framed("b")),
    ]
    assert pipeline.due_ns == 2 * S + 100 * MS


def test_what_is_late_on_one_channel_is_overtaken_by_the_others():
    delay = {"type": "delay", "delay": "10s", "where": {"channel": "b"}}
    pipeline, _ = pipeline_of(delay, LATENCY)
    for now_ns, text in enumerate(("a1", "b1", "a2")):
        one = columns([text], [now_ns * S], [text[0]])
        pipeline.stream(one, as_it_is, is_tape_time=True)
    times = [(due_ns, data) for due_ns, data in texts_of(pipeline.take(99 * S))]
    assert times == [
        (100 * MS, framed("a1")),
        (2 * S + 100 * MS, framed("a2")),
        (11 * S + 100 * MS, framed("b1")),
    ]


def test_an_answer_travels_behind_what_was_sent_before_it():
    pipeline, _ = pipeline_of(LATENCY)
    pipeline.stream(columns("a", [0]), lambda _: 0, is_tape_time=False)
    pipeline.control(MS, framed("ok"), 0, mark=b"ok")
    taken = pipeline.take(S)
    assert texts_of(taken) == [(100 * MS, framed("a")), (101 * MS, framed("ok"))]
    assert [one.mark for one in taken] == [None, b"ok"]


def test_a_close_comes_behind_what_is_late():
    pipeline, _ = pipeline_of({"type": "delay", "delay": "5s"})
    pipeline.stream(columns("a", [0]), lambda _: 0, is_tape_time=False)
    pipeline.control(S, b"\x88\x02\x03\xe9", 0, ending=Ending(1001))
    assert texts_of(pipeline.take(9 * S)) == [(5 * S, framed("a")), (5 * S, Ending(1001))]
    assert pipeline.is_over


def test_when_a_window_ends_what_it_held_leaves_in_order():
    pipeline, _ = pipeline_of({"type": "stall", "when": {"until": "2s"}}, LATENCY)
    pipeline.stream(columns("abcd", [0, S, 2 * S, 3 * S]), as_it_is, is_tape_time=True)
    assert texts_of(pipeline.take(9 * S)) == [
        (2 * S + 100 * MS, framed("a")),
        (2 * S + 100 * MS, framed("b")),
        (2 * S + 100 * MS, framed("c")),
        (3 * S + 100 * MS, framed("d")),
    ]
    pipeline, _ = pipeline_of({"type": "stall", "when": {"until": "2s"}})
    pipeline.stream(columns("a", [0]), as_it_is, is_tape_time=True)
    assert (pipeline.due_ns, pipeline.release_ns) == (None, 2 * S)
    pipeline.pass_to(2 * S, as_it_is)
    assert texts_of(pipeline.take(2 * S)) == [(2 * S, framed("a"))]


def test_when_its_rules_go_nothing_is_lost():
    pipeline, _ = pipeline_of({"type": "stall"})
    pipeline.stream(columns("abc", [0, 0, 0]), lambda _: 0, is_tape_time=False)
    assert pipeline.due_ns is None
    pipeline.run((), (), 7 * S)
    assert b"".join(data for _, data in texts_of(pipeline.take(7 * S))) == framed("a", "b", "c")
    assert pipeline.is_idle


def test_flushing_sends_everything_in_order():
    pipeline, _ = pipeline_of({"type": "delay", "delay": "9s", "where": {"channel": "b"}}, LATENCY)
    pipeline.stream(columns("xyz", [0, 0, 0], ["a", "b", "c"]), lambda _: 0, is_tape_time=False)
    sent = b"".join(data for _, data in texts_of(pipeline.flush(0)))
    assert sent == framed("x", "z", "y")
    assert (pipeline.size, pipeline.due_ns) == (0, None)


def test_behind_an_end_nothing_comes():
    pipeline, log = pipeline_of({"type": "disconnect", "code": 1012, "when": {"nth": [2]}})
    pipeline.stream(columns("abc", [0, 0, 0]), lambda _: 0, is_tape_time=False)
    pipeline.stream(columns("d", [0]), lambda _: 1, is_tape_time=False)
    assert texts_of(pipeline.take(S)) == [(0, framed("a", "b")), (0, Ending(1012))]
    assert [(one.first, one.last) for one in log.entries()] == [(1, 1)]


def played(plan, rows, cuts):
    """Send messages in pieces; return the bytes by due time, and the log."""
    pipeline, log = pipeline_of(*plan)
    out = []
    bounds = [0, *sorted(cuts), len(rows)]
    for first, stop in pairwise(bounds):
        some = rows[first:stop]
        if some:
            texts, times = [text for text, _, _ in some], [at_ns for _, at_ns, _ in some]
            names = [channel for _, _, channel in some]
            pipeline.stream(columns(texts, times, names), as_it_is, is_tape_time=True)
            out += pipeline.take(times[-1])
    last_ns = rows[-1][1]
    pipeline.pass_to(last_ns + 100 * S, as_it_is)
    out += pipeline.take(last_ns + 1000 * S)
    gathered = {}
    for due_ns, data in texts_of(out):
        if isinstance(data, Ending):
            gathered["ending"] = (due_ns, data)
        else:
            gathered[due_ns] = gathered.get(due_ns, b"") + data
    pipeline.flush(0)
    return gathered, log.entries(), log.digest()


@given(
    st.lists(st.sampled_from(TOXICS), max_size=5, unique_by=str),
    st.sets(st.integers(1, 29)),
    st.lists(st.integers(0, 2), min_size=30, max_size=30),
)
def test_however_messages_are_gathered_the_same_becomes_of_them(plan, cuts, steps):
    at_ns, rows = 0, []
    for number, step in enumerate(steps):
        at_ns += step * S // 2
        rows.append((f"{number:02}", at_ns, "ab"[number % 2]))
    if not plan:
        plan = [LATENCY]
    assert played(plan, rows, cuts) == played(plan, rows, ())


@pytest.mark.parametrize(("dropped", "repeated"), [(0.3, 0), (0, 0.4), (0.2, 0.2)])
def test_bytes_in_are_bytes_out_and_what_was_dropped_less_what_was_repeated(dropped, repeated):
    pipeline, log = pipeline_of(
        {"type": "loss", "rate": dropped}, {"type": "duplicate", "when": {"probability": repeated}}
    )
    texts = [f"{number:05}" for number in range(2000)]
    pipeline.stream(columns(texts, [0] * 2000), lambda _: 0, is_tape_time=False)
    sent = b"".join(data for _, data in texts_of(pipeline.take(0)))
    size = len(framed("00000"))
    lost, doubled = (log.counts[name, "fake"] for name in ("loss", "duplicate"))
    assert len(sent) == size * (2000 - lost + doubled)
    assert bool(lost) == bool(dropped)
    assert bool(doubled) == bool(repeated)
