"""A session that notes in a transcript what it is given and what it does."""

from collections.abc import Callable
from functools import partial

from replayx.session.connection import Connection
from replayx.session.effects import AnyEffect, SendFrames
from replayx.session.inputs import AnyInput
from replayx.session.session import ReplaySession
from replayx.session.transcript import Transcript


class TranscribedSession(ReplaySession):
    """A replay run with a transcript, once it was given one with `note_in`."""

    transcript: Transcript | None = None
    _handled_at_ns: int | None = None

    def note_in(self, transcript: Transcript) -> None:
        """Note everything from now on, also which requests the tape can't answer."""
        self.transcript = transcript
        for answers in self._answers.values():
            tell = answers.on_unmatched
            answers.on_unmatched = partial(self._unanswered, tell)

    def connections(self) -> list[Connection]:
        """Return the open connections in the order of their numbers."""
        numbers = sorted(self._audience.numbers())
        found = (self._audience.get(number) for number in numbers)
        return [one for one in found if one is not None]

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        if self.transcript is None or self._handled_at_ns is not None:
            return super().handle(event, now_ns)  # what has waited is taken up within another
        self.transcript.given(event, self.position_ns(now_ns), now_ns)
        self._handled_at_ns = now_ns  # it may play first what is due by now: noted once, below
        effects = super().handle(event, now_ns)
        self._handled_at_ns = None
        self._note(effects, now_ns)
        return effects

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`."""
        effects = super().advance(now_ns)
        if self._handled_at_ns is None:
            self._note(effects, now_ns)
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

    def _unanswered(self, tell: Callable[[str], None], message: str) -> None:
        assert self.transcript is not None, "it was given one"
        assert self._handled_at_ns is not None, "requests come as inputs"
        now_ns = self._handled_at_ns
        self.transcript.unanswered(message, self.position_ns(now_ns), now_ns)
        tell(message)
