"""A session that notes in a transcript what it is given and what it does."""

from replayx.session.connection import Connection
from replayx.session.effects import AnyEffect, SendFrames
from replayx.session.inputs import AnyInput
from replayx.session.session import ReplaySession
from replayx.session.transcript import Transcript


class TranscribedSession(ReplaySession):
    """A replay run with a transcript, once it was given one with `note_in`."""

    _transcript: Transcript | None = None
    _is_handling = False

    def note_in(self, transcript: Transcript) -> None:
        """Note everything from now on."""
        self._transcript = transcript

    def connections(self) -> list[Connection]:
        """Return the open connections in the order of their numbers."""
        numbers = sorted(self._audience.numbers())
        found = (self._audience.get(number) for number in numbers)
        return [one for one in found if one is not None]

    def handle(self, event: AnyInput, now_ns: int) -> list[AnyEffect]:
        """Take an input and return its effects."""
        if self._transcript is not None:
            self._transcript.given(event, self.position_ns(now_ns), now_ns)
        self._is_handling = True  # it may play first what is due by now
        effects = super().handle(event, now_ns)
        self._is_handling = False
        self._note(effects, now_ns)
        return effects

    def advance(self, now_ns: int) -> list[AnyEffect]:
        """Return what is due at `now_ns`."""
        effects = super().advance(now_ns)
        if not self._is_handling:
            self._note(effects, now_ns)
        return effects

    def _note(self, effects: list[AnyEffect], now_ns: int) -> None:
        transcript = self._transcript
        if transcript is None:
            return
        for effect in effects:
            if isinstance(effect, SendFrames):
                transcript.sent(len(effect.connections), len(effect.frames))
            else:
                transcript.done(effect, self.position_ns(now_ns), now_ns)
