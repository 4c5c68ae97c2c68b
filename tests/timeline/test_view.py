from hypothesis import given
from hypothesis import strategies as st

from replayx.cassette.records import ChannelKind
from replayx.timeline.merge import Run
from replayx.timeline.view import Insertion, View
from tests.tapes import batch, channel, payloads

CHANNELS = {
    0: channel(0, "a", prefix=b"<a|", suffix=b">"),
    1: channel(1, "b", prefix=b"<b|", suffix=b">"),
    2: channel(2, "c"),
    3: channel(3, "", kind=ChannelKind.REPLY),
    4: channel(4, "a", market="other"),
}
COMBINED = {name: (b"<%s|" % name.encode(), b">") for name in ("a", "b", "c")}
RAW = dict.fromkeys(("a", "b", "c"), (b"", b""))


def _rows(inner: list[tuple[int, bytes]]):
    return [
        (at, number, CHANNELS[number].prefix + payload + CHANNELS[number].suffix)
        for at, (number, payload) in enumerate(inner)
    ]


def _naive(inner, wanted, first, stop, dropped):
    return [
        wanted[CHANNELS[number].name][0] + payload + wanted[CHANNELS[number].name][1]
        for k, (number, payload) in enumerate(inner)
        if first <= k < stop and number < 3 and CHANNELS[number].name in wanted and k not in dropped
    ]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=200)), min_size=1, max_size=30),
    st.sets(st.sampled_from("abc")),
    st.booleans(),
    st.sets(st.integers(0, 29), max_size=3),
    st.data(),
)
def test_a_view_gets_what_a_loop_over_messages_would_give(inner, names, combined, dropped, data):
    source = COMBINED if combined else RAW
    wanted = {name: source[name] for name in names}
    run = Run(0, batch(_rows(inner)), 0, len(inner))
    view = View("fake", wanted, [CHANNELS])
    first = data.draw(st.integers(0, len(inner)))
    stop = data.draw(st.integers(first, len(inner)))
    got = b"".join(view.frames(run, a, b, frozenset(dropped)) for a, b in [(first, stop)])
    assert payloads(got) == _naive(inner, wanted, first, stop, dropped)
    assert view.played == len(payloads(got))


def test_what_is_wanted_as_it_was_recorded_is_not_copied():
    made = batch(_rows([(0, b"1"), (1, b"2")]))
    frames = View("fake", COMBINED, [CHANNELS]).frames(Run(0, made, 0, 2), 0, 2, frozenset())
    assert frames.obj is made.frames.obj


def test_each_run_of_a_batch_is_projected_anew():
    made = batch(_rows([(0, b"1"), (2, b"2"), (0, b"3")]))
    view = View("fake", {"a": (b"", b"")}, [CHANNELS])
    first = view.frames(Run(0, made, 0, 1), 0, 1, frozenset())
    second = view.frames(Run(0, made, 1, 3), 1, 3, frozenset())
    assert payloads(first) + payloads(second) == [b"1", b"3"]


def _between(insertions):
    def insert(source, batch, *, first=0, stop=None):
        stop = batch.count if stop is None else stop
        return [one for one in insertions if first <= one.k < stop]

    return insert


def _inserted(places, count):
    """Return insertions of `a` beside messages, each payload saying where it stands."""
    return sorted(
        (
            Insertion(k, is_before, "a", b"%s %d" % (b"before" if is_before else b"behind", k))
            for k, is_before in places
            if k < count
        ),
        key=lambda one: (one.k, not one.is_before),
    )


@given(
    st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=9)), min_size=1, max_size=20),
    st.sets(st.tuples(st.integers(0, 19), st.booleans()), max_size=6),
    st.sets(st.sampled_from("bc")),
    st.booleans(),
    st.data(),
)
def test_what_follows_from_a_message_stands_beside_it(inner, places, names, combined, data):
    envelopes = COMBINED if combined else RAW
    wanted = {name: envelopes[name] for name in ("a", *names)}
    made = batch(_rows(inner))
    insertions = _inserted(places, len(inner))
    view = View("fake", wanted, [CHANNELS], insert=_between(insertions), replaced=frozenset("a"))
    expected = []
    for k, (number, payload) in enumerate(inner):
        for one in insertions:
            if (one.k, one.is_before) == (k, True):
                expected.append((k, wanted["a"], one.payload))
        if number < 4 and CHANNELS[number].name in names:
            expected.append((k, wanted[CHANNELS[number].name], payload))
        for one in insertions:
            if (one.k, one.is_before) == (k, False):
                expected.append((k, wanted["a"], one.payload))
    cut = data.draw(st.integers(0, len(inner)))
    run_first = data.draw(st.integers(0, cut))
    run = Run(0, made, run_first, len(inner))
    got = []
    for first, stop in ((run_first, cut), (cut, len(inner))):
        got += payloads(view.frames(run, first, stop, frozenset()))
    assert got == [p + payload + s for k, (p, s), payload in expected if k >= run_first]


def test_what_nothing_is_put_beside_is_still_not_copied():
    made = batch(_rows([(0, b"1"), (1, b"2")]))
    view = View("fake", COMBINED, [CHANNELS], insert=_between([]))
    frames = view.frames(Run(0, made, 0, 2), 0, 2, frozenset())
    assert frames.obj is made.frames.obj
