"""The course: the playhead's way along the tape, and what it jumps over.

Seeks and gaps that are cut short move the position without time passing for anybody. *Tape time*
leaves them out: it passes as the tape does, stands where it stands, and never jumps.
"""

from replayx.timeline.playhead import Playhead


class Course:
    """Where the playhead is between the tape's ends, in position and in tape time."""

    def __init__(
        self, playhead: Playhead, start_ns: int, end_ns: int, *, skip_idle_ns: int | None = None
    ) -> None:
        """Gaps between messages longer than `skip_idle_ns` pass as that much."""
        self.start_ns = start_ns
        self.end_ns = end_ns
        self._playhead = playhead
        self._skip_idle_ns = skip_idle_ns
        self._idle_since_ns = start_ns
        self._jumped_ns = 0

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return min(self._playhead.position_ns(now_ns), self.end_ns)

    def reachable_ns(self, at_ns: int) -> int:
        """Return the time on the tape that is nearest to `at_ns`."""
        return min(max(at_ns, self.start_ns), self.end_ns)

    # ---- tape time

    def tape_time_ns(self, now_ns: int) -> int:
        """Return the tape's time."""
        return self.position_ns(now_ns) - self._jumped_ns

    def time_of_ns(self, at_ns: int) -> int:
        """Return the tape time at which a position comes, if nothing jumps before."""
        return at_ns - self._jumped_ns

    def at_ns(self, tape_time_ns: int) -> int:
        """Return the position at which a tape time comes, if nothing jumps before."""
        return tape_time_ns + self._jumped_ns

    def when_ns(self, tape_time_ns: int) -> int | None:
        """Return the monotonic time at which a tape time comes; None: not while it stands.

        Flat out that is now or unknown.
        """
        at_ns = self.at_ns(tape_time_ns)
        if not self._playhead.is_moving or at_ns > self.end_ns:
            return None
        if self._playhead.speed is not None:
            return self._playhead.deadline_ns(at_ns)
        return 0 if at_ns <= self._playhead.position_ns(0) else None

    # ---- jumps

    def seek(self, now_ns: int, at_ns: int) -> int:
        """Go to `at_ns`, or as far as the tape reaches, and return where that is."""
        at_ns = self.reachable_ns(at_ns)
        self._jumped_ns += at_ns - self.position_ns(now_ns)
        self._playhead.seek(now_ns, at_ns)
        self._idle_since_ns = at_ns
        return at_ns

    def note_message(self, at_ns: int) -> None:
        """Note that a message was played: a gap begins behind it."""
        self._idle_since_ns = at_ns

    def wake_ns(self, next_ns: int) -> int:
        """Return the position at which `next_ns` is due: before it, where a gap is cut short."""
        if self._skip_idle_ns is None:
            return next_ns
        return min(next_ns, self._idle_since_ns + self._skip_idle_ns)

    def skip_idle(self, now_ns: int, next_ns: int) -> bool:
        """Leave out the rest of the gap before `next_ns`, if enough of it has passed."""
        if not self._playhead.is_moving:
            return False
        wake_ns = self.wake_ns(next_ns)
        if wake_ns == next_ns or self._playhead.position_ns(now_ns) < wake_ns:
            return False
        self._playhead.skip(next_ns - wake_ns)
        self._jumped_ns += next_ns - wake_ns
        self._idle_since_ns = next_ns
        return True
