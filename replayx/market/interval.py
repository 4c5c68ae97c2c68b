"""The intervals of candles, and the grid on which they begin in a time zone."""

import re
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS

_LENGTHS_MS = MappingProxyType(
    {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": WEEK_MS}
)
# Weeks begin on Monday; the epoch was a Thursday, the first Monday after it was the 5th. Days are
# counted from the epoch, so that `3d` is the same wherever one starts to look.
_FIRST_MONDAY_MS = 4 * DAY_MS
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_TEXT = re.compile(r"([1-9][0-9]{0,3})([smhdwM])", re.ASCII)


class Interval(NamedTuple):
    """A candle's length: `length_ms` of time, or a number of calendar months (then it is 0).

    Zones are offsets in milliseconds, positive in the east. Times are Unix milliseconds.
    """

    name: str
    length_ms: int
    months: int = 0

    @classmethod
    def parse(cls, name: str) -> "Interval":
        """Read `<count><unit>`, the unit one of s, m, h, d, w and M (months).

        Raises ValueError.
        """
        match = _TEXT.fullmatch(name)
        if match is None:
            raise ValueError(f"found {name!r}; expected a number and one of s, m, h, d, w, M")
        count, unit = int(match[1]), match[2]
        if unit == "M":
            return cls(name, 0, count)
        return cls(name, count * _LENGTHS_MS[unit])

    def start_of(self, time_ms: int, zone_ms: int = 0) -> int:
        """Return the first millisecond of the candle that holds `time_ms`."""
        local_ms = time_ms + zone_ms
        if self.months:
            return self._month_start(self._month(local_ms)) - zone_ms
        return time_ms - (local_ms - self._anchor_ms) % self.length_ms

    def next_start(self, time_ms: int, zone_ms: int = 0) -> int:
        """Return the first millisecond of the candle after the one that holds `time_ms`."""
        if self.months:
            return self._month_start(self._month(time_ms + zone_ms) + self.months) - zone_ms
        return self.start_of(time_ms, zone_ms) + self.length_ms

    def end_of(self, time_ms: int, zone_ms: int = 0) -> int:
        """Return the last millisecond of the candle that holds `time_ms`."""
        return self.next_start(time_ms, zone_ms) - 1

    def moved(self, start_ms: int, shift_ms: int, anchor_ms: int, zone_ms: int = 0) -> int:
        """Return where a candle that began at `start_ms` begins when time is shifted.

        It moves by whole intervals, to the candle that holds its shifted start. Months differ in
        length, so they all move by as many as `anchor_ms` does: one to one in any case.
        """
        if not self.months:
            return self.start_of(start_ms + shift_ms, zone_ms)
        to, of = (self._month(anchor_ms + shift + zone_ms) for shift in (shift_ms, 0))
        return self._month_start(self._month(start_ms + zone_ms) + to - of) - zone_ms

    def unmoved(self, start_ms: int, shift_ms: int, anchor_ms: int, zone_ms: int = 0) -> int:
        """Return where a candle began that begins at `start_ms` when it is `moved`."""
        if not self.months:
            return self.start_of(start_ms - shift_ms + self.length_ms - 1, zone_ms)
        to, of = (self._month(anchor_ms + shift + zone_ms) for shift in (shift_ms, 0))
        return self._month_start(self._month(start_ms + zone_ms) - to + of) - zone_ms

    @property
    def shortest_ms(self) -> int:
        """The least length: 28 days a month."""
        return self.length_ms or 28 * DAY_MS * self.months

    @property
    def longest_ms(self) -> int:
        """The greatest length: 31 days a month."""
        return self.length_ms or 31 * DAY_MS * self.months

    @property
    def _anchor_ms(self) -> int:
        return _FIRST_MONDAY_MS if self.name.endswith("w") else 0

    def _month(self, local_ms: int) -> int:
        """Return the number of the candle's first month, counted from January 1970."""
        day = date.fromordinal(_EPOCH_DAY + local_ms // DAY_MS)
        month = (day.year - 1970) * 12 + day.month - 1
        return month - month % self.months

    def _month_start(self, month: int) -> int:
        first = date(1970 + month // 12, month % 12 + 1, 1)
        return (first.toordinal() - _EPOCH_DAY) * DAY_MS
