"""When what is told periodically is told: behind the beats of a clock, once something changed.

A beat is a multiple of the period on the client's clock. What changed between two beats is told in
front of the first message at or after the second one, so it depends on nothing but the tape:

    beats        |         |         |
    messages     a  b      c         d      told: in front of c what a and b did,
                                            in front of d what c did
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from replayx.clock import NS_PER_MS


class TapeClock(NamedTuple):
    """The clock that clients see: the venue's, plus what all times are shifted by."""

    offset_ns: int = 0
    shift_ms: int = 0

    def ms(self, at_ns: int) -> int:
        """Return what the clock shows, in Unix milliseconds."""
        return (at_ns + self.offset_ns) // NS_PER_MS + self.shift_ms

    def first_ns(self, time_ms: int) -> int:
        """Return the first time of the tape at which the clock shows `time_ms`."""
        return (time_ms - self.shift_ms) * NS_PER_MS - self.offset_ns


class Ticks(NamedTuple):
    """The beats of a period, `late_ms` behind its multiples."""

    clock: TapeClock
    period_ms: int
    late_ms: int = 0

    def slot(self, at_ns: int) -> int:
        """Return between which beats a time of the tape lies."""
        return (self.clock.ms(at_ns) - self.late_ms) // self.period_ms

    def beat_ns(self, slot: int) -> int:
        """Return the time of the tape at which a slot begins."""
        return self.clock.first_ns(slot * self.period_ms + self.late_ms)

    def crossings(self, at: Sequence[int], last_ns: int | None) -> list[int]:
        """Return the messages that are the first at or after a beat.

        `last_ns` is when the message before these came; None: there is none, and what is first
        of all follows no beat.
        """
        crossings: list[int] = []
        if not at:
            return crossings
        k = 0
        slot = self.slot(at[0] if last_ns is None else last_ns)
        while (k := bisect_left(at, self.beat_ns(slot + 1), k)) < len(at):
            crossings.append(k)
            slot = self.slot(at[k])
        return crossings

    def changes(
        self, at: Sequence[int], events: Sequence[int], before: "Before"
    ) -> list[tuple[int, int]]:
        """Return (k, number of events before k) of the beats behind which something is told.

        `events` are the messages of `at` that change something, in order.
        """
        told: list[tuple[int, int]] = []
        for k in self.crossings(at, before.last_ns):
            count = bisect_left(events, k)
            event_ns = at[events[count - 1]] if count else before.event_ns
            last_ns = at[k - 1] if k else before.last_ns
            if event_ns is None or last_ns is None:
                continue
            # An event of an earlier slot was told when the message before this one, or one
            # before that, crossed a beat.
            if self.slot(event_ns) == self.slot(last_ns):
                told.append((k, count))
        return told


class Before(NamedTuple):
    """What came before some messages: when the last one came, and the last that told something."""

    last_ns: int | None = None
    event_ns: int | None = None
