"""Roll calls: which clients were sent a ping and have not echoed it.

A client that has echoed a ping has read everything that was sent before it. In lockstep the tape
waits for that, so that no machine's timing shows in what a client sees.
"""

from replayx.limits import STALLED_CLIENT_NS


class RollCall:
    """The pings under way, by connection: one each."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[bytes, int]] = {}

    @property
    def is_over(self) -> bool:
        """Whether nobody is waited for."""
        return not self._asked

    @property
    def deadline_ns(self) -> int | None:
        """When somebody is waited for no longer, in monotonic time."""
        return min((due_ns for _, due_ns in self._asked.values()), default=None)

    def ask(self, connection: int, payload: bytes, now_ns: int) -> None:
        """Note a ping sent to a connection; it stands for the one before it, too."""
        self._asked[connection] = (payload, now_ns + STALLED_CLIENT_NS)

    def answer(self, connection: int, payload: bytes) -> None:
        """Note a pong. Only the echo of the ping counts (RFC 6455 section 5.5.3)."""
        if connection in self._asked and self._asked[connection][0] == payload:
            del self._asked[connection]

    def leave(self, connection: int) -> None:
        """Forget a connection."""
        self._asked.pop(connection, None)

    def late(self, now_ns: int) -> list[int]:
        """Return the connections that have not answered in time."""
        return [number for number, (_, due_ns) in self._asked.items() if due_ns <= now_ns]
