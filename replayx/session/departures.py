"""Departures: answers that leave, each in its manner, and those that let others go first."""

from replayx.faults.round_trip import PLAINLY, Delivery
from replayx.framing import frame
from replayx.session.answering import Answered
from replayx.session.backlog import Question
from replayx.session.effects import AbortConnection, AnyEffect, Reply, SendFrames
from replayx.session.pulse import Pulse
from replayx.venues.venue import HttpReply


class Overtaken:
    """An answer that waits until `left` others have overtaken it."""

    __slots__ = ("answered", "left", "question")

    def __init__(self, question: Question, answered: Answered, left: int) -> None:
        self.question = question
        self.answered = answered
        self.left = left


class Departures:
    """Sends answers. Those that are overtaken wait for it by connection."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._overtaken: dict[int, list[Overtaken]] = {}

    def keep(self, question: Question, answered: Answered, left: int) -> Overtaken:
        """Keep an answer until so many others of its connection have left, or it is `let_go`."""
        waiting = Overtaken(question, answered, left)
        self._overtaken.setdefault(question.number, []).append(waiting)
        return waiting

    def let_go(self, one: Overtaken) -> list[AnyEffect]:
        """Send an answer that was kept, if it has not left."""
        waiting = self._overtaken.get(one.question.number, [])
        if one not in waiting:
            return []
        waiting.remove(one)
        return self.leave(one.question, one.answered)

    def leave(self, question: Question, answered: Answered) -> list[AnyEffect]:
        """Send an answer, and behind it what only waited to be overtaken by it."""
        effects = self._sent(question, answered)
        if isinstance(answered, HttpReply):
            return effects
        for one in tuple(self._overtaken.get(question.number, ())):
            one.left -= 1
            if not one.left:
                self._overtaken[question.number].remove(one)
                effects += self._sent(one.question, one.answered)
        return effects

    def forget(self, question: Question) -> None:
        """Forget what is kept for a connection that is gone."""
        self._overtaken.pop(question.number, None)

    def reset(self) -> None:
        """Forget everything that is kept."""
        self._overtaken.clear()

    def _sent(self, question: Question, answered: Answered) -> list[AnyEffect]:
        manner = PLAINLY if question.trip is None else question.trip.manner
        if isinstance(answered, HttpReply):
            return [Reply(question.number, answered, manner)]
        number = question.number
        match manner.delivery:
            case Delivery.NEVER:
                return []
            case Delivery.EMPTY | Delivery.RESET:
                self._pulse.forget(number)
                return [AbortConnection(number, manner.delivery is Delivery.RESET)]
            case Delivery.WHOLE:
                return [SendFrames((number,), frame(manner.kept(answered)) * manner.copies)]
