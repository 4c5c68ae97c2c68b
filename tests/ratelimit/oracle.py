"""A limiter that only keeps a log and scans it: slow, and too simple to be wrong."""

from itertools import pairwise


class LogScan:
    """Remembers every charge of one address and account, with the time of each."""

    def __init__(self, rules, offset_ns):
        self.rules = rules
        self.offset_ns = offset_ns
        self.log = []  # (time, pool, cost)
        self.row = []  # refusals (time, until) of one who does not wait
        self.bans = []  # (from, until)

    def used(self, rule, now_ns):
        window = (now_ns + self.offset_ns) // rule.period_ns
        return sum(
            cost
            for at_ns, pool, cost in self.log
            if pool == rule.pool and (at_ns + self.offset_ns) // rule.period_ns == window
        )

    def window_end_ns(self, rule, now_ns):
        window = (now_ns + self.offset_ns) // rule.period_ns
        return (window + 1) * rule.period_ns - self.offset_ns

    def banned_until_ns(self, now_ns):
        return next((until for since, until in self.bans if since <= now_ns < until), None)

    def take(self, charge, now_ns):
        """Return None, or (the kind of refusal, until when)."""
        banned = self.banned_until_ns(now_ns)
        if banned is not None:
            return "ban", banned
        self.log += [(now_ns, pool, cost) for pool, cost in charge.at_once]
        wanted = dict(charge.when_done)
        over = [
            self.window_end_ns(rule, now_ns)
            for rule in self.rules.limits
            if rule.pool in {**dict(charge.at_once), **wanted}
            and self.used(rule, now_ns) + wanted.get(rule.pool, 0) > rule.limit
        ]
        if not over:
            return None
        return self._refuse(now_ns, max(over))

    def settle(self, charge, now_ns, *, is_refused):
        costs = charge.when_refused if is_refused else charge.when_done
        self.log += [(now_ns, pool, cost) for pool, cost in costs]

    def _refuse(self, now_ns, until_ns):
        """Note a refusal; the one too many of those who did not wait is a ban."""
        if self.row and now_ns >= max(told for _, told in self.row):
            self.row = []
        self.row.append((now_ns, until_ns))
        ban = self.rules.ban
        if len(self.row) <= ban.refusals_max:
            return "limit", until_ns
        self.row = []
        times = 0
        earlier = [*self.bans, (now_ns, now_ns)]
        for (_, ended), (since, _) in pairwise(earlier):
            times = 0 if since >= ended + ban.forgotten_after_ns else times + 1
        length_ns = min(ban.first_ns * ban.growth**times, ban.most_ns)
        self.bans.append((now_ns, now_ns + length_ns))
        return "ban", now_ns + length_ns
