import pytest

from replayx.session import run_entry
from replayx.session import transcript_entry as told
from replayx.session.run_words import in_words, run_in_words
from replayx.session.stops import StopAfter
from tests.session.test_transcript_entry import CLOCK, EFFECTS, INPUTS, PLACE

BODY = told.Body(2, text="+a")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            told.RequestEntry(**PLACE, number=1, market="m", method="GET", target="/x", headers=(),
                              body=told.Body(0)),
            "request 1: GET /x",
        ),
        (told.ConnectEntry(**PLACE, connection=1, market="m", target="/s"),
         "connection 1 asked for /s"),
        (told.MessageEntry(**PLACE, connection=1, payload=BODY), "connection 1 said '+a'"),
        (told.PongEntry(**PLACE, connection=1, payload=told.Body(1, base64=b"\xff")),
         "connection 1 sent a pong of 1 bytes"),
        (told.CloseEntry(**PLACE, connection=1, code=1008, reason="slow"),
         "connection 1 was closed with 1008 (slow)"),
        (told.CloseEntry(**PLACE, connection=1, code=1001, reason=""),
         "connection 1 was closed with 1001"),
        (told.AbortEntry(**PLACE, connection=1, is_reset=True), "connection 1 was reset"),
        (
            told.ReachEntry(**PLACE, market="m", reach="refused"),
            "m was refused to connections from then on",
        ),
        (told.CommandEntry(**PLACE, command="speed", speed="2"), "command speed 2"),
        (told.CommandEntry(**PLACE, command="seek", to_ns=5), "command seek to 5"),
        (told.CommandEntry(**PLACE, command="run-until", stop=StopAfter(3)),
         "command run-until StopAfter(messages=3)"),
        (told.ClockEntry(**PLACE, number=1, clock=CLOCK),
         "the clock's answer 1: running, 2 messages played"),
        (
            told.FaultEntry(**PLACE, rule="r", toxic="drop", market="m", link="m/ws/1", count=3,
                            runs=((1, 1), (4, 5))),
            "r (drop) acted on 1, 4 to 5 of m/ws/1",
        ),
        (run_entry.AnsweredEntry(**PLACE, number=1, status=200, size=2, digest="ab"),
         "answer 1: status 200, 2 bytes with digest ab"),
        (run_entry.SentEntry(**PLACE, connection=1, size=9, digest="ab"),
         "connection 1 had been sent 9 bytes with digest ab"),
        (run_entry.TurnsEntry(**PLACE, first_ns=1, later_ns=(1,)), "2 turns of the session"),
        (run_entry.EndEntry(**PLACE, sent=9, fault_digest="f" * 64),
         "the end: 9 bytes sent, faults ffffffffffffffff"),
    ],
)  # fmt: skip
def test_an_entry_in_words(entry, words):
    assert in_words(entry) == words


def test_there_are_words_for_every_entry():
    entries = [told.input_entry(given, PLACE) for given, _ in INPUTS]
    entries += [told.effect_entry(done, PLACE) for done, _ in EFFECTS]
    assert all(0 < len(in_words(entry)) < 300 for entry in entries)


def test_long_texts_are_cut():
    entry = told.ConnectEntry(**PLACE, connection=1, market="m", target="/" + "x" * 9000)
    assert len(in_words(entry)) < 200


@pytest.mark.parametrize(("run", "words"), [((1, 1), "1"), ((1, 2), "1 to 2")])
def test_a_run_in_words(run, words):
    assert run_in_words(run) == words
