"""The player: the tape under the playhead; where we are, what is due, and whether it has ended.

Two ways to play. *Paced*: what the playhead has reached is due. *Flat out* (full speed, and
lockstep): the tape is taken in pieces as large as are written at once, and moves the playhead.

Standing still it plays nothing, except what was due when it was paused and is not sent yet. A
halt ends a run at exactly its time or message, whatever came in between: pieces are cut there.
"""

from fractions import Fraction

from replayx.limits import FLAT_OUT_BYTES, WRITE_BYTES
from replayx.session.course import Course
from replayx.session.halts import Halt
from replayx.timeline.playhead import Playhead
from replayx.timeline.tape import Stretch, Tape


class Player:
    """Plays a tape. At full speed the tape waits while nobody watches, unless a halt is set.

    `is_behind` says that more was due than is played at once. `halt` is where it stops next; it is
    None again when it stands there.
    """

    def __init__(self, tape: Tape, playhead: Playhead, *, skip_idle_ns: int | None = None) -> None:
        """Gaps between messages longer than `skip_idle_ns` pass as that much."""
        end_ns = max(tape.end_ns, tape.start_ns)
        self._tape = tape
        self._playhead = playhead
        self.course = Course(playhead, tape.start_ns, end_ns, skip_idle_ns=skip_idle_ns)
        self.start_ns = tape.start_ns
        self.end_ns = end_ns
        self.halt: Halt | None = None
        self.is_ended = False
        self.is_behind = False
        self._owed_ns: int | None = None  # standing still: what is due up to here is still sent
        self._played_before = 0

    # ---- asked

    @property
    def is_flat_out(self) -> bool:
        """Whether it plays as fast as what it plays can be written."""
        return self._playhead.speed is None

    @property
    def is_started(self) -> bool:
        """Whether time passes, or has."""
        return self._playhead.is_started

    @property
    def is_paused(self) -> bool:
        """Whether it was told to stand still."""
        return self._playhead.is_paused

    @property
    def tape(self) -> Tape:
        """What it plays, from where it is."""
        return self._tape

    @property
    def delivered(self) -> int:
        """How many messages of the tape have been played, over all seeks."""
        return self._played_before + self._tape.played

    def position_ns(self, now_ns: int) -> int:
        """Return the position on the tape, never past its end."""
        return self.course.position_ns(now_ns)

    def deadline_ns(self, watcher_count: int) -> int | None:
        """Return when something is due; None: not before something changes."""
        if self.is_ended:
            return None
        if not self._playhead.is_moving:
            return 0 if self._owed_ns is not None else None
        if self.is_flat_out:
            return 0 if watcher_count or self.halt is not None else None
        return self._playhead.deadline_ns(self.course.wake_ns(self._next_ns()))

    # ---- moved

    def start(self, now_ns: int) -> bool:
        """Let time pass from `now_ns` on; say whether it did not before."""
        was_started = self.is_started
        self._playhead.start(now_ns)
        return not was_started

    def resume(self, now_ns: int) -> bool:
        """Let time pass from `now_ns` on, paused or not; say whether it was not started before."""
        was_started = self.is_started
        self._playhead.resume(now_ns)
        self._owed_ns = None
        return not was_started

    def pause(self, now_ns: int) -> None:
        """Stand still where it is at `now_ns`."""
        if self._playhead.is_moving and not self.is_flat_out:
            position_ns, next_ns = self._playhead.position_ns(now_ns), self._tape.next_at_ns()
            is_owing = next_ns is not None and next_ns <= position_ns
            self._owed_ns = position_ns if is_owing else None
        self._playhead.pause(now_ns)

    def set_speed(self, now_ns: int, speed: Fraction | None) -> None:
        """Go on at another speed from where it is."""
        self._playhead.set_speed(now_ns, speed)

    def seek(self, now_ns: int, at_ns: int) -> None:
        """Go to `at_ns`, or as far as the tape reaches. What is at that time is still to come."""
        at_ns = self.course.seek(now_ns, at_ns)
        self._played_before += self._tape.played
        self._tape = self._tape.at(at_ns)
        self._owed_ns = None
        self.is_ended = self.is_behind = False

    def reread(self) -> None:
        """Read the tape again, of which nothing has been played yet: it is served otherwise."""
        assert not self._tape.played, "something of it has been played"
        self._tape = self._tape.at(self._tape.start_ns)

    def rewound(self) -> Tape:
        """Return the tape from its beginning, to be played by another player."""
        return self._tape.at(self.start_ns)

    # ---- played

    def play(
        self, now_ns: int, watcher_count: int, *, horizon_ns: int | None = None
    ) -> list[Stretch]:
        """Return what is due at `now_ns`, up to a bound; flat out one write's worth.

        Flat out it doesn't go past `horizon_ns` in tape time. `is_ended` tells whether that was
        the last; a `halt` that is None again, that it was reached.
        """
        if self.is_ended:
            return []
        if not self._playhead.is_moving:
            return [] if self._owed_ns is None else self._paced(now_ns)
        if not self.is_flat_out:
            return self._paced(now_ns)
        if not watcher_count and self.halt is None:
            return []
        bytes_max = max(WRITE_BYTES, FLAT_OUT_BYTES // max(1, watcher_count))
        return self._flat_out(bytes_max, self._limit_ns(horizon_ns))

    def _paced(self, now_ns: int) -> list[Stretch]:
        halt = self.halt
        cut = None if halt is None else halt.cut
        stretches: list[Stretch] = []
        # Whoever plays faster than clients read, or slept, has very much to catch up with.
        taken_bytes = 0
        while taken_bytes < FLAT_OUT_BYTES and (halt is None or halt.hit_ns is None):
            stretch = self._tape.take(self._reached_ns(now_ns), WRITE_BYTES, cut=cut)
            if stretch is not None:
                stretches.append(stretch)
                taken_bytes += stretch.frame_bytes
                self.course.note_message(stretch.run.batch.at[stretch.stop - 1])
            elif not self.course.skip_idle(now_ns, self._next_ns()):
                break
        self.is_behind = taken_bytes >= FLAT_OUT_BYTES
        if halt is not None and halt.hit_ns is not None:
            self._arrive(halt.hit_ns)
        elif not self.is_behind:
            self._arrive(self._reached_ns(now_ns))
        return stretches

    def _reached_ns(self, now_ns: int) -> int:
        """Return up to where the tape is due."""
        if self._owed_ns is not None:
            return self._owed_ns
        position_ns = self._playhead.position_ns(now_ns)
        if self.halt is None or self.halt.until_ns is None:
            return position_ns
        return min(position_ns, self.halt.until_ns)

    def _arrive(self, reached_ns: int) -> None:
        """Note that everything due at `reached_ns` was played, or everything up to the halt."""
        self._owed_ns = None
        self.is_ended = reached_ns >= self.end_ns and self._tape.next_at_ns() is None
        halt = self.halt
        if halt is None:
            return
        if self.is_ended or halt.hit_ns is not None or reached_ns == halt.until_ns:
            self._playhead.stand(min(reached_ns, self.end_ns))
            self.halt = None

    def _flat_out(self, bytes_max: int, limit_ns: int | None) -> list[Stretch]:
        # Whole chunks, if not to many at once.
        halt = self.halt
        stretch = self._tape.take(limit_ns, bytes_max, cut=None if halt is None else halt.cut)
        if stretch is None:
            reached_ns = self.end_ns if limit_ns is None else min(limit_ns, self.end_ns)
            self._playhead.pass_to(reached_ns)
            self._arrive(self._playhead.position_ns(0))
            return []
        last_ns = stretch.last_ns if limit_ns is None else min(stretch.last_ns, limit_ns)
        self.course.note_message(last_ns)
        if halt is not None and halt.hit_ns is not None:
            self._arrive(halt.hit_ns)
        else:
            self._playhead.pass_to(last_ns)
        return [stretch]

    def _limit_ns(self, horizon_ns: int | None) -> int | None:
        """Return up to where the tape may be played flat out; None: to its end."""
        until_ns = None if self.halt is None else self.halt.until_ns
        if horizon_ns is None:
            return until_ns
        limit_ns = self.course.at_ns(horizon_ns)
        return limit_ns if until_ns is None else min(until_ns, limit_ns)

    def _next_ns(self) -> int:
        """Return when something comes next: a message, the end, the halt."""
        at_ns = self._tape.next_at_ns()
        next_ns = self.end_ns if at_ns is None else at_ns
        if self.halt is None or self.halt.until_ns is None:
            return next_ns
        return min(next_ns, self.halt.until_ns)
