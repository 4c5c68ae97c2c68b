"""Small rules, whose windows and bans fit into a test."""

from replayx.venues.rate_side import (
    REQUESTS,
    BanRule,
    Charge,
    LimitRule,
    RateRules,
    Scope,
    SocketRule,
)

S = 1_000_000_000

WEIGHT = LimitRule(
    word="request_weight", pool="weight", kind="REQUEST_WEIGHT", limit=10, period_ns=60 * S
)
ORDERS = LimitRule(
    word="orders_10s",
    pool="orders",
    kind="ORDERS",
    limit=2,
    period_ns=10 * S,
    scope=Scope.ACCOUNT,
)
RAW = LimitRule(
    word="raw_requests", pool=REQUESTS, kind="RAW_REQUESTS", limit=30, period_ns=300 * S
)
BAN = BanRule(
    refusals_max=2, first_ns=120 * S, most_ns=1000 * S, growth=2, forgotten_after_ns=2000 * S
)
SOCKETS = SocketRule(messages_per_s=5, burst=5, cuts_max=1, cuts_period_ns=300 * S)
RULES = RateRules(date="2026-01-01", limits=(WEIGHT, ORDERS, RAW), ban=BAN, sockets=SOCKETS)


def weighing(weight: int) -> Charge:
    """Return what a request of so much weight costs."""
    return Charge((("weight", weight), (REQUESTS, 1)))


ORDER = Charge((("weight", 0), (REQUESTS, 1)), (("orders", 1),), (("weight", 1),))
