"""The entries of a run in words, for people who look for where two runs part."""

from replayx.session.run_entry import AnsweredEntry, EndEntry, RunEntry, SentEntry, TurnsEntry
from replayx.session.transcript_entry import (
    AbortEntry,
    AcceptEntry,
    BadRequestEntry,
    Body,
    ClockEntry,
    CloseEntry,
    CommandEntry,
    ConnectEntry,
    EndedEntry,
    FaultEntry,
    HistoryEntry,
    LostEntry,
    MessageEntry,
    OpenedEntry,
    PingEntry,
    PlayedEntry,
    PongEntry,
    ReachEntry,
    RefuseEntry,
    ReplyEntry,
    RequestEntry,
    StartedEntry,
    UnmatchedEntry,
)

_TEXT_MAX = 160


def in_words(entry: RunEntry) -> str:
    """Return what an entry says."""
    match entry:
        case RequestEntry():
            return _cut(f"request {entry.number}: {entry.method} {entry.target}")
        case BadRequestEntry():
            return _cut(f"request {entry.number} was refused: {entry.refusal}, {entry.detail}")
        case ReplyEntry():
            return f"answer {entry.number}: status {entry.status}, {entry.size} bytes"
        case AnsweredEntry():
            told = f"answer {entry.number}: status {entry.status}, {entry.size} bytes"
            manner = f", {entry.manner}" if entry.manner else ""
            return f"{told} with digest {entry.digest}{manner}"
        case CommandEntry():
            return _command(entry)
        case ClockEntry():
            clock = entry.clock
            state = "paused" if clock.paused else "running"
            return f"the clock's answer {entry.number}: {state}, {clock.delivered} messages played"
        case FaultEntry():
            runs = ", ".join(map(run_in_words, entry.runs[:8]))
            return f"{entry.rule} ({entry.toxic}) acted on {runs} of {entry.link}"
        case UnmatchedEntry():
            return _cut(f"nothing recorded: {entry.message}")
        case PlayedEntry():
            return f"{entry.size} bytes in {entry.writes} writes"
        case HistoryEntry() | StartedEntry() | EndedEntry() | TurnsEntry() | EndEntry():
            return _of_run(entry)
        case ReachEntry():
            return f"{entry.market} was {entry.reach} to connections from then on"
        case _:
            return f"connection {entry.connection} {_of_connection(entry)}"


def _of_run(entry: HistoryEntry | StartedEntry | EndedEntry | TurnsEntry | EndEntry) -> str:
    match entry:
        case HistoryEntry():
            return f"the history of {entry.market} {'is there' if entry.is_built else 'is wanted'}"
        case StartedEntry():
            return "the timeline began to run"
        case EndedEntry():
            return "the tape ended"
        case TurnsEntry():
            return f"{1 + len(entry.later_ns)} turns of the session"
        case EndEntry():
            return f"the end: {entry.sent} bytes sent, faults {entry.fault_digest[:16]}"


def _of_connection(
    entry: ConnectEntry
    | OpenedEntry
    | MessageEntry
    | PingEntry
    | PongEntry
    | LostEntry
    | AcceptEntry
    | RefuseEntry
    | CloseEntry
    | AbortEntry
    | SentEntry,
) -> str:
    match entry:
        case ConnectEntry():
            return _cut(f"asked for {entry.target}")
        case OpenedEntry():
            return "was opened"
        case MessageEntry():
            return f"said {_body(entry.payload)}"
        case PingEntry():
            return f"sent a ping of {_body(entry.payload)}"
        case PongEntry():
            return f"sent a pong of {_body(entry.payload)}"
        case LostEntry():
            return "was gone"
        case AcceptEntry():
            return "was accepted"
        case RefuseEntry():
            return f"was refused with status {entry.status}"
        case CloseEntry():
            reason = f" ({entry.reason})" if entry.reason else ""
            return f"was closed with {entry.code}{reason}"
        case AbortEntry():
            return "was reset" if entry.is_reset else "was ended without a close"
        case SentEntry():
            return f"had been sent {entry.size} bytes with digest {entry.digest}"


def _command(entry: CommandEntry) -> str:
    told = f"command {entry.command}"
    if entry.speed:
        return f"{told} {entry.speed}"
    if entry.stop is not None:
        return f"{told} {entry.stop}"
    return told if entry.to_ns is None else f"{told} to {entry.to_ns}"


def run_in_words(run: tuple[int, int]) -> str:
    """Return a run of messages or requests: `7`, or `7 to 9`."""
    first, last = run
    return str(first) if first == last else f"{first} to {last}"


def _body(body: Body) -> str:
    return _cut(repr(body.text) if body.text or not body.size else f"{body.size} bytes")


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 3] + "..."
