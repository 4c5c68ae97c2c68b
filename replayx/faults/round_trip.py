"""A round trip: one request and its answer, while toxics decide what becomes of them.

Also a handshake, which is a request of its own: `Attempt`.
"""

from enum import Enum

import msgspec

from replayx.faults.link import Link
from replayx.market.events import FeedKind
from replayx.venues.venue import HttpReply, RequestKey


class Failing(msgspec.Struct, frozen=True):
    """A failure of the venue's catalogue (`Venue.failures`), by its word.

    `is_executed`: the request is carried out all the same, only its answer says otherwise.
    `retry_after_ms`: how long to wait before the next; 0: as the venue has it.
    """

    word: str
    is_executed: bool = False
    retry_after_ms: int = 0


class Delivery(Enum):
    """How an answer reaches a client, if not whole."""

    WHOLE = "whole"
    NEVER = "never"  # the connection stays open, and silent
    EMPTY = "empty"  # the connection is closed without a byte
    RESET = "reset"  # the connection is reset without a byte


class Manner(msgspec.Struct, frozen=True):
    """How the bytes of an answer are written.

    bytes_per_s: 0 is at once. slice_bytes: written in pieces of that size, `slice_delay_ns` apart;
    0: in one. cut_at: the connection ends behind so many bytes of the body, which was announced
    whole; or behind `cut_share` of it. copies: how often it is sent (the WebSocket API; over HTTP a
    second answer comes unasked on the same connection).
    """

    delivery: Delivery = Delivery.WHOLE
    bytes_per_s: int = 0
    slice_bytes: int = 0
    slice_delay_ns: int = 0
    cut_at: int | None = None
    cut_share: float = 1.0
    copies: int = 1

    def kept(self, body: bytes) -> bytes:
        """Return what comes of a body."""
        at = int(len(body) * self.cut_share) if self.cut_at is None else self.cut_at
        return body if at >= len(body) else body[:at]


PLAINLY = Manner()


class Halt(msgspec.Struct, frozen=True):
    """These symbols (none: all) are closed: orders are refused, and answers say `status`."""

    status: str
    symbols: tuple[str, ...] = ()


class RoundTrip(msgspec.Struct, kw_only=True):
    """A request on its way to the venue and its answer on the way back.

    link: of the answer's direction. index: which request of this link it is, from 0. at_ns: the
    position on the tape. Toxics set the rest: `arrival_delay_ns` before the venue has it,
    `departure_delay_ns` before the answer leaves, `failing` or `canned` in place of the answer,
    `edits` of its body, `manner`. `skew_ms`: by how much the venue's clock is wrong, which then
    refuses requests of another time; None: it takes any. `halt`: what is closed. `overtaken_by`:
    how many later answers of the connection leave before this one, if they come before its
    departure is due. `tells`: what the answer tells of the market. `as_of_ns`: the position whose
    answer it is; None: the one where it is given.
    """

    link: Link
    index: int
    key: RequestKey
    symbols: tuple[str, ...]
    at_ns: int
    now_ns: int
    arrival_delay_ns: int = 0
    departure_delay_ns: int = 0
    failing: Failing | None = None
    canned: HttpReply | None = None
    edits: tuple["Edit", ...] = ()
    manner: Manner = PLAINLY
    skew_ms: int | None = None
    halt: Halt | None = None
    overtaken_by: int = 0
    tells: FeedKind | None = None
    as_of_ns: int | None = None


class Edit(msgspec.Struct, frozen=True):
    """A change of an answer's body. `how` is the toxic's word; `draw` picks where."""

    how: str
    draw: float


class Attempt(msgspec.Struct, kw_only=True):
    """A handshake. Toxics set whether it is answered (`delivery`), when, and refused with what."""

    link: Link
    target: str
    at_ns: int
    now_ns: int
    delay_ns: int = 0
    delivery: Delivery = Delivery.WHOLE
    failing: Failing | None = None
    canned: HttpReply | None = None
