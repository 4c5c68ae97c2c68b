"""Roll calls: which clients were sent a ping and have not echoed it.

A client that has echoed a ping has read everything that was sent before it, and whatever it sent
before has arrived. In lockstep the tape waits for that, so that no machine's timing shows in what a
client sees. It does not wait for ever: a client that stopped reading, for its script waits for the
tape, is waited for no more until it has caught up.
"""

from replayx.limits import ROLL_CALL_NS


class RollCall:
    """The pings under way, by connection: the last one of each."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[bytes, int]] = {}
        self._silent: dict[int, bytes] = {}

    @property
    def is_over(self) -> bool:
        """Whether nobody is waited for."""
        return not self._asked

    @property
    def deadline_ns(self) -> int | None:
        """When somebody is waited for no longer, in monotonic time."""
        if not self._asked:
            return None
        return min(due_ns for _, due_ns in self._asked.values())

    def ask(self, connection: int, payload: bytes, now_ns: int) -> None:
        """Note a ping sent to a connection; it stands for the one before it, too."""
        if connection in self._silent:
            self._silent[connection] = payload
        else:
            self._asked[connection] = (payload, now_ns + ROLL_CALL_NS)

    def is_asked(self, connection: int, payload: bytes) -> bool:
        """Say whether a pong with this payload is waited for, or was."""
        asked = self._asked.get(connection, (None, 0))[0]
        return payload in (asked, self._silent.get(connection))

    def answer(self, connection: int, payload: bytes) -> None:
        """Note a pong. Only the echo of the last ping counts (RFC 6455 section 5.5.3)."""
        if connection in self._asked and self._asked[connection][0] == payload:
            del self._asked[connection]
        if self._silent.get(connection) == payload:
            del self._silent[connection]

    def leave(self, connection: int) -> None:
        """Forget a connection."""
        self._asked.pop(connection, None)
        self._silent.pop(connection, None)

    def give_up(self, now_ns: int) -> None:
        """Wait no longer for those who have not answered in time."""
        late = [number for number, (_, due_ns) in self._asked.items() if due_ns <= now_ns]
        for number in late:
            self._silent[number] = self._asked.pop(number)[0]
