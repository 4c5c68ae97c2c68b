"""A telling gives what stands beside any messages, and makes no more than it has to."""

from hypothesis import given
from hypothesis import strategies as st

from replayx.session.telling import Telling, Tellings
from replayx.timeline.view import Insertion

PLACES = st.lists(st.integers(0, 20), max_size=20).map(sorted)


def insertions(places):
    return [Insertion(k, False, "a", b"%d" % number) for number, k in enumerate(places)]


@given(PLACES, st.lists(st.tuples(st.integers(0, 21), st.integers(0, 21)), max_size=8))
def test_any_messages_get_what_stands_beside_them(places, asked):
    made = insertions(places)
    telling = Telling(iter(made))
    for first, stop in asked:
        assert telling.between(first, stop) == [one for one in made if first <= one.k < stop]


@given(PLACES, st.integers(0, 21))
def test_what_comes_later_is_made_later(places, stop):
    coming = iter(insertions(places))
    Telling(coming).between(0, stop)
    left = len(list(coming))
    assert left >= sum(k >= stop for k in places) - 1  # the one that shows where to stop


def test_what_it_takes_grows_with_what_was_made():
    telling = Telling(iter(insertions([1, 5, 9])))
    sizes = [telling.size]
    for stop in (1, 5, 9, 10):
        telling.between(0, stop)
        sizes.append(telling.size)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[-1]


def test_a_chunk_is_shared_while_it_is_played():
    tellings = Tellings()
    tellings.play(0, (0, 3))
    one = tellings.of(0, "a", iter(insertions([1])))
    tellings.play(1, (0, 9))
    tellings.play(0, (0, 3))
    assert tellings.of(0, "a", iter(())) is one
    tellings.play(0, (1, 3))
    assert tellings.of(0, "a", iter(())) is not one
    assert tellings.between([one], 0, 2) == insertions([1])


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr("replayx.session.telling.DERIVED_CACHE_BYTES", 1000)
    tellings = Tellings()
    tellings.play(0, (0, 0))
    large = tellings.of(0, "large", iter(insertions(range(20))))
    assert len(tellings.between([large], 0, 20)) == 20
    small = tellings.of(0, "small", iter(insertions([1])))
    assert tellings.of(0, "small", iter(())) is small
    assert tellings.of(0, "large", iter(())) is not large
    assert len(tellings.between([large], 0, 20)) == 20
