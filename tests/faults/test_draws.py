import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx import rng
from replayx.faults.draws import BLOCK_COUNT, Chance, FlowDraws


@given(st.integers(0, 3 * BLOCK_COUNT), st.integers(1, 2 * BLOCK_COUNT), st.integers(1, 700))
def test_numbers_are_the_same_however_they_are_asked_for(index, count, step):
    whole = Chance(1, "a", "link").column(0, index, count)
    chance = Chance(1, "a", "link")
    pieces = [
        number
        for first in range(0, count, step)
        for number in chance.column(0, index + first, min(step, count - first))
    ]
    assert pieces == whole
    assert len(whole) == count
    assert all(0 <= number < 1 for number in whole)
    assert Chance(1, "a", "link").row(1, index) == [whole[0]]


@pytest.mark.parametrize("other", [(2, "a", "x"), (1, "b", "x"), (1, "a", "y")])
def test_another_seed_rule_or_link_has_other_numbers(other):
    assert Chance(1, "a", "x").column(0, 0, 9) != Chance(*other).column(0, 0, 9)


def test_columns_are_independent():
    draws = FlowDraws(Chance(1, "a", "x"), 5, 3)
    assert draws.column(0) != draws.column(1)
    assert draws.column(0) == Chance(1, "a", "x").column(0, 0, 8)[5:]


def test_numbers_are_those_of_every_python():
    assert rng.numbers(1, "a", 2) == pytest.approx(rng.numbers(1, "a", 3)[:2], abs=0)
    assert Chance(7, "rule", "link").row(1, 0) == rng.numbers(7, "link|rule|0|0", 1)
