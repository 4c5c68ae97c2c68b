"""What a session wants done, in this order, at once."""

import msgspec

from replayx.venues.venue import HttpReply


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Something to do."""


class Accept(Effect, frozen=True):
    """Complete the handshake."""

    connection: int


class Refuse(Effect, frozen=True):
    """Answer the handshake with an HTTP error instead."""

    connection: int
    reply: HttpReply


class SendFrames(Effect, frozen=True):
    """Write these frames, whole and ready as they are, to each of the connections."""

    connections: tuple[int, ...]
    frames: bytes | memoryview


class CloseConnection(Effect, frozen=True):
    """Send a close frame after what was sent before, and end the connection."""

    connection: int
    code: int
    reason: str


class Reply(Effect, frozen=True):
    """Answer an HTTP request."""

    number: int
    reply: HttpReply


class Started(Effect, frozen=True):
    """The timeline began to run at this monotonic time. Comes once."""

    now_ns: int


class Ended(Effect, frozen=True):
    """The tape has ended. Comes once."""


AnyEffect = Accept | Refuse | SendFrames | CloseConnection | Reply | Started | Ended
