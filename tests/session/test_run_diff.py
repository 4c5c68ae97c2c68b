import random

import msgspec
import pytest

from replayx.session.run_diff import RunThreads, differences, partings
from replayx.session.run_entry import (
    AnsweredEntry,
    CassetteIdentity,
    RunHeader,
    SentEntry,
    TurnsEntry,
)
from replayx.session.run_log import MARK_BYTES
from replayx.session.transcript_entry import (
    Body,
    ClockEntry,
    CloseEntry,
    ConnectEntry,
    FaultEntry,
    HistoryEntry,
    PongEntry,
    RequestEntry,
)
from tests.session.test_rerun import make, wander
from tests.session.test_transcript_entry import CLOCK

HEADER = RunHeader(
    replayx="1",
    cassettes=(CassetteIdentity("a.rpx", 1, "00"),),
    markets=("m",),
    speed="1",
    regime="wall",
    at_end="hold",
    starts="now",
    on_seek="close",
)


def at(at_ns, *, seq=1, now_ns=0):
    return {"seq": seq, "at_ns": at_ns, "now_ns": now_ns}


def close(at_ns, code=1001, **more):
    return CloseEntry(**at(at_ns, **more), connection=1, code=code, reason="")


def fault(at_ns, *runs, rule="r"):
    count = sum(1 + last - first for first, last in runs)
    return FaultEntry(
        **at(at_ns), rule=rule, toxic="drop", market="m", link="k", count=count, runs=runs
    )


def sent(at_ns, size, digest, *marks):
    return SentEntry(**at(at_ns), connection=1, size=size, digest=digest, marks=marks)


def request(at_ns, target="/x", port=1, agent="me"):
    headers = (("Host", f"127.0.0.1:{port}"), ("User-Agent", agent))
    return RequestEntry(
        **at(at_ns), number=1, market="m", method="GET", target=target, headers=headers,
        body=Body(0),
    )  # fmt: skip


def parted(a, b, **more):
    return partings(RunThreads(a), RunThreads(b), **more)


def test_a_run_does_not_part_from_itself():
    entries = wander(make(), random.Random(5))
    assert parted(entries, entries) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([close(5, seq=1, now_ns=7)], [close(5, seq=9, now_ns=99)]),
        ([request(5, port=1)], [request(5, port=2)]),
        ([TurnsEntry(**at(1), first_ns=5)], []),
        ([HistoryEntry(**at(1), market="m", is_built=True)], []),
        ([fault(1, (0, 3))], [fault(1, (0, 1)), fault(2, (2, 3))]),
        ([sent(1, 9, "ab")], [sent(1, 5, "cd"), sent(2, 9, "ab")]),
    ],
)
def test_what_is_of_the_machine_alone_is_no_difference(a, b):
    assert parted(a, b) == []
    assert parted(b, a) == []


@pytest.mark.parametrize(
    ("a", "b", "thread", "words"),
    [
        ([close(5)], [close(6)], "events", ("connection 1 was closed with 1001",) * 2),
        ([close(5)], [close(5, 1008)], "events",
         ("connection 1 was closed with 1001", "connection 1 was closed with 1008")),
        ([close(5)], [], "events", ("connection 1 was closed with 1001", "nothing more")),
        ([request(5)], [request(5, "/y")], "events", ("request 1: GET /x", "request 1: GET /y")),
        ([request(5)], [request(5, agent="you")], "events", ("request 1: GET /x",) * 2),
        ([fault(5, (0, 3))], [fault(5, (0, 2))], "faults", ("acted on 0 to 3", "acted on 0 to 2")),
        ([], [fault(5, (7, 7))], "faults", ("nothing more", "acted on 7")),
        ([sent(5, 2, "ab")], [sent(5, 2, "cd")], "bytes",
         ("2 bytes were sent in all, of digest ab", "2 bytes were sent in all, of digest cd")),
        ([sent(5, 2, "ab")], [], "bytes",
         ("2 bytes were sent in all, of digest ab", "nothing was sent")),
    ],
)  # fmt: skip
def test_what_differs_is_told_in_words(a, b, thread, words):
    (one,) = parted(a, b)
    assert (one.thread, one.at_ns) == (thread, 5)
    assert (one.a, one.b) == words


def test_the_first_parting_on_the_tape_comes_first():
    a = [fault(7, (0, 0)), sent(3, 1, "ab"), close(5)]
    found = parted(a, [])
    assert [(one.thread, one.at_ns) for one in found] == [("bytes", 3), ("events", 5),
                                                         ("faults", 7)]  # fmt: skip


def test_what_both_had_before_is_told():
    (one,) = parted([request(1), close(2)], [request(1), close(2, 1008)])
    assert one.common == "1 events, the last: request 1: GET /x"
    (one,) = parted([fault(1, (0, 2), (4, 4))], [fault(1, (0, 2), (5, 5))])
    assert (one.common, one.where) == ("3 faults of this rule on this link", "r (drop) on k")


def test_bytes_part_at_a_mark():
    a = [sent(1, 2 * MARK_BYTES, "x", "m1"), sent(2, 3 * MARK_BYTES, "y", "m2", "m3")]
    b = [sent(3, 3 * MARK_BYTES, "z", "m1", "m2", "n3")]
    (one,) = parted(a, b)
    assert one.common == f"{2 * MARK_BYTES} bytes of this connection"
    assert one.a == f"bytes {2 * MARK_BYTES} to {3 * MARK_BYTES} led to digest m3"
    assert one.at_ns == 2


def test_times_within_a_tolerance_are_the_same():
    a, b = [close(100)], [close(105)]
    assert parted(a, b, tolerance_ns=5) == []
    assert len(parted(a, b, tolerance_ns=4)) == 1
    assert parted(a, b, tolerance_ns=None) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AnsweredEntry(**at(1), number=1, status=200, size=9, digest="ab"),
         AnsweredEntry(**at(1), number=1, status=200, size=8, digest="cd")),
        (PongEntry(**at(1), connection=1, payload=Body(1, text="1")),
         PongEntry(**at(1), connection=1, payload=Body(1, text="2"))),
        (ClockEntry(**at(1), number=1, clock=CLOCK),
         ClockEntry(**at(1), number=1, clock=msgspec.structs.replace(CLOCK, delivered=9))),
    ],
)  # fmt: skip
def test_what_shows_times_counts_if_times_do(one, other):
    assert len(parted([one], [other])) == 1
    assert parted([one], [other], tolerance_ns=None) == []


def test_another_status_is_another_answer():
    one = AnsweredEntry(**at(1), number=1, status=200, size=9, digest="ab")
    other = msgspec.structs.replace(one, status=418)
    assert len(parted([one], [other], tolerance_ns=None)) == 1


def test_who_asks_for_something_else_is_seen():
    one = ConnectEntry(**at(1), connection=1, market="m", target="/s/a")
    assert len(parted([one], [msgspec.structs.replace(one, target="/s/b")])) == 1


def test_how_runs_were_made_is_compared():
    other = msgspec.structs.replace(
        HEADER, seed=5, speed="max", cassettes=(CassetteIdentity("b.rpx", 1, "01"),)
    )
    assert differences(HEADER, HEADER) == []
    assert differences(HEADER, other) == [
        'speed: "1", "max"',
        "seed: 0, 5",
        "cassettes: a.rpx; b.rpx",
    ]
    moved = msgspec.structs.replace(HEADER, cassettes=(CassetteIdentity("elsewhere", 1, "00"),))
    assert differences(HEADER, moved) == []
