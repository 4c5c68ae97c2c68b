"""Rows of seconds gathered into minutes, hours and days, so that long spans are few sums."""

from bisect import bisect_left

from replayx.market.trade_sums import TradeSum, merged

SECOND_MS = 1_000
UNITS = (60, 3_600, 86_400)  # seconds in a row of each level


class _Level:
    """Sums of whole units. Complete up to `built` (a second), beyond which rows may still come."""

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self.seconds: list[int] = []
        self.sums: list[TradeSum] = []
        self.built = -(1 << 62)
        self._taken = 0

    def gather(self, seconds: list[int], sums: list[TradeSum], until: int) -> None:
        """Take rows of the level below; all from before the second `until` are there."""
        self.built = until - until % self.unit
        end = bisect_left(seconds, self.built, self._taken)
        while self._taken < end:
            start = seconds[self._taken] // self.unit * self.unit
            behind = bisect_left(seconds, start + self.unit, self._taken, end)
            self.seconds.append(start)
            self.sums.append(merged(sums[self._taken : behind]))
            self._taken = behind


class SumLevels:
    """Rows in the order of time, several of one second possible; only the end grows."""

    def __init__(self) -> None:
        self.seconds: list[int] = []
        self.sums: list[TradeSum] = []
        self._levels = [_Level(unit) for unit in UNITS]

    def extend(self, sums: list[TradeSum]) -> None:
        """Append rows that are not older than the last one."""
        self.sums += sums
        self.seconds += [one.first_ms // SECOND_MS for one in sums]

    def replace(self, sums: list[TradeSum]) -> None:
        """Put other rows in the place of those that are there, one for one."""
        self.sums = sums
        self._levels = [_Level(unit) for unit in UNITS]

    def between(self, low: int, high: int, count: int) -> list[TradeSum]:
        """Return sums that make up the seconds from `low` to before `high`, of the first `count`
        rows.
        """
        if not count or low >= high:
            return []
        # What has rows beyond `count` cannot be among the seconds before the last one's.
        last = self.seconds[count - 1]
        found: list[TradeSum] = []
        self._collect(len(UNITS), low, min(high, last), found)
        if low <= last < high:
            found += self.sums[bisect_left(self.seconds, last, 0, count) : count]
        return found

    def _collect(self, level: int, low: int, high: int, found: list[TradeSum]) -> None:
        """Gather the sums of a span, from `level` (of a unit; 0: the rows) where it is whole."""
        if low >= high:
            return
        if level == 0:
            first = bisect_left(self.seconds, low)
            found += self.sums[first : bisect_left(self.seconds, high, first)]
            return
        unit = UNITS[level - 1]
        first_whole, end_whole = -(-low // unit) * unit, high // unit * unit
        if first_whole >= end_whole:
            self._collect(level - 1, low, high, found)
            return
        whole = self._built(level)
        end_whole = min(end_whole, whole.built)
        if first_whole >= end_whole:
            self._collect(level - 1, low, high, found)
            return
        self._collect(level - 1, low, first_whole, found)
        first = bisect_left(whole.seconds, first_whole)
        found += whole.sums[first : bisect_left(whole.seconds, end_whole, first)]
        self._collect(level - 1, end_whole, high, found)

    def _built(self, level: int) -> _Level:
        """Return a level with all that can be gathered by now."""
        one = self._levels[level - 1]
        until = self.seconds[-1]
        if one.built + one.unit <= until:
            below = self if level == 1 else self._built(level - 1)
            # Of the level below, what is not whole yet is newer than what is whole here.
            one.gather(below.seconds, below.sums, until)
        return one
