"""The clock of limits: which time windows run in, and what the venue's clock will say then.

Where pings run in the tape's time, so do windows and bans. Where they run in the machine's, the
session's clock may be faster: a minute is over when it is on either. Flat out the tape is no clock.
Windows are aligned to the venue's clock as it stands when they begin.
"""

from replayx.clock import NS_PER_MS, NS_PER_S
from replayx.ratelimit.limiter import Limiter, Refused
from replayx.session.clockwork import Clockwork
from replayx.session.pulse import Pulse
from replayx.venues.rate_side import Breach


class LimitClock:
    """Maps the session's time to that of windows, and to the venue's."""

    def __init__(self, pulse: Pulse, clockwork: Clockwork) -> None:
        self._pulse = pulse
        self._clockwork = clockwork
        self._ahead_ns = 0  # by which windows are ahead of the machine's time
        self._seen: tuple[int, int] | None = None  # the machine's time and the tape's, last time

    def forget(self) -> None:
        """Begin again with the machine's time."""
        self._ahead_ns, self._seen = 0, None

    def now_ns(self, limiter: Limiter, now_ns: int) -> int:
        """Return the time in which a limiter's windows run, and align them."""
        time_ns = self.time_ns(now_ns)
        if not self._pulse.runs_by_tape:
            self._ahead_ns, self._seen = time_ns - now_ns, self._both(now_ns)
        limiter.offset_ns = self.venue_ms(now_ns) * NS_PER_MS - time_ns
        return time_ns

    def time_ns(self, now_ns: int) -> int:
        """Return the time in which windows run; asking changes nothing."""
        if self._pulse.runs_by_tape:
            return self._pulse.now_ns(now_ns)
        ahead_ns = self._ahead_ns
        if self._seen is not None and self._clockwork.speed is not None:
            machine_ns, tape_ns = self._both(now_ns)
            passed_ns = machine_ns - self._seen[0]
            ahead_ns += max(0, tape_ns - self._seen[1] - passed_ns)
        return now_ns + ahead_ns

    def breach(self, refused: Refused, limiter: Limiter, now_ns: int) -> Breach:
        """Return a refusal with the times that it tells."""
        time_ns = self.now_ns(limiter, now_ns)
        # Whole seconds, rounded up: who waits as long is not too early.
        wait_s = max(1, -(-(refused.until_ns - time_ns) // NS_PER_S))
        until_ms = self.told_ms(refused.until_ns, now_ns)
        return Breach(refused.rule, wait_s, self.venue_ms(now_ns), until_ms)

    def told_ms(self, until_ns: int, now_ns: int) -> int:
        """Return the venue's time when a window or ban is over, if the tape goes on as it does."""
        left_ns = until_ns - self.time_ns(now_ns)
        speed = self._clockwork.speed
        if speed is not None and speed < 1 and not self._pulse.runs_by_tape:
            left_ns = int(left_ns * speed)  # the machine's time is the faster one
        at_ns = self._clockwork.player.position_ns(now_ns) + left_ns
        return self._clockwork.venue_clock.ms(at_ns + NS_PER_MS - 1)  # rounded up

    def venue_ms(self, now_ns: int) -> int:
        """Return the venue's time now."""
        return self._clockwork.venue_clock.ms(self._clockwork.player.position_ns(now_ns))

    def _both(self, now_ns: int) -> tuple[int, int]:
        return now_ns, self._clockwork.player.course.tape_time_ns(now_ns)
