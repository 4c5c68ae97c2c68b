"""The playhead: where on the tape we are, as a function of monotonic time.

Position = anchor + (now − anchor's now) × speed, with speed an exact ratio, so nothing drifts and a
change of speed leaves the position where it is. At full speed (None) the tape itself says where we
are: time goes as fast as it can be delivered.
"""

from fractions import Fraction


class Playhead:
    """Maps monotonic time to tape time. Not started: it stands at its first position."""

    def __init__(self, position_ns: int, *, speed: Fraction | None = Fraction(1)) -> None:
        """Take the first position and the speed; None is as fast as possible.

        Raises ValueError for a speed that is not positive.
        """
        if speed is not None and speed <= 0:
            raise ValueError(f"speed must be positive: {speed}")
        self.speed = speed
        self._anchor_ns = position_ns
        self._since_ns: int | None = None

    @property
    def is_started(self) -> bool:
        """Whether time passes."""
        return self._since_ns is not None

    def start(self, now_ns: int) -> None:
        """Let time pass from `now_ns` on. Does nothing the second time."""
        if self._since_ns is None:
            self._since_ns = now_ns

    def position_ns(self, now_ns: int) -> int:
        """Return where on the tape `now_ns` is, rounded down: nothing is ever due early."""
        if self._since_ns is None or self.speed is None:
            return self._anchor_ns
        elapsed_ns = now_ns - self._since_ns
        return self._anchor_ns + elapsed_ns * self.speed.numerator // self.speed.denominator

    def deadline_ns(self, at_ns: int) -> int:
        """Return the earliest monotonic time at which the position has reached `at_ns`."""
        assert self._since_ns is not None, "not started"
        if self.speed is None:
            return self._since_ns
        behind_ns = max(0, at_ns - self._anchor_ns)
        scaled = -(-behind_ns * self.speed.denominator // self.speed.numerator)
        return self._since_ns + scaled

    def pass_to(self, at_ns: int) -> None:
        """At full speed: note that the tape was delivered up to `at_ns`."""
        assert self.speed is None, "only at full speed does the tape move the playhead"
        assert at_ns >= self._anchor_ns, "time goes back"
        self._anchor_ns = at_ns
