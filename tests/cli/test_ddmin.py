import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.cli.ddmin import ddmin, least


@pytest.mark.parametrize(
    ("items", "needed", "kept"),
    [
        ("abcdefgh", "c", "c"),
        ("abcdefgh", "ah", "ah"),
        ("abcdefgh", "aceg", "aceg"),
        ("abcdefgh", "abcdefgh", "abcdefgh"),
        ("a", "a", "a"),
        ("abc", "b", "b"),
    ],
)
def test_what_is_needed_is_kept_in_its_order(items, needed, kept):
    assert ddmin(items, lambda part: set(needed) <= set(part)) == list(kept)


@given(st.sets(st.integers(0, 19), min_size=1))
def test_nothing_that_is_not_needed_is_kept(needed):
    asked = []

    def fails(part):
        asked.append(part)
        return needed <= set(part)

    assert ddmin(range(20), fails) == sorted(needed)
    assert len(asked) <= 20 * 20


@given(st.sets(st.sets(st.integers(0, 7), min_size=1).map(frozenset), min_size=1))
def test_no_single_item_can_go(causes):
    items = list(range(8))

    def fails(part):
        return any(cause <= set(part) for cause in causes)

    kept = ddmin(items, fails)
    assert fails(kept)
    assert len(kept) == 1 or not any(fails([one for one in kept if one != gone]) for gone in kept)


@pytest.mark.parametrize(("first", "least_one"), [(1, 1), (50, 50), (100, 100)])
def test_the_least_that_fails_is_found_by_halving(first, least_one):
    asked = []

    def fails(number):
        asked.append(number)
        return number >= first

    assert least(0, 100, 1, fails) == least_one
    assert len(asked) <= 7


def test_it_is_found_about_where_it_is():
    assert 50 <= least(0, 1000, 16, lambda number: number >= 50) < 66
