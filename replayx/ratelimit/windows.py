"""Windows: how much of one limit each client has used in the window of now.

Windows are aligned to the venue's clock, which is `offset_ns` ahead of the time that is given. A
window that has begun ends when it was to end, should the offset change meanwhile.
"""

from replayx.limits import LIMITED_CLIENTS_MAX
from replayx.venues.rate_side import LimitRule


class Windows:
    """Counts for one limit, by owner: an address or an account."""

    def __init__(self, rule: LimitRule) -> None:
        self.rule = rule
        self._open: dict[str, tuple[int, int]] = {}  # owner -> (end, used)

    def used(self, owner: str, now_ns: int) -> int:
        """Return what an owner has used of the limit."""
        end_ns, used = self._open.get(owner, (now_ns, 0))
        return used if now_ns < end_ns else 0

    def end_ns(self, owner: str, now_ns: int, offset_ns: int) -> int:
        """Return when an owner's window ends."""
        end_ns, _ = self._open.get(owner, (now_ns, 0))
        if now_ns < end_ns:
            return end_ns
        period_ns = self.rule.period_ns
        return now_ns + period_ns - (now_ns + offset_ns) % period_ns

    def add(self, owner: str, count: int, now_ns: int, offset_ns: int) -> int:
        """Count something an owner did; return what it has used now."""
        end_ns = self.end_ns(owner, now_ns, offset_ns)
        used = self.used(owner, now_ns) + count
        self._open[owner] = (end_ns, used)
        if len(self._open) > LIMITED_CLIENTS_MAX:
            self._make_room(now_ns)
        return used

    def owners(self, now_ns: int) -> list[str]:
        """Return who has used something, in the order in which they came."""
        return [owner for owner, (end_ns, _) in self._open.items() if now_ns < end_ns]

    def take_over(self, before: "Windows") -> None:
        """Go on with the counts of a limit that this one takes the place of."""
        self._open = before._open

    def _make_room(self, now_ns: int) -> None:
        """Forget windows that are over; if that is not enough, the one that began first."""
        self._open = {owner: self._open[owner] for owner in self.owners(now_ns)}
        while len(self._open) > LIMITED_CLIENTS_MAX:
            del self._open[next(iter(self._open))]
