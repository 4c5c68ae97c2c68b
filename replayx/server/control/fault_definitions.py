"""What the control API takes and gives about faults and limits.

A plan is the same document as in a TOML file; docs/reference/faults.md has its fields. What a
toxic's attributes may be is known to the toxic alone.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from replayx.faults.fault_log import Injected
from replayx.limits import TRANSCRIPT_PAGE_MAX
from replayx.server.control.definitions import TimelineQuery

_PAGE = 200
_Name = Annotated[str, Meta(max_length=64)]
# A failure's status or code in place of its name.
_Number = Annotated[int, Meta(ge=-99_999, le=99_999)]


class ToxicDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A toxic at work: what it is, where and when it acts. Its attributes stand beside `type`."""

    type: Annotated[str, Meta(min_length=1, max_length=64)] | _Number
    name: _Name = ""
    where: dict[str, object] = {}
    when: dict[str, object] = {}


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which toxics there are, and the seed of their chance; without one the run's own."""

    seed: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] | None = None
    toxic: list[ToxicDocument] = []


class FaultCount(msgspec.Struct, frozen=True):
    """How many messages, requests and handshakes a toxic did something to."""

    toxic: str
    market: str
    injected: int


class FaultsState(msgspec.Struct, frozen=True, kw_only=True):
    """Which toxics are at work, each as a plan has it, and what they did since the run began.

    digest: SHA-256 of the whole log; the same for two runs that injected the same.
    """

    seed: int
    toxic: tuple[dict[str, object], ...]
    injected: int
    counts: tuple[FaultCount, ...]
    digest: str


class FaultQuery(TimelineQuery, frozen=True):
    """Which part of the log is wanted: of one toxic, up to `limit` entries behind `skip` others."""

    toxic: _Name = ""
    skip: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=TRANSCRIPT_PAGE_MAX)] = _PAGE


class FaultPage(msgspec.Struct, frozen=True):
    """What was injected, by toxic, link and index; `dropped` entries had to make room."""

    entries: tuple[Injected, ...]
    dropped: int
