"""Counts in windows that the venue's clock aligns."""

import msgspec

from replayx.limits import LIMITED_CLIENTS_MAX
from replayx.ratelimit.windows import Windows
from tests.ratelimit.rules import WEIGHT, S


def test_a_window_ends_where_the_venues_clock_says():
    windows = Windows(WEIGHT)
    assert windows.add("a", 3, 50 * S, 0) == 3
    assert windows.end_ns("a", 50 * S, 0) == 60 * S
    assert windows.used("a", 60 * S - 1) == 3
    assert windows.used("a", 60 * S) == 0


def test_an_offset_moves_the_windows():
    windows = Windows(WEIGHT)
    windows.add("a", 1, 50 * S, 15 * S)  # the venue's clock shows 65 s
    assert windows.end_ns("a", 50 * S, 15 * S) == 105 * S


def test_a_window_that_has_begun_ends_when_it_was_to():
    windows = Windows(WEIGHT)
    windows.add("a", 1, 50 * S, 0)
    assert windows.end_ns("a", 51 * S, 30 * S) == 60 * S
    assert windows.end_ns("a", 60 * S, 30 * S) == 90 * S


def test_each_owner_has_a_count_of_its_own():
    windows = Windows(WEIGHT)
    windows.add("a", 1, 0, 0)
    windows.add("b", 2, 0, 0)
    assert (windows.used("a", 1), windows.used("b", 1), windows.used("c", 1)) == (1, 2, 0)
    assert windows.owners(1) == ["a", "b"]
    assert windows.owners(60 * S) == []


def test_very_many_owners_do_not_pile_up():
    windows = Windows(msgspec.structs.replace(WEIGHT, period_ns=10**15))
    for number in range(LIMITED_CLIENTS_MAX + 3):
        windows.add(str(number), 1, number, 0)
    kept = windows.owners(LIMITED_CLIENTS_MAX + 3)
    assert len(kept) == LIMITED_CLIENTS_MAX
    assert kept[0] == "3"  # the first ones had to go


def test_windows_that_are_over_go_first():
    windows = Windows(WEIGHT)
    for number in range(LIMITED_CLIENTS_MAX):
        windows.add(f"earlier {number}", 1, 59 * S, 0)
    windows.add("first", 1, 60 * S, 0)
    for number in range(LIMITED_CLIENTS_MAX - 1):
        windows.add(str(number), 1, 60 * S, 0)
    assert windows.owners(60 * S)[0] == "first"
