"""A rerun: the inputs of a run file, given to another session at the same moments.

The session notes what it does as the first one did, and the two accounts are compared entry by
entry: every one is the same if the session is a function of what it was given.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

import msgspec

from replayx.errors import DamagedRunFile
from replayx.faults.plan_text import plan_from_document
from replayx.ratelimit.limits_document import limits_from_document
from replayx.session import inputs
from replayx.session.inputs import AnyInput
from replayx.session.run_entry import EndEntry, RunEntry, TurnsEntry
from replayx.session.run_log import RunLog
from replayx.session.transcribed_session import TranscribedSession
from replayx.session.transcript_entry import (
    BadRequestEntry,
    Body,
    CommandEntry,
    ConnectEntry,
    HistoryEntry,
    LostEntry,
    MessageEntry,
    OpenedEntry,
    PingEntry,
    PongEntry,
    RequestEntry,
    UnmatchedEntry,
)
from replayx.venues.venue import HttpRequest, Refusal, Venue

Build = Callable[[str], None]


class Parting(NamedTuple):
    """Where a rerun parted from its run: the entry that was, and the one that came instead."""

    was: RunEntry | None
    became: RunEntry | None
    common_count: int


class Rerun:
    """Gives a session what a run was given. `build` makes a market's history.

    `count` is how many entries were the same.
    """

    def __init__(self, session: TranscribedSession, build: Build) -> None:
        self._session = session
        self._build = build
        self._log = RunLog()
        self._was: deque[RunEntry] = deque()
        self._became: deque[RunEntry] = deque()
        self._is_ended = False
        self.count = 0
        session.tell_moments(self._log.note)

    def follow(self, entries: Iterable[RunEntry]) -> Parting | None:
        """Give it everything, in order; return where it first did something else.

        Raises CassetteError, DamagedRunFile.
        """
        for entry in entries:
            self._was.append(entry)
            self._give(entry)
            parting = self._compare()
            if parting is not None:
                return parting
        self._log.settle()
        parting = self._compare()
        # Of a run that was killed the last flush may lack what its last moment led to.
        if parting is None and (self._was or (self._became and self._is_ended)):
            return Parting(_first(self._was), _first(self._became), self.count)
        return parting

    def _compare(self) -> Parting | None:
        """Compare as far as both have come: turns are told when something follows them."""
        self._became.extend(self._log.take())
        while self._was and self._became:
            was, became = self._was.popleft(), self._became.popleft()
            if _comparable(was) != _comparable(became):
                return Parting(was, became, self.count)
            self.count += 1
        return None

    def _give(self, entry: RunEntry) -> None:
        match entry:
            case TurnsEntry():
                for now_ns in turns(entry):
                    self._session.advance(now_ns)
            case EndEntry():
                self._is_ended = True
                self._log.end(self._session.fault_digest())
            case _:
                given = input_of(entry, self._session.venues)
                if isinstance(given, inputs.HistoryBuilt):
                    self._build(given.market)
                if given is not None:
                    self._session.handle(given, entry.now_ns)


def _comparable(entry: RunEntry) -> RunEntry:
    """Return an entry without what pseudonyms change: they may be shorter than what they stand for.

    What nothing was recorded for is told in words that quote the request, which is compared.
    """
    match entry:
        case RequestEntry():
            return msgspec.structs.replace(entry, body=_sized(entry.body))
        case MessageEntry() | PingEntry() | PongEntry():
            return msgspec.structs.replace(entry, payload=_sized(entry.payload))
        case UnmatchedEntry():
            return msgspec.structs.replace(entry, message="")
        case _:
            return entry


def _sized(body: Body) -> Body:
    return msgspec.structs.replace(body, size=len(_bytes(body)))


def _first(entries: deque[RunEntry]) -> RunEntry | None:
    return entries[0] if entries else None


def turns(entry: TurnsEntry) -> Iterator[int]:
    """Yield the moments at which a session was turned."""
    now_ns = entry.first_ns
    yield now_ns
    for later_ns in entry.later_ns:
        now_ns += later_ns
        yield now_ns


def input_of(entry: RunEntry, venues: Mapping[str, Venue]) -> AnyInput | None:
    """Return the input that an entry tells; None for one that tells something else.

    `venues`: of the markets that there are, by name. Raises DamagedRunFile, InvalidPlan.
    """
    match entry:
        case RequestEntry():
            request = HttpRequest(entry.method, entry.target, entry.headers, _bytes(entry.body))
            return inputs.RequestReceived(entry.number, entry.market, request, entry.client)
        case BadRequestEntry():
            refusal = Refusal(entry.refusal)
            return inputs.RequestRefused(entry.number, entry.market, refusal, entry.detail)
        case ConnectEntry():
            return inputs.ConnectionAsked(
                entry.connection, entry.market, entry.target, entry.client
            )
        case OpenedEntry():
            return inputs.ConnectionOpened(entry.connection)
        case MessageEntry():
            return inputs.MessageReceived(entry.connection, _bytes(entry.payload))
        case PingEntry():
            return inputs.PingReceived(entry.connection, _bytes(entry.payload))
        case PongEntry():
            return inputs.PongReceived(entry.connection, _bytes(entry.payload))
        case LostEntry():
            return inputs.ConnectionLost(entry.connection)
        case HistoryEntry():
            return inputs.HistoryBuilt(entry.market) if entry.is_built else None
        case CommandEntry():
            return _command(entry, venues)
        case _:
            return None


def _command(entry: CommandEntry, venues: Mapping[str, Venue]) -> AnyInput:
    number, where = entry.number, f"entry {entry.seq}"
    match entry.command:
        case "start":
            return inputs.StartAsked()
        case "speed":
            speed = None if entry.speed == "max" else Fraction(entry.speed)
            return inputs.SpeedAsked(number, speed)
        case "pause":
            return inputs.PauseAsked(number)
        case "resume":
            return inputs.ResumeAsked(number)
        case "seek" if entry.to_ns is not None:
            return inputs.SeekAsked(number, entry.to_ns)
        case "run-until" if entry.stop is not None:
            return inputs.RunUntilAsked(number, entry.stop)
        case "reset":
            return inputs.ResetAsked(number)
        case "faults" if entry.document is not None:
            plan = plan_from_document(entry.document, where, venues=venues)
            return inputs.FaultsAsked(number, plan)
        case "limits" if entry.document is not None:
            return inputs.LimitsAsked(number, limits_from_document(entry.document, where))
        case _:
            raise DamagedRunFile(
                f"a command {entry.command!r} without what it asks for",
                where=where,
            )


def _bytes(body: Body) -> bytes:
    return body.text.encode() if body.text else body.base64
