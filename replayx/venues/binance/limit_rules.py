"""Binance's limits as data, by the date from which they are in force.

Origin: the spot API's CHANGELOG and exchangeInfo examples (dates stand with each change), live
exchangeInfo of 2026-09; for USDⓈ-M the derivatives docs. What the venue does not publish (how many
refused calls make a ban, how it grows, how many cut connections) is marked as inferred.
"""

import msgspec

from replayx.clock import NS_PER_S
from replayx.venues.binance.pools import (
    CONNECTIONS,
    FUNDING,
    ORDERS,
    ORDERS_1M,
    ORDERS_10S,
    STATISTICS,
    WEIGHT,
    WSAPI_WEIGHT,
)
from replayx.venues.rate_side import (
    REQUESTS,
    BanRule,
    LimitRule,
    RateRules,
    Scope,
    SocketRule,
)

_MINUTE = 60 * NS_PER_S
_DAY = 1440 * _MINUTE

# rest-api.md: "Repeatedly violating rate limits and/or failing to back off after receiving 429s"
# leads to a ban; bans "scale in duration for repeat offenders, from 2 minutes to 3 days". Inferred:
# after how many refusals, the doubling, and that a day without a ban begins it anew.
_BAN = BanRule(
    refusals_max=10,
    first_ns=2 * _MINUTE,
    most_ns=3 * _DAY,
    growth=2,
    forgotten_after_ns=_DAY,
)
# web-socket-streams.md: 5 incoming messages a second, pings and pongs included; a connection beyond
# is disconnected, "IPs that are repeatedly disconnected may be banned". Inferred: how often.
_SPOT_SOCKETS = SocketRule(messages_per_s=5, burst=5, cuts_max=10, cuts_period_ns=5 * _MINUTE)
# Derivatives docs: 10 a second; of 40 frames at once 15 were answered (seen 2026-10).
_USDM_SOCKETS = SocketRule(messages_per_s=10, burst=15, cuts_max=10, cuts_period_ns=5 * _MINUTE)


def _weight(limit: int) -> LimitRule:
    return LimitRule(
        word="request_weight", pool=WEIGHT, kind="REQUEST_WEIGHT", limit=limit, period_ns=_MINUTE
    )


def _orders(word: str, limit: int, period_ns: int, pool: str = ORDERS) -> LimitRule:
    return LimitRule(
        word=f"orders_{word}",
        pool=pool,
        kind="ORDERS",
        limit=limit,
        period_ns=period_ns,
        scope=Scope.ACCOUNT,
    )


def _requests(limit: int) -> LimitRule:
    return LimitRule(
        word="raw_requests", pool=REQUESTS, kind="RAW_REQUESTS", limit=limit, period_ns=5 * _MINUTE
    )


# web-socket-streams.md, since 2023-02-17: 300 connections in 5 minutes and address. The REST API
# does not list it; the WebSocket API does, in place of RAW_REQUESTS.
_CONNECTIONS = LimitRule(
    word="connections",
    pool=CONNECTIONS,
    kind="CONNECTIONS",
    limit=300,
    period_ns=5 * _MINUTE,
    is_told=False,
)


def _spot(since: str, weight: int, orders: tuple[int, int], requests: int) -> RateRules:
    limits = (
        _weight(weight),
        _orders("10s", orders[0], 10 * NS_PER_S),
        _orders("1d", orders[1], _DAY),
        _requests(requests),
        _CONNECTIONS,
    )
    return RateRules(date=since, limits=limits, ban=_BAN, sockets=_SPOT_SOCKETS)


SPOT_RULES = (
    # exchangeInfo as documented until 2023-08.
    _spot("", 1200, (50, 160_000), 6_100),
    # The limits of orders were seen in live answers of 2023-09; that they came with the others,
    # which the CHANGELOG dates, is inferred.
    _spot("2023-08-25", 6000, (100, 200_000), 61_000),
    # Seen live since 2026-09; that it came with orders that cost nothing is inferred.
    _spot("2026-04-02", 6000, (100, 200_000), 300_000),
)


def _pool(word: str, limit: int) -> LimitRule:
    # Answers tell nothing of these pools.
    return LimitRule(
        word=word,
        pool=word,
        kind="REQUESTS",
        limit=limit,
        period_ns=5 * _MINUTE,
        is_told=False,
    )


USDM_RULES = (
    RateRules(
        date="",
        limits=(
            _weight(2400),
            _orders("1m", 1200, _MINUTE, ORDERS_1M),
            _orders("10s", 300, 10 * NS_PER_S, ORDERS_10S),
            # "WS API weight: separate pool from REST" (derivatives docs).
            LimitRule(
                word="wsapi_weight",
                pool=WSAPI_WEIGHT,
                kind="REQUEST_WEIGHT",
                limit=2400,
                period_ns=_MINUTE,
                is_told=False,
            ),
            _pool(FUNDING, 500),
            _pool(STATISTICS, 1000),
            _CONNECTIONS,
        ),
        ban=_BAN,
        sockets=_USDM_SOCKETS,
    ),
)


def rules_at(rules: tuple[RateRules, ...], date: str) -> RateRules:
    """Return the rules in force at a date (`2024-01-31`), as those of that date."""
    return msgspec.structs.replace([one for one in rules if one.date <= date][-1], date=date)
