"""What a session wants done, in this order, at once."""

from enum import Enum

import msgspec

from replayx.faults.round_trip import PLAINLY, Manner
from replayx.venues.venue import HttpReply


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Something to do."""


class Accept(Effect, frozen=True):
    """Complete the handshake."""

    connection: int


class Refuse(Effect, frozen=True):
    """Answer the handshake with an HTTP error instead, in this manner."""

    connection: int
    reply: HttpReply
    manner: Manner = PLAINLY


class SendFrames(Effect, frozen=True):
    """Write these frames, whole and ready as they are, to each of the connections."""

    connections: tuple[int, ...]
    frames: bytes | memoryview


class CloseConnection(Effect, frozen=True):
    """Send a close frame after what was sent before, and end the connection."""

    connection: int
    code: int
    reason: str


class AbortConnection(Effect, frozen=True):
    """End the connection without a close frame: by a reset, or orderly."""

    connection: int
    is_reset: bool = True


class Reach(Enum):
    """Whether a market can be reached."""

    OPEN = "open"
    REFUSED = "refused"  # nobody listens
    SILENT = "silent"  # connections are taken, and nothing is said on them


class ReachChanged(Effect, frozen=True):
    """From now on a market can be reached so."""

    market: str
    reach: Reach


class Reply(Effect, frozen=True):
    """Answer an HTTP request, in this manner."""

    number: int
    reply: HttpReply
    manner: Manner = PLAINLY


class Started(Effect, frozen=True):
    """The timeline began to run at this monotonic time. Comes once."""

    now_ns: int


class Ended(Effect, frozen=True):
    """The tape has ended. Comes once."""


class HistoryWanted(Effect, frozen=True):
    """Build the history of a market beside the event loop, then hand in HistoryBuilt."""

    market: str


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session's clock stands. Times of the tape in ns; `venue_ms` is what /time shows.

    speed: an exact ratio such as "1/2", or "max". shift_ms: what is added to every time of the
    tape that a client sees. delivered: messages of the tape played so far.
    """

    regime: str
    speed: str
    paused: bool
    started: bool
    ended: bool
    position_ns: int
    start_ns: int
    end_ns: int
    venue_ms: int
    shift_ms: int
    delivered: int


class ClockTold(Effect, frozen=True):
    """Answer a request about the clock."""

    number: int
    clock: ClockState


AnyEffect = (
    Accept
    | Refuse
    | SendFrames
    | CloseConnection
    | AbortConnection
    | ReachChanged
    | Reply
    | Started
    | Ended
    | HistoryWanted
    | ClockTold
)
