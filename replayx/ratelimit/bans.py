"""Bans: for addresses that go on calling when they were told to wait, longer each time.

    refused, told to wait ── calls before that, refusals_max times ──> banned first_ns
          ^                                                                │ again
          └── waits as told: its refusals are forgotten                    v
                                                      banned growth times as long, up to most_ns

A ban that lies back `forgotten_after_ns` does not count any more.
"""

from replayx.limits import LIMITED_CLIENTS_MAX
from replayx.venues.rate_side import BanRule


class _Record:
    """What is known of one address."""

    __slots__ = ("cuts", "cuts_until_ns", "refusals", "times", "until_ns", "wait_until_ns")

    def __init__(self, now_ns: int) -> None:
        self.until_ns = now_ns  # when its last ban ended, or ends
        self.times = 0  # bans that count
        self.refusals = 0
        self.wait_until_ns = now_ns
        self.cuts = 0
        self.cuts_until_ns = now_ns

    def is_blank(self, now_ns: int, rule: BanRule) -> bool:
        """Whether nothing of it matters any more."""
        calm_ns = self.until_ns + (rule.forgotten_after_ns if self.times else 0)
        return now_ns >= max(calm_ns, self.wait_until_ns, self.cuts_until_ns)


class Bans:
    """Who is banned, and who is about to be."""

    def __init__(self, rule: BanRule) -> None:
        self.rule = rule
        self._records: dict[str, _Record] = {}

    def until_ns(self, address: str, now_ns: int) -> int | None:
        """Return when an address' ban ends; None: it isn't banned."""
        record = self._records.get(address)
        if record is None or not record.times or now_ns >= record.until_ns:
            return None
        return record.until_ns

    def refuse(self, address: str, now_ns: int, wait_until_ns: int) -> bool:
        """Note that a request was refused, and until when to wait; say whether that is a ban."""
        record = self._record(address, now_ns)
        if now_ns >= record.wait_until_ns:
            record.refusals = 0
        record.refusals += 1
        record.wait_until_ns = max(record.wait_until_ns, wait_until_ns)
        if record.refusals <= self.rule.refusals_max:
            return False
        self._ban(record, now_ns)
        return True

    def cut(self, address: str, now_ns: int, cuts_max: int, period_ns: int) -> bool:
        """Note that a socket was cut off; say whether that is a ban."""
        record = self._record(address, now_ns)
        if now_ns >= record.cuts_until_ns:
            record.cuts, record.cuts_until_ns = 0, now_ns + period_ns
        record.cuts += 1
        if record.cuts <= cuts_max:
            return False
        self._ban(record, now_ns)
        return True

    def banned(self, now_ns: int) -> list[tuple[str, int, int]]:
        """Return (address, end of its ban, how many there were) of those who are banned."""
        found = (
            (one, self.until_ns(one, now_ns), self._records[one].times) for one in self._records
        )
        return [(address, end_ns, times) for address, end_ns, times in found if end_ns is not None]

    def take_over(self, before: "Bans") -> None:
        """Go on with what was known under another rule."""
        self._records = before._records

    def _ban(self, record: _Record, now_ns: int) -> None:
        if record.times and now_ns >= record.until_ns + self.rule.forgotten_after_ns:
            record.times = 0
        # Beyond 64 doublings of a second stands the longest ban, whatever it is.
        growth = self.rule.growth ** min(record.times, 64)
        record.until_ns = now_ns + min(self.rule.first_ns * growth, self.rule.most_ns)
        record.times += 1
        record.refusals = record.cuts = 0

    def _record(self, address: str, now_ns: int) -> _Record:
        record = self._records.get(address)
        if record is None:
            record = self._records[address] = _Record(now_ns)
            if len(self._records) > LIMITED_CLIENTS_MAX:
                self._make_room(now_ns)
        return record

    def _make_room(self, now_ns: int) -> None:
        """Forget those of whom nothing matters; if that is not enough, who came first."""
        kept = self._records.items()
        self._records = {one: it for one, it in kept if not it.is_blank(now_ns, self.rule)}
        while len(self._records) > LIMITED_CLIENTS_MAX:
            del self._records[next(iter(self._records))]
