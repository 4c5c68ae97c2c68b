"""Failures by number: the first one listed has it."""

import pytest

from replayx.faults.failure_numbers import by_number, is_number
from replayx.venues.fault_side import Failure


def failure(word, status, code=None):
    return Failure(word, "summary", "source", status, code)


@pytest.mark.parametrize("word", ["429", "-1021", "-20100"])
def test_numbers(word):
    assert is_number(word)


@pytest.mark.parametrize("word", ["", "42", "-", "429x", "4.29", "--429", "-202020"])
def test_no_numbers(word):
    assert not is_number(word)


def test_the_first_one_counts_and_what_all_mistakes_share_stands_for_none():
    found = by_number(
        [
            failure("busy", 429, -1003),
            failure("orders", 429, -1015),
            failure("late", 400, -1021),
            failure("early", 400, -1021),
            failure("page", 404),
            failure("country", 451, 0),
        ]
    )
    assert found == {
        "429": "busy",
        "-1003": "busy",
        "-1015": "orders",
        "-1021": "late",
        "404": "page",
        "451": "country",
    }
