"""A session that notes in a transcript what it is given and what it does.

Whoever keeps the whole run is told every moment, too: with the same moments another session does
the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from replayx.cassette.records import Channel
from replayx.faults.fault_log import FaultLog
from replayx.session.connection import Connection
from replayx.session.effects import AnyEffect, SendFrames
from replayx.session.inputs import AnyInput
from replayx.session.moment import Moment
from replayx.session.session import ReplaySession
from replayx.session.transcript import Transcript
from replayx.venues.venue import Venue


class TranscribedSession(ReplaySession):
    """A replay run with a transcript, once it was given one with `note_in`.

    `on_moment` is told every call and what it led to, before that is performed.
    """

    transcript: Transcript | None = None
    on_moment: Callable[[Moment], None] | None = None
    _handled_at_ns: int | None = None
    _fault_log: FaultLog | None = None
    _unmatched: list[str]

    def note_in(self, transcript: Transcript, *, fault_log: FaultLog | None = None) -> None:
        """Note everything from now on, also what is injected and which requests have no answer."""
        self.transcript = transcript
        self._fault_log = transcript.fault_log = fault_log
        self._unmatched = []
        for answers in self._answers.values():
            tell = answers.on_unmatched
            answers.on_unmatched = partial(self._unanswered, tell)

    def tell_moments(self, tell: Callable[[Moment], None]) -> None:
        """Tell every moment from now on. It was given a transcript before."""
        assert self.transcript is not None, "noting comes first"
        self.on_moment = tell
        if self._fault_log is not None:
            self._fault_log.follower = FaultLog()

    @property
    def venues(self) -> Mapping[str, Venue]:
        """The markets' venues, by name."""
        return self._venues

    @property
    def channels(self) -> Sequence[Mapping[int, Channel]]:
        """The channels of each source of the tape, by number."""
        return self._player.tape.channels

    def fault_digest(self) -> str:
        """Return the digest of what was injected since the run began, or was reset."""
        return (self._fault_log or FaultLog()).digest()

    def connections(self) -> list[Connection]:
        """Return the open connections in the order of their numbers."""
        numbers = sorted(self._audience.numbers())
        found = (self._audience.get(number) for number in numbers)
        return [one for one in found if one is not None]

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        if self.transcript is None or self._handled_at_ns is not None:
            return super().handle(event, now_ns)  # what has waited is taken up within another
        from_ns = self.position_ns(now_ns)
        self.transcript.given(event, from_ns, now_ns)
        self._handled_at_ns = now_ns  # it may play first what is due by now: noted once, below
        effects = super().handle(event, now_ns)
        self._handled_at_ns = None
        self._note(effects, now_ns)
        self._tell(event, from_ns, now_ns, effects)
        return effects

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`."""
        if self._handled_at_ns is not None or self.transcript is None:
            return super().advance(now_ns)
        from_ns = 0 if self.on_moment is None else self.position_ns(now_ns)
        self._handled_at_ns = now_ns
        effects = super().advance(now_ns)
        self._handled_at_ns = None
        self._note(effects, now_ns)
        self._tell(None, from_ns, now_ns, effects)
        return effects

    def _note(self, effects: list[AnyEffect], now_ns: int) -> None:
        transcript = self.transcript
        if transcript is None:
            return
        for effect in effects:
            if isinstance(effect, SendFrames):
                transcript.sent(len(effect.connections), len(effect.frames))
            else:
                transcript.done(effect, self.position_ns(now_ns), now_ns)

    def _tell(
        self, event: AnyInput | None, from_ns: int, now_ns: int, effects: list[AnyEffect]
    ) -> None:
        if self.on_moment is None:
            return
        follower = None if self._fault_log is None else self._fault_log.follower
        injected = () if follower is None else follower.take_new()
        unmatched, self._unmatched = self._unmatched, []
        at_ns = self.position_ns(now_ns)
        self.on_moment(Moment(event, now_ns, from_ns, at_ns, effects, injected, unmatched))

    def _unanswered(self, tell: Callable[[str], None], message: str) -> None:
        assert self.transcript is not None, "it was given one"
        assert self._handled_at_ns is not None, "requests come as inputs, or when they are due"
        now_ns = self._handled_at_ns
        self.transcript.unanswered(message, self.position_ns(now_ns), now_ns)
        if self.on_moment is not None:
            self._unmatched.append(message)
        tell(message)
