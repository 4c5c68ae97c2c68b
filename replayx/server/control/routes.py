"""The routes of the control API: what is served, checked and documented comes from this table."""

import re
from functools import cache
from typing import NamedTuple

import msgspec

from replayx.server.control import handlers
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
from replayx.server.control.handlers import Handler
from replayx.session.effects import ClockState

JSON = "application/json"
LINES = "application/x-ndjson"
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
        return self.method in ("PATCH", "POST")

    def number(self, path: str) -> int | None:
        """Return the number in a path of this route, 0 if it has none; None: it is no such path."""
        match = _pattern(self.path).fullmatch(path)
        if match is None:
            return None
        return int(match[1]) if match.groups() else 0


@cache
def _pattern(path: str) -> re.Pattern[str]:
    # Twelve digits: more connections than any run numbers, and no int() that takes long.
    return re.compile(re.escape(path).replace(r"\{number\}", r"([0-9]{1,12})"))


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
    Route("GET", "/metrics", handlers.metrics, None, media=(METRICS,)),
)
OPENAPI_PATH = "/openapi.json"
