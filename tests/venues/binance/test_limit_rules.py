"""The limits by date."""

import pytest

from replayx.venues.binance.limit_rules import SPOT_RULES, USDM_RULES, rules_at


@pytest.mark.parametrize(
    ("date", "limits"),
    [
        ("2020-01-01", [1200, 50, 160_000, 6_100, 300]),
        ("2023-08-24", [1200, 50, 160_000, 6_100, 300]),
        ("2023-08-25", [6000, 100, 200_000, 61_000, 300]),
        ("2026-04-01", [6000, 100, 200_000, 61_000, 300]),
        ("2026-04-02", [6000, 100, 200_000, 300_000, 300]),
    ],
)
def test_spot_by_date(date, limits):
    rules = rules_at(SPOT_RULES, date)
    assert [rule.limit for rule in rules.limits] == limits
    assert rules.date == date
    assert rules.sockets.messages_per_s == 5


def test_usdm():
    rules = rules_at(USDM_RULES, "2026-11-01")
    assert {rule.word: rule.limit for rule in rules.limits} == {
        "request_weight": 2400,
        "orders_1m": 1200,
        "orders_10s": 300,
        "wsapi_weight": 2400,
        "funding": 500,
        "statistics": 1000,
        "connections": 300,
    }
    assert (rules.sockets.messages_per_s, rules.sockets.burst) == (10, 15)


@pytest.mark.parametrize("rules", [*SPOT_RULES, *USDM_RULES])
def test_words_are_names(rules):
    words = [rule.word for rule in rules.limits]
    assert len(dict.fromkeys(words)) == len(words)
    assert all(word.replace("_", "").isalnum() for word in words)


@pytest.mark.parametrize("eras", [SPOT_RULES, USDM_RULES])
def test_dates_ascend_from_the_beginning(eras):
    dates = [rules.date for rules in eras]
    assert dates[0] == ""
    assert dates == sorted(dates)
