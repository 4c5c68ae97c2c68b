"""Periods, headers and lists of limits, as Binance tells them."""

import pytest

from replayx.venues.binance.limit_rules import SPOT_RULES, USDM_RULES
from replayx.venues.binance.limit_texts import (
    limit_row,
    period_of,
    rows_json,
    too_many_connections_text,
    usage_headers,
)
from replayx.venues.rate_side import Usage

S = 1_000_000_000


@pytest.mark.parametrize(
    ("period_ns", "text", "suffix"),
    [
        (60 * S, "1 MINUTE", "1m"),
        (10 * S, "10 SECOND", "10s"),
        (300 * S, "5 MINUTE", "5m"),
        (86_400 * S, "1 DAY", "1d"),
        (7200 * S, "2 HOUR", "2h"),
        (90 * S, "90 SECOND", "90s"),
        (S // 2, "500 MILLISECOND", ""),
    ],
)
def test_a_period_is_told_in_its_largest_interval(period_ns, text, suffix):
    period = period_of(period_ns)
    assert (period.text, period.suffix) == (text, suffix)


def test_headers_tell_weight_and_on_orders_their_count():
    usages = [Usage(rule, number) for number, rule in enumerate(SPOT_RULES[-1].limits)]
    weights = [("x-mbx-used-weight", "0"), ("x-mbx-used-weight-1m", "0")]
    assert usage_headers(usages, with_orders=False) == weights
    assert usage_headers(usages, with_orders=True) == [
        *weights,
        ("x-mbx-order-count-10s", "1"),
        ("x-mbx-order-count-1d", "2"),
    ]


def test_usdm_counts_orders_by_the_minute_and_tells_one_pool_of_weight():
    usages = [Usage(rule, number) for number, rule in enumerate(USDM_RULES[0].limits)]
    assert dict(usage_headers(usages, with_orders=True)) == {
        "x-mbx-used-weight": "0",
        "x-mbx-used-weight-1m": "0",
        "x-mbx-order-count-1m": "1",
        "x-mbx-order-count-10s": "2",
    }


def test_limits_are_listed_as_the_venue_lists_them():
    weight, short, *_ = SPOT_RULES[-1].limits
    assert rows_json([limit_row(weight), limit_row(short, 7)]) == (
        b'[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},'
        b'{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100,"count":7}]'
    )


def test_too_many_connections():
    assert too_many_connections_text(SPOT_RULES[-1].limits[-1]) == (
        "Too many connection attempts from IP; current limit is '300' per '5 MINUTE'."
    )
