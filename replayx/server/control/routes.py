"""The routes of the control API: what is served, checked and documented comes from this table."""

import re
from functools import cache
from typing import NamedTuple

import msgspec

from replayx.ratelimit.limits_document import Limits
from replayx.server.control import fault_handlers, handlers, limit_handlers
from replayx.server.control.definitions import (
    Advance,
    ClockChange,
    ConnectionList,
    ConnectionState,
    Health,
    PageQuery,
    RunUntil,
    Seek,
    SessionState,
    TimelineQuery,
    TranscriptPage,
    UnmatchedPage,
    Version,
)
from replayx.server.control.fault_definitions import (
    FaultPage,
    FaultQuery,
    FaultsState,
    PlanDocument,
    ToxicDocument,
)
from replayx.server.control.handlers import Handler
from replayx.session.effects import ClockState
from replayx.session.limits_state import LimitsState

JSON = "application/json"
LINES = "application/x-ndjson"
# What a toxic of a plan may be called.
NAME = "[A-Za-z0-9][A-Za-z0-9_. -]{0,63}"
METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Route(NamedTuple):
    """A method on a path: what it takes, gives, and may answer instead."""

    method: str
    path: str
    handler: Handler
    gives: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None = None
    query: type[TimelineQuery] = TimelineQuery
    problems: tuple[int, ...] = ()
    media: tuple[str, ...] = (JSON,)

    @property
    def commands(self) -> bool:
        """Whether it changes something: then it makes the timeline it names."""
        return self.method in ("PATCH", "POST", "PUT")

    def part(self, path: str) -> str | None:
        """Return what the path names, "" if nothing; None: it is no path of this route."""
        match = _pattern(self.path).fullmatch(path)
        if match is None:
            return None
        return match[1] if match.groups() else ""


@cache
def _pattern(path: str) -> re.Pattern[str]:
    # Twelve digits: more connections than any run numbers, and no int() that takes long.
    numbered = re.escape(path).replace(r"\{number\}", r"([0-9]{1,12})")
    return re.compile(numbered.replace(r"\{name\}", f"({NAME})"))


ROUTES = (
    Route("GET", "/version", handlers.version, Version),
    Route("GET", "/health", handlers.health, Health),
    Route("GET", "/session", handlers.session, SessionState),
    Route("GET", "/clock", handlers.clock, ClockState),
    Route("PATCH", "/clock", handlers.change_clock, ClockState, ClockChange),
    Route("POST", "/clock/advance", handlers.advance, ClockState, Advance),
    Route("POST", "/clock/seek", handlers.seek, ClockState, Seek),
    Route("POST", "/clock/run-until", handlers.run_until, ClockState, RunUntil, problems=(408,)),
    Route("POST", "/reset", handlers.reset, ClockState),
    Route("GET", "/connections", handlers.connections, ConnectionList),
    Route("DELETE", "/connections/{number}", handlers.disconnect, ConnectionState),
    Route(
        "GET",
        "/transcript",
        handlers.transcript,
        TranscriptPage,
        query=PageQuery,
        media=(JSON, LINES),
    ),
    Route("GET", "/requests/unmatched", handlers.unmatched, UnmatchedPage, query=PageQuery),
    Route("GET", "/faults", fault_handlers.faults, FaultsState),
    Route("PUT", "/faults", fault_handlers.put_faults, FaultsState, PlanDocument),
    Route("POST", "/faults", fault_handlers.add_fault, FaultsState, ToxicDocument),
    Route("DELETE", "/faults", fault_handlers.remove_faults, FaultsState),
    Route("GET", "/fault-log", fault_handlers.fault_log, FaultPage, query=FaultQuery),
    Route("DELETE", "/faults/{name}", fault_handlers.remove_fault, FaultsState),
    Route("GET", "/limits", limit_handlers.limits, LimitsState),
    Route("PUT", "/limits", limit_handlers.put_limits, LimitsState, Limits),
    Route("GET", "/metrics", handlers.metrics, None, media=(METRICS,)),
)
OPENAPI_PATH = "/openapi.json"
