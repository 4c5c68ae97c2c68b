"""The clock of limits: which time windows run in, and what the venue's clock will say then.

Windows and bans run in the time that pings run in: the machine's, or the tape's. They are aligned
to the venue's clock as it stands at the first request, and again at the first after the start.
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
        self._offset_ns = 0
        self._had_started: bool | None = None  # when it was aligned; None: it is not

    def forget(self) -> None:
        """Align windows anew."""
        self._had_started = None

    def now_ns(self, limiter: Limiter, now_ns: int) -> int:
        """Return the time in which a limiter's windows run, and align them."""
        link_ns = self._pulse.now_ns(now_ns)
        has_started = self._clockwork.player.is_started
        if self._had_started is not has_started:
            self._had_started = has_started
            self._offset_ns = self.venue_ms(now_ns) * NS_PER_MS - link_ns
        limiter.offset_ns = self._offset_ns
        return link_ns

    def breach(self, refused: Refused, limiter: Limiter, now_ns: int) -> Breach:
        """Return a refusal with the times that it tells."""
        link_ns = self.now_ns(limiter, now_ns)
        # Whole seconds, rounded up: who waits as long is not too early.
        wait_s = max(1, -(-(refused.until_ns - link_ns) // NS_PER_S))
        until_ms = self.told_ms(refused.until_ns, limiter, now_ns)
        return Breach(refused.rule, wait_s, self.venue_ms(now_ns), until_ms)

    def told_ms(self, until_ns: int, limiter: Limiter, now_ns: int) -> int:
        """Return the venue's time when a window or ban is over, if the tape goes on as it does."""
        left_ns = until_ns - self.now_ns(limiter, now_ns)
        speed = self._clockwork.speed
        if speed is not None and not self._pulse.runs_by_tape:
            left_ns = int(left_ns * speed)
        at_ns = self._clockwork.player.position_ns(now_ns) + left_ns
        return self._clockwork.venue_clock.ms(at_ns + NS_PER_MS - 1)  # rounded up

    def venue_ms(self, now_ns: int) -> int:
        """Return the venue's time now."""
        return self._clockwork.venue_clock.ms(self._clockwork.player.position_ns(now_ns))
