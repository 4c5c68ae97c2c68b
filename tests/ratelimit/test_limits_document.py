"""Limits as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.errors import InvalidOption
from replayx.ratelimit.limits_document import (
    NO_LIMITS,
    VENUE_LIMITS,
    Limits,
    limits_document,
    limits_from_document,
)
from replayx.venues.rate_side import REQUESTS
from tests.ratelimit.rules import ORDERS, RAW, RULES, WEIGHT, S

WORDS = [rule.word for rule in RULES.limits]


def imposed(**document):
    return limits_from_document(document, "limits.toml", words=WORDS).applied_to(RULES)


def test_an_empty_document_is_the_venues_limits():
    assert limits_from_document({}, "x") == VENUE_LIMITS
    assert VENUE_LIMITS.applied_to(RULES) == RULES
    assert VENUE_LIMITS.date == ""


def test_off_imposes_nothing():
    assert limits_from_document({"rules": "off"}, "x") == NO_LIMITS
    assert NO_LIMITS.applied_to(RULES) is None


def test_a_date_is_kept():
    assert limits_from_document({"rules": "2024-01-01"}, "x").date == "2024-01-01"


def test_the_plain_knobs_count_requests_and_messages():
    rules = imposed(rest_limit=3, rest_period_ms=500, ws_limit=2, ws_burst=9)
    weight = rules.limits[0]
    assert (weight.word, weight.pool) == ("request_weight", REQUESTS)
    assert (weight.limit, weight.period_ns, weight.kind) == (3, S // 2, "REQUEST_WEIGHT")
    assert rules.limits[1:] == (ORDERS, RAW)
    assert (rules.sockets.messages_per_s, rules.sockets.burst) == (2, 9)


def test_knobs_alone_leave_everything_else_off():
    rules = imposed(rules="off", rest_limit=3)
    assert [(rule.word, rule.limit, rule.period_ns) for rule in rules.limits] == [
        ("request_weight", 3, WEIGHT.period_ns)
    ]
    assert rules.sockets.messages_per_s is None
    rules = imposed(rules="off", ws_limit=4)
    assert rules.limits == ()
    assert (rules.sockets.messages_per_s, rules.sockets.burst) == (4, 4)


def test_limits_bans_and_sockets_are_changed_by_name():
    rules = imposed(
        limits={"orders_10s": 7},
        ban={"after": 0, "first": "10s", "most": "1m", "growth": 3, "forgotten_after": "1h"},
        sockets={"cuts": 2, "cuts_period": "1m", "message_bytes": 4096, "target_bytes": 8000},
    )
    assert [rule.limit for rule in rules.limits] == [10, 7, 30]
    ban, sockets = rules.ban, rules.sockets
    assert (ban.refusals_max, ban.first_ns, ban.most_ns, ban.growth) == (0, 10 * S, 60 * S, 3)
    assert ban.forgotten_after_ns == 3600 * S
    assert (sockets.cuts_max, sockets.cuts_period_ns) == (2, 60 * S)
    assert (sockets.message_bytes_max, sockets.target_bytes_max) == (4096, 8000)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"rest_limits": 1}, "unknown key 'rest_limits'"),
        ({"ban": {"frist": "2m"}}, "Did you mean 'first'?"),
        ({"rules": "2024-13-01"}, "limits.toml: rules: the rules '2024-13-01'"),
        ({"rules": "20240101"}, "a date such as"),
        ({"rules": "venu"}, "Did you mean 'venue'?"),
        ({"rest_limit": 0}, "rest_limit"),
        ({"rest_limit": "ten"}, "rest_limit"),
        ({"rest_period_ms": 10**12}, "rest_period_ms"),
        ({"limits": {"order_10s": 5}}, "Did you mean 'orders_10s'?"),
        ({"limits": {"orders_10s": -1}}, "limits"),
        ({"ban": {"first": "2 fortnights"}}, "limits.toml: ban.first"),
        ({"ban": {"first": "0s"}}, "more than 0"),
        ({"ban": {"most": "99999d"}}, "up to 366d"),
        ([], "object"),
    ],
)
def test_a_mistake_is_one_clear_line(document, told):
    with pytest.raises(InvalidOption) as problem:
        limits_from_document(document, "limits.toml", words=WORDS)
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


COUNTS = st.none() | st.integers(1, 10**6)


@given(
    st.builds(
        Limits,
        rules=st.sampled_from(["venue", "off", "2024-02-29"]),
        rest_limit=COUNTS,
        rest_period_ms=COUNTS,
        ws_limit=COUNTS,
        ws_burst=COUNTS,
        limits=st.dictionaries(st.sampled_from(WORDS), st.integers(1, 9)),
    )
)
def test_a_document_tells_all_of_it(limits):
    assert limits_from_document(limits_document(limits), "x", words=WORDS) == limits
