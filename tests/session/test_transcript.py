import msgspec
import pytest

from replayx import limits
from replayx.cassette.redact import SecretRules
from replayx.faults.fault_log import FaultLog
from replayx.session.effects import Accept, Reply
from replayx.session.inputs import (
    ConnectionAsked,
    MessageReceived,
    PauseAsked,
    RequestReceived,
    RequestRefused,
    ResetAsked,
)
from replayx.session.transcript import Transcript
from replayx.session.transcript_entry import PlayedEntry
from replayx.venues.venue import HttpReply, HttpRequest, Refusal

KEY = "k3y" * 16
RULES = SecretRules(
    identifiers=frozenset({"apikey", "x-key"}),
    erased=frozenset({"signature"}),
    path_token_lengths=frozenset({48}),
)


def transcript(*rules):
    return Transcript(rules, b"salt")


def kinds(entries):
    return [msgspec.to_builtins(entry)["kind"] for entry in entries]


def test_entries_are_numbered_in_order():
    seen = transcript()
    seen.given(ConnectionAsked(1, "fake", "/s/a"), 10, 100)
    seen.done(Accept(1), 10, 100)
    seen.unanswered("no /x", 20, 200)
    entries = seen.entries(0, 100)
    assert [(one.seq, one.at_ns, one.now_ns) for one in entries] == [
        (1, 10, 100),
        (2, 10, 100),
        (3, 20, 200),
    ]
    assert kinds(entries) == ["connect", "accept", "unmatched"]
    assert seen.next_seq == 4


@pytest.mark.parametrize(
    ("since", "limit", "seqs"), [(0, 2, [1, 2]), (2, 1, [2]), (3, 9, [3]), (4, 9, []), (99, 9, [])]
)
def test_entries_are_read_in_pages(since, limit, seqs):
    seen = transcript()
    for number in range(3):
        seen.given(PauseAsked(number), 0, 0)
    assert [one.seq for one in seen.entries(since, limit)] == seqs


def test_what_is_sent_between_two_entries_is_one_entry():
    seen = transcript()
    seen.given(PauseAsked(1), 10, 100)
    seen.sent(2, 30)
    seen.sent(1, 4)
    assert seen.sent_bytes == 64
    seen.given(PauseAsked(2), 50, 500)
    played = PlayedEntry(seq=2, at_ns=50, now_ns=500, from_ns=10, writes=3, size=64)
    assert seen.entries(2, 1) == [played]
    assert seen.sent_bytes == 64
    assert kinds(seen.entries(0, 9)) == ["command", "played", "command"]


def test_what_was_sent_last_is_an_entry_once_it_is_settled():
    seen = transcript()
    seen.sent(1, 5)
    assert seen.entries(0, 9) == []
    seen.settle(7, 70)
    seen.settle(8, 80)
    assert kinds(seen.entries(0, 9)) == ["played"]


def test_it_counts():
    seen = transcript()
    seen.given(RequestReceived(1, "fake", HttpRequest("GET", "/x")), 0, 0)
    seen.given(ConnectionAsked(2, "fake", "/s"), 0, 0)
    seen.given(MessageReceived(2, b"hello"), 0, 0)
    seen.unanswered("no /x", 0, 0)
    assert (seen.requests, seen.connections) == ({"fake": 1}, {"fake": 1})
    assert (seen.messages, seen.unmatched_total) == (1, 1)


def test_the_oldest_entries_make_room(monkeypatch):
    monkeypatch.setattr("replayx.session.transcript.TRANSCRIPT_ENTRIES_MAX", 3)
    seen = transcript()
    for number in range(5):
        seen.given(PauseAsked(number), 0, 0)
    assert [one.seq for one in seen.entries(0, 9)] == [3, 4, 5]
    assert [one.seq for one in seen.entries(4, 1)] == [4]
    assert seen.dropped == 2


def test_large_payloads_make_room_too():
    seen = transcript()
    size = limits.TRANSCRIPT_PAYLOAD_BYTES_MAX
    for _ in range(2 * limits.TRANSCRIPT_BYTES_MAX // size):
        seen.given(MessageReceived(1, b"." * 2 * size), 0, 0)
    entries = seen.entries(0, limits.TRANSCRIPT_ENTRIES_MAX)
    assert sum(len(one.payload.text) for one in entries) <= limits.TRANSCRIPT_BYTES_MAX
    assert len(entries) > 200
    assert seen.dropped


@pytest.mark.parametrize(
    "given",
    [
        RequestReceived(1, "m", HttpRequest("GET", f"/x?apiKey={KEY}&a=1")),
        RequestReceived(1, "m", HttpRequest("GET", "/x", (("X-Key", KEY),))),
        RequestReceived(1, "m", HttpRequest("POST", "/x", (), f"signature={KEY}".encode())),
        RequestReceived(1, "m", HttpRequest("POST", "/x", (), b"\xffsignature=%b" % KEY.encode())),
        RequestRefused(1, "m", Refusal.BODY_TOO_LARGE, f"apiKey={KEY}"),
        ConnectionAsked(1, "m", f"/ws/{KEY}"),
        MessageReceived(1, b'{"params":{"apiKey":"%b","b":1}}' % KEY.encode()),
    ],
)
def test_secrets_are_never_told(given):
    seen = transcript(SecretRules(), RULES)
    seen.given(given, 0, 0)
    (entry,) = seen.entries(0, 1)
    assert KEY not in str(entry)
    assert KEY not in msgspec.json.encode(entry).decode()


def test_a_secret_told_later_is_found_in_what_came_before():
    seen = transcript(RULES)
    seen.unanswered(f"who is {KEY[:20]}?", 0, 0)
    seen.given(MessageReceived(1, b'{"apiKey":"%b"}' % KEY[:20].encode()), 0, 0)
    assert KEY[:20] not in str(seen.entries(0, 9))
    assert KEY[:20] not in str(seen.unmatched(9))


def test_unmatched_requests_are_the_last_ones():
    seen = transcript()
    for number in range(4):
        seen.unanswered(f"no /{number}", 0, 0)
        seen.given(PauseAsked(number), 0, 0)
    assert [one.message for one in seen.unmatched(2)] == ["no /2", "no /3"]


def test_an_answer_is_told_in_numbers():
    seen = transcript()
    body = b"x" * (1 << 20)
    seen.done(Reply(1, HttpReply(200, body)), 0, 0)
    assert "xx" not in str(seen.entries(0, 1))


def test_a_reset_forgets_what_had_no_answer():
    seen = transcript()
    seen.unanswered("no /a", 0, 0)
    seen.given(ResetAsked(1), 0, 0)
    assert (seen.unmatched(9), seen.unmatched_count) == ([], 0)
    seen.unanswered("no /b", 0, 0)
    assert [one.message for one in seen.unmatched(9)] == ["no /b"]
    assert (seen.unmatched_count, seen.unmatched_total) == (1, 2)


def test_what_was_injected_is_told_before_what_comes_next():
    seen, log = transcript(), FaultLog()
    seen.fault_log = log
    for index in range(3):
        log.note("r", "drop", market="m", link="k", touched=[(index, 5)])
    seen.given(PauseAsked(1), 10, 100)
    log.note("r", "drop", market="m", link="k", touched=[(3, 15)])
    seen.settle(20, 200)
    seen.settle(30, 300)
    fault, command, later = seen.entries(0, 9)
    assert (fault.count, fault.runs, fault.at_ns) == (3, ((0, 2),), 10)
    assert command.seq == 2
    assert (later.count, later.runs, later.seq) == (1, ((3, 3),), 3)
