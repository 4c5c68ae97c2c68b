import hashlib
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.faults.fault_log import Injected
from replayx.faults.round_trip import Manner
from replayx.session.effects import Accept, Reply, SendFrames
from replayx.session.inputs import ConnectionLost, MessageReceived, PauseAsked
from replayx.session.moment import Moment
from replayx.session.run_entry import AnsweredEntry, EndEntry, SentEntry, TurnsEntry
from replayx.session.run_log import MARK_BYTES, RunLog
from replayx.session.transcript_entry import FaultEntry
from replayx.venues.venue import HttpReply

INJECTED = Injected(
    rule="r", toxic="drop", market="m", link="m/ws/1/downstream", first=3, last=5, at_ns=9
)


def moment(*effects, given=None, now_ns=0, at_ns=0, **more):
    return Moment(given, now_ns, at_ns, at_ns, effects, **more)


def noted(*moments):
    log = RunLog()
    for one in moments:
        log.note(one)
    return log


def kinds(entries):
    return [type(one).__name__ for one in entries]


def test_turns_that_lead_to_nothing_are_told_with_the_next_input():
    log = noted(moment(now_ns=5), moment(now_ns=8), moment(now_ns=9))
    assert log.take() == []
    log.note(moment(given=PauseAsked(1), now_ns=10))
    turns, command = log.take()
    assert turns == TurnsEntry(seq=1, at_ns=0, now_ns=9, first_ns=5, later_ns=(3, 1))
    assert (command.command, command.seq) == ("pause", 2)


def test_what_is_sent_is_told_as_a_digest_of_all_of_it():
    log = noted(
        moment(SendFrames((1, 2), b"ab"), now_ns=1),
        moment(SendFrames((1,), memoryview(b"cd")), now_ns=2),
        moment(given=PauseAsked(1), now_ns=3),
    )
    sent = [one for one in log.take() if isinstance(one, SentEntry)]
    assert [(one.connection, one.size, one.marks) for one in sent] == [(1, 4, ()), (2, 2, ())]
    assert sent[0].digest == hashlib.sha256(b"abcd").hexdigest()[:16]


def test_what_an_input_leads_to_stands_behind_it():
    log = noted(
        moment(
            Accept(1),
            Reply(2, HttpReply(200, b"{}", (("A", "b"),))),
            given=MessageReceived(1, b"x" * 100_000),
            injected=(INJECTED,),
            unmatched=("no /x",),
        )
    )
    entries = log.take()
    assert kinds(entries) == [
        "MessageEntry",
        "FaultEntry",
        "UnmatchedEntry",
        "AcceptEntry",
        "AnsweredEntry",
    ]
    assert [one.seq for one in entries] == [1, 2, 3, 4, 5]
    assert len(entries[0].payload.text) == 100_000
    fault, answered = entries[1], entries[4]
    assert isinstance(fault, FaultEntry)
    assert (fault.rule, fault.count, fault.runs) == ("r", 3, ((3, 5),))
    assert isinstance(answered, AnsweredEntry)
    assert (answered.status, answered.size, answered.manner) == (200, 2, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HttpReply(200, b"a"), HttpReply(200, b"b")),
        (HttpReply(200, b"a", (("x", "1"),)), HttpReply(200, b"a", (("x", "2"),))),
    ],
)
def test_answers_are_told_apart(one, other):
    first, second = (noted(moment(Reply(1, reply))).take()[-1] for reply in (one, other))
    assert first.digest != second.digest


def test_the_manner_of_an_answer_is_told():
    log = noted(moment(Reply(1, HttpReply(200, b"a"), Manner(cut_at=1))))
    assert '"cut_at":1' in log.take()[-1].manner


def test_a_quiet_stream_is_told_twice_a_second():
    log = RunLog()
    for k in range(11):
        log.note(moment(SendFrames((1,), b"x"), now_ns=k * 100_000_000))
    assert kinds(log.take()) == ["TurnsEntry", "SentEntry"] * 2


def test_turns_of_one_entry_are_bounded(monkeypatch):
    monkeypatch.setattr("replayx.session.run_log.RUN_TURNS_MAX", 4)
    log = noted(*(moment(now_ns=k) for k in range(9)))
    assert [len(one.later_ns) for one in log.take()] == [3, 3]


def test_a_connection_of_the_same_number_begins_anew():
    log = noted(
        moment(SendFrames((1,), b"ab")),
        moment(given=ConnectionLost(1)),
        moment(SendFrames((1,), b"c")),
    )
    log.end("f" * 64)
    entries = log.take()
    assert [one.size for one in entries if isinstance(one, SentEntry)] == [2, 1]
    assert entries[-1] == EndEntry(
        seq=entries[-1].seq, at_ns=0, now_ns=0, sent=3, fault_digest="f" * 64
    )


@given(st.lists(st.integers(1, 3 * MARK_BYTES), min_size=1, max_size=6), st.integers(0))
def test_marks_do_not_depend_on_how_bytes_are_cut(sizes, cut):
    whole = bytes(k % 251 for k in range(sum(sizes)))
    ends = [0, *accumulate(sizes)]
    cut = 1 + cut % len(whole)

    def told(*parts):
        log = noted(*(moment(SendFrames((1,), part)) for part in parts if part))
        log.end("")
        sent = [one for one in log.take() if isinstance(one, SentEntry)]
        return [mark for one in sent for mark in one.marks], sent[-1].digest

    marks, digest = told(*(whole[first:stop] for first, stop in pairwise(ends)))
    assert (marks, digest) == told(whole[:cut], whole[cut:])
    stops = range(MARK_BYTES, len(whole) + 1, MARK_BYTES)
    assert marks == [hashlib.sha256(whole[:stop]).hexdigest()[:16] for stop in stops]
