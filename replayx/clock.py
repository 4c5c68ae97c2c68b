"""Clocks: the only file that reads time. Everything is integer nanoseconds.

`Clock.now_ns` is a monotonic reading and never goes back; `wall_ns` is Unix time for stamping what
is recorded. Pure layers take `now_ns` as an argument and never hold a clock.
"""

import time
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """A source of monotonic time."""

    def now_ns(self) -> int:
        """Return the monotonic time."""
        ...

    def wall_ns(self) -> int:
        """Return Unix time."""
        ...

    def seconds_until(self, deadline_ns: int) -> float:
        """Return the real seconds to wait for `deadline_ns`; inf if only `advance` moves time."""
        ...


class RealClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Return the machine's monotonic time."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Return Unix time."""
        return time.time_ns()

    def seconds_until(self, deadline_ns: int) -> float:
        """Return the real seconds until `deadline_ns`, 0 if it has passed."""
        return max(0, deadline_ns - time.monotonic_ns()) / NS_PER_S


class VirtualClock:
    """A clock that moves only when told to."""

    def __init__(self, start_ns: int = 0, *, wall_start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._wall_offset_ns = wall_start_ns - start_ns

    def now_ns(self) -> int:
        """Return the time as last advanced."""
        return self._now_ns

    def wall_ns(self) -> int:
        """Return Unix time, which advances with this clock."""
        return self._now_ns + self._wall_offset_ns

    def seconds_until(self, deadline_ns: int) -> float:
        """Return 0 for a passed deadline and infinity for one to come."""
        return 0.0 if deadline_ns <= self._now_ns else float("inf")

    def advance(self, duration_ns: int) -> int:
        """Move time on and return it. Raises ValueError for a negative duration."""
        if duration_ns < 0:
            raise ValueError(f"time can't go backwards: advance({duration_ns})")
        self._now_ns += duration_ns
        return self._now_ns
