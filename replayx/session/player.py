"""The player: the tape under the playhead; where we are, what is due, and whether it has ended."""

from replayx.limits import FLAT_OUT_BYTES, WRITE_BYTES
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Stretch, Tape


class Player:
    """Plays a tape once. At full speed the tape waits while nobody watches.

    `is_behind` says that more was due than is played at once.
    """

    def __init__(self, tape: Tape, playhead: Playhead) -> None:
        self._tape = tape
        self._playhead = playhead
        self._end_ns = max(tape.end_ns, tape.start_ns)
        self.is_ended = False
        self.is_behind = False

    @property
    def is_flat_out(self) -> bool:
        """Whether it plays as fast as what it plays can be written."""
        return self._playhead.speed is None

    @property
    def is_started(self) -> bool:
        """Whether time passes."""
        return self._playhead.is_started

    def start(self, now_ns: int) -> bool:
        """Let time pass from `now_ns` on; say whether it did not before."""
        was_started = self.is_started
        self._playhead.start(now_ns)
        return not was_started

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return min(self._playhead.position_ns(now_ns), self._end_ns)

    def deadline_ns(self, watcher_count: int) -> int | None:
        """Return when something is due; None: not before something changes."""
        if not self.is_started or self.is_ended:
            return None
        if self.is_flat_out:
            return 0 if watcher_count else None
        at_ns = self._tape.next_at_ns()
        return self._playhead.deadline_ns(self._end_ns if at_ns is None else at_ns)

    def play(self, now_ns: int, watcher_count: int) -> list[Stretch]:
        """Return what is due at `now_ns`, up to a bound; at full speed one write's worth.

        `is_ended` tells whether that was the last.
        """
        if not self.is_started or self.is_ended:
            return []
        if self.is_flat_out:
            return self._flat_out(watcher_count) if watcher_count else []
        position_ns = self._playhead.position_ns(now_ns)
        stretches: list[Stretch] = []
        # Whoever plays faster than clients read, or slept, has very much to catch up with.
        taken_bytes = 0
        while taken_bytes < FLAT_OUT_BYTES:
            stretch = self._tape.take(position_ns, WRITE_BYTES)
            if stretch is None:
                break
            stretches.append(stretch)
            taken_bytes += stretch.frame_bytes
        self.is_behind = taken_bytes >= FLAT_OUT_BYTES
        self.is_ended = self._tape.next_at_ns() is None and position_ns >= self._end_ns
        return stretches

    def _flat_out(self, watcher_count: int) -> list[Stretch]:
        # Whole chunks, if not to many at once.
        stretch = self._tape.take(None, max(WRITE_BYTES, FLAT_OUT_BYTES // watcher_count))
        if stretch is None:
            self.is_ended = True
            self._playhead.pass_to(self._end_ns)
            return []
        self._playhead.pass_to(stretch.last_ns)
        return [stretch]
