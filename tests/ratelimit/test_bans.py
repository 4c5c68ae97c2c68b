"""Bans: who does not wait, and how long for."""

import pytest

from replayx.limits import LIMITED_CLIENTS_MAX
from replayx.ratelimit.bans import Bans
from tests.ratelimit.rules import BAN, S


def refuse(bans, times, *, at_ns=0, wait_ns=60 * S):
    return [bans.refuse("a", at_ns, at_ns + wait_ns) for _ in range(times)]


def test_one_refusal_too_many_is_a_ban():
    bans = Bans(BAN)
    assert refuse(bans, 3) == [False, False, True]
    assert bans.until_ns("a", 0) == 120 * S
    assert bans.until_ns("a", 120 * S - 1) == 120 * S
    assert bans.until_ns("a", 120 * S) is None
    assert bans.until_ns("b", 0) is None


def test_who_waits_as_told_is_not_banned():
    bans = Bans(BAN)
    for minute in range(10):
        assert refuse(bans, 2, at_ns=minute * 60 * S) == [False, False]


@pytest.mark.parametrize(
    ("pause_s", "lengths_s"),
    [
        (10, [120, 240, 480, 960, 1000, 1000]),
        (1999, [120, 240, 480, 960, 1000, 1000]),
        (2000, [120, 120, 120, 120, 120, 120]),
    ],
)
def test_each_ban_is_longer_until_it_is_forgotten(pause_s, lengths_s):
    bans, now_ns, found = Bans(BAN), 0, []
    for _ in lengths_s:
        refuse(bans, 3, at_ns=now_ns, wait_ns=S)
        until_ns = bans.until_ns("a", now_ns)
        found.append((until_ns - now_ns) // S)
        now_ns = until_ns + pause_s * S
    assert found == lengths_s


def test_cut_connections_lead_to_a_ban_within_their_period():
    bans = Bans(BAN)
    assert not bans.cut("a", 0, 1, 10 * S)
    assert not bans.cut("a", 10 * S, 1, 10 * S)  # the first lies too far back
    assert bans.cut("a", 19 * S, 1, 10 * S)
    assert bans.banned(19 * S) == [("a", 139 * S, 1)]


def test_very_many_addresses_do_not_pile_up():
    bans = Bans(BAN)
    refuse(bans, 3)
    for number in range(LIMITED_CLIENTS_MAX + 5):
        bans.refuse(str(number), 3000 * S, 3001 * S)
    assert bans.until_ns("a", 0) is None  # forgotten: nothing of it matters at 3000 s


def test_no_ban_is_too_long_to_be_told():
    bans = Bans(BAN)
    for _ in range(200):
        refuse(bans, 3)
    assert bans.until_ns("a", 0) == 1000 * S
