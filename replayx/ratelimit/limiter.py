"""The limiter: all limits of one market, for all its clients.

    take ──> let through ──> answered ──> settle: what it costs when done, or when refused
      └────> refused, told when to come again ... and again ──> banned

What is asked too early counts all the same, as the venue counts it. Time is given, in whatever time
windows run; `offset_ns` is how far the venue's clock is ahead of that.
"""

from collections.abc import Iterable
from typing import NamedTuple

from replayx.ratelimit.bans import Bans
from replayx.ratelimit.bucket import Bucket
from replayx.ratelimit.windows import Windows
from replayx.venues.rate_side import Charge, LimitRule, RateRules, Scope, Usage


class Payer(NamedTuple):
    """Who is charged: an address, and an account where orders are counted."""

    address: str
    account: str


class Refused(NamedTuple):
    """That something is refused until then; `rule` None: for a ban."""

    rule: LimitRule | None
    until_ns: int


class Limiter:
    """Counts what clients use, and says who is refused."""

    def __init__(self, rules: RateRules, *, offset_ns: int = 0) -> None:
        self.rules = rules
        self.offset_ns = offset_ns
        self._windows = [Windows(rule) for rule in rules.limits]
        self._bans = Bans(rules.ban)

    def take_over(self, before: "Limiter") -> None:
        """Go on with what was counted under other rules, where the windows are the same."""
        counted = {
            (one.rule.word, one.rule.pool, one.rule.period_ns): one for one in before._windows
        }
        for windows in self._windows:
            rule = windows.rule
            earlier = counted.get((rule.word, rule.pool, rule.period_ns))
            if earlier is not None:
                windows.take_over(earlier)
        self._bans.take_over(before._bans)

    # ---- requests and handshakes

    def banned_until_ns(self, address: str, now_ns: int) -> int | None:
        """Return when an address' ban ends; None: it isn't banned."""
        return self._bans.until_ns(address, now_ns)

    def take(self, charge: Charge, payer: Payer, now_ns: int) -> Refused | None:
        """Charge what something costs at once; None: it is let through. Then `settle` it."""
        until_ns = self._bans.until_ns(payer.address, now_ns)
        if until_ns is not None:
            return Refused(None, until_ns)
        self._count(charge.at_once, payer, now_ns)
        broken = self._broken(charge, payer, now_ns)
        if broken is None:
            return None
        owner, end_ns = _owner(broken.rule, payer), broken.end_ns
        until_ns = end_ns(owner, now_ns, self.offset_ns)
        if self._bans.refuse(payer.address, now_ns, until_ns):
            return Refused(None, self._bans.until_ns(payer.address, now_ns) or now_ns)
        return Refused(broken.rule, until_ns)

    def settle(self, charge: Charge, payer: Payer, now_ns: int, *, is_refused: bool) -> None:
        """Charge what is only known with the answer."""
        self._count(charge.when_refused if is_refused else charge.when_done, payer, now_ns)

    def _broken(self, charge: Charge, payer: Payer, now_ns: int) -> Windows | None:
        """Return the limit that something goes over; the one that lasts longest, if several."""
        wanted = dict(charge.when_done)
        over = [
            windows
            for windows in self._windows
            if self._used(windows, payer, now_ns) + wanted.get(windows.rule.pool, 0)
            > windows.rule.limit
            and (windows.rule.pool in wanted or _is_in(windows.rule.pool, charge.at_once))
        ]
        ends = {
            windows.end_ns(_owner(windows.rule, payer), now_ns, self.offset_ns): windows
            for windows in reversed(over)
        }
        return ends[max(ends)] if ends else None

    def _count(self, costs: Iterable[tuple[str, int]], payer: Payer, now_ns: int) -> None:
        for pool, cost in costs:
            for windows in self._windows:
                if windows.rule.pool == pool and cost:
                    windows.add(_owner(windows.rule, payer), cost, now_ns, self.offset_ns)

    def _used(self, windows: Windows, payer: Payer, now_ns: int) -> int:
        return windows.used(_owner(windows.rule, payer), now_ns)

    # ---- sockets

    def bucket(self) -> Bucket | None:
        """Return the bucket of a new connection; None: it may send as much as it likes."""
        sockets = self.rules.sockets
        if sockets.messages_per_s is None:
            return None
        return Bucket(sockets.messages_per_s, sockets.burst)

    def cut(self, address: str, now_ns: int) -> bool:
        """Note that a connection was cut off; say whether its address is banned for it."""
        sockets = self.rules.sockets
        return self._bans.cut(address, now_ns, sockets.cuts_max, sockets.cuts_period_ns)

    # ---- told

    def usages(self, payer: Payer, now_ns: int) -> tuple[Usage, ...]:
        """Return what a payer has used of each limit."""
        return tuple(
            Usage(windows.rule, self._used(windows, payer, now_ns)) for windows in self._windows
        )

    def used(self, now_ns: int) -> list[tuple[str, Usage]]:
        """Return what everybody has used of each limit, by owner."""
        return [
            (owner, Usage(windows.rule, windows.used(owner, now_ns)))
            for windows in self._windows
            for owner in windows.owners(now_ns)
        ]

    def banned(self, now_ns: int) -> list[tuple[str, int, int]]:
        """Return (address, end of its ban, how many there were) of those who are banned."""
        return self._bans.banned(now_ns)


def _owner(rule: LimitRule, payer: Payer) -> str:
    return payer.account if rule.scope is Scope.ACCOUNT else payer.address


def _is_in(pool: str, costs: Iterable[tuple[str, int]]) -> bool:
    return any(pool == one for one, _ in costs)
