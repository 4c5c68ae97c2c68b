"""The playhead: where on the tape we are, as a function of monotonic time.

Position = anchor + (now − anchor's now) × speed, in integers over one denominator, so nothing
drifts and a change of speed, a pause and a resumption leave the position where it is, to the
fraction of a nanosecond. At full speed (None) the tape itself says where we are: time goes as fast
as it can be delivered.

    not started ──start──> moving <──resume── paused
         │                    └─────pause───────^ │ pause, stand
         └────────────────pause──────────────────>┘ (start notes the start, and stands still)
"""

from fractions import Fraction
from math import lcm

# Every speed ever set may have a denominator of its own. Beyond this the fraction of a nanosecond
# is given up, downwards: never early, and never more than 1 ns a change.
_DENOMINATOR_MAX = 1 << 64


class Playhead:
    """Maps monotonic time to tape time. Not started: it stands at its first position."""

    def __init__(self, position_ns: int, *, speed: Fraction | None = Fraction(1)) -> None:
        """Take the first position and the speed; None is as fast as possible.

        Raises ValueError for a speed that is not positive.
        """
        self.speed = _checked(speed)
        self.is_started = False
        self.is_paused = False
        self._since_ns: int | None = None  # None: it stands
        # The anchor and the speed, over one denominator.
        self._numerator, self._slope, self._denominator = position_ns, 0, 1
        self._place(Fraction(position_ns))

    @property
    def is_moving(self) -> bool:
        """Whether time passes."""
        return self._since_ns is not None

    # ---- moved by whoever plays

    def start(self, now_ns: int) -> None:
        """Let time pass from `now_ns` on, unless it is paused. Does nothing the second time."""
        if not self.is_started:
            self.is_started = True
            self._since_ns = None if self.is_paused else now_ns

    def pause(self, now_ns: int) -> None:
        """Stand still where it is at `now_ns`."""
        self._settle(now_ns)
        self.is_paused, self._since_ns = True, None

    def resume(self, now_ns: int) -> None:
        """Let time pass from `now_ns` on, started before or not."""
        self._settle(now_ns)
        self.is_started, self.is_paused, self._since_ns = True, False, now_ns

    def set_speed(self, now_ns: int, speed: Fraction | None) -> None:
        """Go on at another speed from where it is at `now_ns`.

        Raises ValueError for a speed that is not positive.
        """
        checked = _checked(speed)
        self._settle(now_ns)
        self.speed = checked
        self._place(self._anchor())

    def seek(self, now_ns: int, at_ns: int) -> None:
        """Be at `at_ns` at `now_ns`; whether time passes does not change."""
        self._settle(now_ns)
        self._place(Fraction(at_ns))

    def stand(self, at_ns: int) -> None:
        """Stand still at `at_ns`, which has just been reached."""
        self.is_paused, self._since_ns = True, None
        self._place(Fraction(at_ns))

    def skip(self, duration_ns: int) -> None:
        """Leave out so much of the tape: from now on the position is that much further."""
        self._place(self._anchor() + duration_ns)

    def pass_to(self, at_ns: int) -> None:
        """At full speed: note that the tape was delivered up to `at_ns`."""
        assert self.speed is None, "only at full speed does the tape move the playhead"
        self._numerator = max(self._numerator, at_ns * self._denominator)

    # ---- asked

    def position_ns(self, now_ns: int) -> int:
        """Return where on the tape `now_ns` is, rounded down: nothing is ever due early."""
        if self._since_ns is None:
            return self._numerator // self._denominator
        return (self._numerator + (now_ns - self._since_ns) * self._slope) // self._denominator

    def deadline_ns(self, at_ns: int) -> int:
        """Return the earliest monotonic time at which the position has reached `at_ns`."""
        assert self._since_ns is not None, "it stands still"
        behind = at_ns * self._denominator - self._numerator
        if behind <= 0 or not self._slope:
            return self._since_ns
        return self._since_ns - (-behind // self._slope)

    # ---- the anchor

    def _anchor(self) -> Fraction:
        return Fraction(self._numerator, self._denominator)

    def _settle(self, now_ns: int) -> None:
        """Move the anchor to `now_ns`, where the position is the same."""
        if self._since_ns is not None:
            elapsed = (now_ns - self._since_ns) * self._slope
            self._place(Fraction(self._numerator + elapsed, self._denominator))
            self._since_ns = now_ns

    def _place(self, anchor: Fraction) -> None:
        """Put the anchor there, with position and speed over one denominator."""
        pace = Fraction(0) if self.speed is None else self.speed
        if lcm(anchor.denominator, pace.denominator) > _DENOMINATOR_MAX:
            anchor = Fraction(int(anchor))
        self._denominator = lcm(anchor.denominator, pace.denominator)
        self._numerator = int(anchor * self._denominator)
        self._slope = int(pace * self._denominator)


def _checked(speed: Fraction | None) -> Fraction | None:
    if speed is not None and speed <= 0:
        raise ValueError(f"speed must be positive: {speed}")
    return None if speed is None else Fraction(speed)
