"""What the control API takes and gives: the one source of validation and of the OpenAPI document.

Times are nanoseconds since 1970 on the tape; `now_ns` and `since_ns` are the machine's monotonic
time. Words for durations, times and speeds are those of the command line.
"""

from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from replayx.limits import TRANSCRIPT_PAGE_MAX
from replayx.market.events import FeedKind
from replayx.session.effects import ClockState
from replayx.session.transcript_entry import Entry, UnmatchedEntry

_DURATION_WORDS = r"([0-9]{1,12}(\.[0-9]{1,12})?(ns|us|ms|s|m|h|d)){1,4}"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
_INSTANT_WORDS = rf"[0-9]{{1,19}}|{_DURATION_WORDS}|{_DATE}(T{_TIME})?"

# What may be said, as the document tells it and as `targets` checks it: bounded, so that no number
# takes long to read.
DURATION = f"^{_DURATION_WORDS}$"
SEEK = f"^([+-]{_DURATION_WORDS}|{_INSTANT_WORDS})$"
INSTANT = rf"^(\+{_DURATION_WORDS}|{_INSTANT_WORDS})$"
SPEED = r"^(max|(?=[0-9.]*[1-9])([0-9]{1,12}|[0-9]{0,12}\.[0-9]{1,12})(/[1-9][0-9]{0,11})?)$"
PRICE = r"^[0-9]{1,20}(\.[0-9]{1,20})?$"


def _words(pattern: str, example: str) -> Meta:
    """Return what the document says of a text. Whoever reads it checks it, and tells it better."""
    return Meta(extra_json_schema={"pattern": pattern, "examples": [example]})


_Speed = Annotated[str, _words(SPEED, "1/2")]
_Duration = Annotated[str, _words(DURATION, "1.5s")]
_Seek = Annotated[str, _words(SEEK, "+30s")]
_Instant = Annotated[str, _words(INSTANT, "2026-01-31T12:00:00Z")]
_Price = Annotated[str, _words(PRICE, "60000.5")]
_TimeNs = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
_Ratio = Annotated[float, Meta(ge=1e-6, le=1e6)]
_Positive = Annotated[float, Meta(ge=0, le=1e15)]
_Channel = Annotated[str, Meta(min_length=1, max_length=256)]
_Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{0,64}$")]


class Refused(Exception):
    """A request that is answered with a problem, and with more headers, if need be."""

    def __init__(self, problem: "Problem", **headers: str) -> None:
        self.problem = problem
        self.headers = headers
        super().__init__(problem.error)


class _Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something asked for: a field that is misspelt is refused, not ignored."""


# ---- asked in the query


class TimelineQuery(_Given, frozen=True):
    """Which timeline is meant; by default the shared one."""

    timeline: _Name = ""


# Entries in an answer unless more are asked for: secrets are looked for in each, 10 us an entry,
# while the tape waits.
_PAGE = 200


class PageQuery(TimelineQuery, frozen=True):
    """Which part of a list is wanted: up to `limit` entries from place `since` on."""

    since: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=TRANSCRIPT_PAGE_MAX)] = _PAGE


# ---- asked in the body


class ClockChange(_Given, frozen=True):
    """How the clock is to run from now on: a ratio such as 10 or "1/2", or "max", as fast as
    clients read; and whether it stands still. What is left out stays as it is.
    """

    speed: _Speed | _Ratio | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


class Advance(_Given, frozen=True):
    """How far to go on, and stand still there: a duration of the tape, or a number of messages."""

    by: _Duration | UnsetType = UNSET
    messages: Annotated[int, Meta(ge=1, le=1 << 53)] | UnsetType = UNSET


class Seek(_Given, frozen=True):
    """Where to go: an ISO or Unix time, 90s from the tape's start, +30s or -10s from here."""

    to: _Seek | _TimeNs


class RunUntil(_Given, frozen=True):
    """Where to stop: at a time, or behind the first message that fits all that is given.

    channel: a stream's name, or a pattern with `*`. price_crosses: a price that trades reach or
    pass. timeout: after this long on the machine's clock it pauses and answers 408.
    """

    at: _Instant | _TimeNs | UnsetType = UNSET
    channel: _Channel | UnsetType = UNSET
    event: FeedKind | UnsetType = UNSET
    price_crosses: _Price | _Positive | UnsetType = UNSET
    timeout: _Duration | UnsetType = UNSET


# Which fields of a body go together: exactly one of the groups, and at least one field of it.
GROUPS = MappingProxyType(
    {
        "Advance": (("by",), ("messages",)),
        "RunUntil": (("at",), ("channel", "event", "price_crosses")),
    }
)


def check_groups(body: msgspec.Struct) -> None:
    """Refuse a body that has fields of no group, or of several. Raises Refused."""
    name = type(body).__name__
    groups = GROUPS.get(name, ())
    given = [group for group in groups if any(getattr(body, one) is not UNSET for one in group)]
    if groups and len(given) != 1:
        told = " or else ".join(" and ".join(f"`{one}`" for one in group) for group in groups)
        raise Refused(Problem(400, f"{len(given)} kinds of stop", expected=told, where="$"))


# ---- given


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why something was refused: what was found, what was expected, and in which field."""

    status: int
    error: str
    expected: str = ""
    where: str = ""
    hint: str = ""


class Version(msgspec.Struct, frozen=True):
    """Which replayx this is."""

    version: str


class Health(msgspec.Struct, frozen=True):
    """That it is alive."""

    status: str


class CassetteState(msgspec.Struct, frozen=True):
    """A cassette that is played."""

    path: str
    markets: tuple[str, ...]
    start_ns: int
    end_ns: int
    messages: int


class MarketState(msgspec.Struct, frozen=True):
    """A market that is served, and the base URLs to point clients at."""

    name: str
    urls: dict[str, str]


class Counts(msgspec.Struct, frozen=True):
    """What has been seen since the start; `open_connections` are those of this moment."""

    requests: int
    unmatched: int
    connections: int
    open_connections: int
    messages_received: int
    sent_bytes: int


class SessionState(msgspec.Struct, frozen=True):
    """A run: what is played, where it is served, and where its clock stands."""

    version: str
    cassettes: tuple[CassetteState, ...]
    markets: tuple[MarketState, ...]
    unknown_markets: tuple[str, ...]
    timelines: tuple[str, ...]
    timeline: str
    seed: int | None
    clock: ClockState
    counts: Counts


class ConnectionState(msgspec.Struct, frozen=True):
    """An open WebSocket connection: whose it is and what it got."""

    number: int
    market: str
    path: str
    client: str
    subscriptions: tuple[str, ...]
    sent_bytes: int
    sent_messages: int
    since_ns: int


class ConnectionList(msgspec.Struct, frozen=True):
    """The open connections."""

    connections: tuple[ConnectionState, ...]


class TranscriptPage(msgspec.Struct, frozen=True):
    """Some entries; `next` is the `since` of the page behind them, `dropped` what was forgotten."""

    entries: tuple[Entry, ...]
    next: int
    dropped: int


class UnmatchedPage(msgspec.Struct, frozen=True):
    """Requests that the tape could not answer: how many there were, and the last ones."""

    total: int
    requests: tuple[UnmatchedEntry, ...]
