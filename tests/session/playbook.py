"""A session's conversation as a script: `play << input >> [effects]`, with time told explicitly.

    play = Playbook(session)
    play << ConnectionAsked(1, "fake", "/s/a") >> [Accept(1)]
    play.at(2 * S) >> [sent(1, b"x")]

Every input's effects must be asserted before the next one; the mismatch is the assertion's diff.
"""

from replayx.framing import frame
from replayx.session.effects import SendFrames
from replayx.venues.venue import HttpReply

S = 1_000_000_000


class Playbook:
    """Drives a session by hand."""

    def __init__(self, session) -> None:
        self.session = session
        self.now_ns = 0
        self._effects: list | None = None

    def __lshift__(self, event):
        self._check()
        self._effects = self.session.handle(event, self.now_ns)
        return self

    def at(self, now_ns: int):
        """Let time pass to `now_ns` and advance."""
        assert now_ns >= self.now_ns
        self._check()
        self.now_ns = now_ns
        self._effects = self.session.advance(now_ns)
        return self

    def __rshift__(self, expected):
        effects, self._effects = self._effects, None
        assert [plain(effect) for effect in effects] == [plain(effect) for effect in expected]
        return self

    def _check(self) -> None:
        assert self._effects is None, f"effects not looked at: {self._effects}"


def plain(effect):
    """Return an effect with its frames as bytes, so that it compares and prints."""
    if isinstance(effect, SendFrames):
        return SendFrames(effect.connections, bytes(effect.frames))
    return effect


def sent(connections: int | tuple[int, ...], *payloads: bytes) -> SendFrames:
    """Return the effect of these messages sent in one write."""
    numbers = connections if isinstance(connections, tuple) else (connections,)
    return SendFrames(numbers, b"".join(map(frame, payloads)))


def at_time(unix_s: int) -> HttpReply:
    """Return the answer to GET /time, dated by the same clock."""
    reply = HttpReply(200, b"%d" % (unix_s * 1000))
    date = f"Thu, 01 Jan 1970 00:{unix_s // 60:02}:{unix_s % 60:02} GMT"
    return HttpReply(200, reply.body, (*reply.headers, ("Date", date)))
