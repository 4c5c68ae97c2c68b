"""The tables of failures: each has its source, and clients' own libraries know their texts."""

import pytest

from replayx.venues.binance.failure_words import SPOT_FAILURES, USDM_FAILURES


@pytest.mark.parametrize("table", [SPOT_FAILURES, USDM_FAILURES])
def test_every_failure_says_what_it_is_and_where_it_stands(table):
    for word, row in table.items():
        assert word == row.word
        assert word.replace("_", "").isalpha()
        assert word == word.lower()
        assert row.summary
        assert row.source
        assert 400 <= row.status <= 599
        assert row.text or row.code is None


@pytest.mark.parametrize("table", [SPOT_FAILURES, USDM_FAILURES])
def test_what_every_market_has(table):
    for word in (
        *("too_many_requests", "ip_banned", "waf", "execution_unknown", "service_unavailable"),
        *("internal_error", "backend_timeout", "overloaded", "too_many_orders", "maintenance"),
        *("bad_timestamp", "bad_signature", "insufficient_balance", "unknown_order"),
        *("bad_key_format", "bad_key", "unauthorized", "disconnected", "restricted_location"),
        *("not_found", "gone", "market_closed"),
    ):
        assert word in table


def test_the_same_number_may_mean_another_thing():
    codes = {word: row.code for word, row in USDM_FAILURES.items()}
    assert codes["would_trigger"] == -2021
    assert codes["reduce_only_rejected"] == -2022
    assert SPOT_FAILURES["would_trigger"].code == -2010
