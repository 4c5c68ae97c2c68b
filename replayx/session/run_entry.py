"""What a run file holds: its header, the entries of a transcript, and what only a whole run needs.

A session is a function of its inputs and of the moments at which it was turned. With both, and with
what the header says, another session does the same, to the byte.
"""

from typing import Annotated

import msgspec

from replayx.limits import RUN_TURNS_MAX
from replayx.session.transcript_entry import Entry, Ns

RUN_VERSION = 1


class CassetteIdentity(msgspec.Struct, frozen=True):
    """Which cassette was played: where it was, its size, and the SHA-256 of its ends."""

    path: str
    size: int
    sha256: str


class RunHeader(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """How a run was made. Times and durations in ns; what a timeline had from its server.

    built: the markets whose history was there when it began. wall_offset_ns: by how much Unix time
    was ahead of the monotonic clock. rebase: "now", or the time at which the tape starts.
    """

    version: int = RUN_VERSION
    replayx: str
    timeline: str = ""
    cassettes: tuple[CassetteIdentity, ...]
    markets: tuple[str, ...]
    built: tuple[str, ...] = ()
    speed: str
    regime: str
    at_end: str
    starts: str
    on_seek: str
    liveness: str | None = None
    from_ns: Ns | None = None
    to_ns: Ns | None = None
    laps: int | None = 1
    rebase: str | Ns | None = None
    wall_offset_ns: Ns = 0
    skip_idle_ns: int | None = None
    roll_call: bool = True
    derive: bool = True
    seed: int = 0
    plan: dict[str, object] | None = None
    limits: dict[str, object] | None = None


class _Placed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    seq: int
    at_ns: Ns
    now_ns: Ns


class TurnsEntry(_Placed, frozen=True, tag="turns"):
    """The session was turned at `first_ns`, and then after each of `later_ns` again."""

    first_ns: Ns
    later_ns: Annotated[tuple[int, ...], msgspec.Meta(max_length=RUN_TURNS_MAX)] = ()


class SentEntry(_Placed, frozen=True, tag="sent"):
    """A connection was sent `size` bytes of frames by now, of this digest.

    marks: digests at each MARK_BYTES of them, those that came since the last such entry.
    """

    connection: int
    size: int
    digest: str
    marks: tuple[str, ...] = ()


class AnsweredEntry(_Placed, frozen=True, tag="answered"):
    """An HTTP answer, with the digest of its headers and body. `manner` if it was not plain."""

    number: int
    status: int
    size: int
    digest: str
    manner: str = ""


class EndEntry(_Placed, frozen=True, tag="end"):
    """The run was over; `fault_digest` is that of all that was injected since the last reset."""

    sent: int
    fault_digest: str


RunEntry = Entry | TurnsEntry | SentEntry | AnsweredEntry | EndEntry
