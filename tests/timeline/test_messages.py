from replayx.timeline.messages import Messages
from replayx.timeline.tape import Tape
from replayx.timeline.view import Insertion, View
from tests.tapes import channel, payloads, source

ROWS = [(10, 0, b"a0"), (11, 1, b"b1"), (12, 0, b"a2"), (13, 1, b"b3")]
CHANNELS = [channel(0, "a"), channel(1, "b")]


def messages_of(wanted, **more):
    tape = Tape([source(CHANNELS, ROWS)])
    view = View("fake", dict.fromkeys(wanted, (b"", b"")), tape.channels, **more)
    run, first, stop, dropped, _ = tape.take(None, 1 << 20)
    return view, view.messages(run, first, stop, dropped)


def rows(messages):
    return [
        (at_ns, name, payloads(messages.cut(k, k + 1))[0])
        for k, (at_ns, name) in enumerate(zip(messages.at_ns, messages.channel, strict=True))
    ]


def test_a_whole_chunk_is_one_slice_and_has_columns_when_they_are_asked_for():
    view, messages = messages_of("ab")
    assert (messages.count, view.played) == (4, 4)
    assert rows(messages) == [(at, "ab"[number], text) for at, number, text in ROWS]
    assert messages.cut(0, 4) is messages.whole


def test_of_a_projection_it_knows_what_is_left():
    _, messages = messages_of("b")
    assert rows(messages) == [(11, "b", b"b1"), (13, "b", b"b3")]
    assert payloads(messages.whole) == [b"b1", b"b3"]


def test_insertions_stand_at_their_places():
    def insert(source, batch, *, first=0, stop=None):
        return [Insertion(0, True, "d", b"d0"), Insertion(2, False, "d", b"d2")]

    for wanted in ("abd", "bd"):
        view, messages = messages_of(wanted, insert=insert)
        expected = [(10, "d", b"d0"), (10, "a", b"a0"), (11, "b", b"b1"), (12, "a", b"a2"),
                    (12, "d", b"d2"), (13, "b", b"b3")]  # fmt: skip
        expected = [row for row in expected if row[1] in wanted]
        assert rows(messages) == expected
        assert payloads(messages.whole) == [text for _, _, text in expected]
        assert view.played == messages.count == len(expected)


def test_nothing_is_made_that_nobody_asks_for():
    def never():
        raise AssertionError("asked for")

    messages = Messages(memoryview(b"x"), 1, lengths=never, channel=never, at_ns=never)
    assert bytes(messages.cut(0, 1)) == b"x"
