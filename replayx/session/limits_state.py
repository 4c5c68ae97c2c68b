"""What is told of limits: which are imposed, what clients used of them, and who is banned."""

import msgspec

from replayx.ratelimit.limiter import Limiter
from replayx.ratelimit.limits_document import Limits
from replayx.session.limit_clock import LimitClock

# What an account begins with where limits are counted for it; no client's name has a space.
KEY_MARK = "key "


class LimitUse(msgspec.Struct, frozen=True):
    """What a client, or an account of one, has used of a limit in the window of now."""

    client: str
    limit: str
    used: int


class BanState(msgspec.Struct, frozen=True):
    """That a client is banned until a time of the venue's; `times`: how often it was by now."""

    client: str
    until_ms: int
    times: int


class MarketLimits(msgspec.Struct, frozen=True):
    """The limits of one market, by word, under the rules of a date."""

    market: str
    date: str
    limits: dict[str, int]
    used: tuple[LimitUse, ...]
    bans: tuple[BanState, ...]


class LimitsState(msgspec.Struct, frozen=True):
    """Which limits are imposed (the document they come from), and what they led to."""

    limits: Limits
    markets: tuple[MarketLimits, ...]


def market_limits(market: str, limiter: Limiter, clock: LimitClock, now_ns: int) -> MarketLimits:
    """Return the limits of a market as they stand now."""
    time_ns = clock.time_ns(now_ns)
    keys: dict[str, str] = {}
    used = tuple(
        LimitUse(_shown(owner, keys), usage.rule.word, usage.used)
        for owner, usage in limiter.used(time_ns)
    )
    bans = tuple(
        BanState(client, clock.told_ms(until_ns, now_ns), times)
        for client, until_ns, times in limiter.banned(time_ns)
    )
    limits = {rule.word: rule.limit for rule in limiter.rules.limits}
    return MarketLimits(market, limiter.rules.date, limits, used, bans)


def _shown(owner: str, keys: dict[str, str]) -> str:
    """Return a name for who is counted: API keys are secrets, and told by number."""
    if not owner.startswith(KEY_MARK):
        return owner
    return keys.setdefault(owner, f"account {len(keys) + 1}")
