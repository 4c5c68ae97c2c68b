"""Where two runs part: in what happened, in what was injected, in the bytes of a connection.

Three threads are compared, each by itself, so that runs of another pace can be compared too: what
was given and done, in order; what each rule did on each link; what each connection was sent, by
the marks in its stream. The parting that comes first on the tape is the first divergence.

Machines' times are never compared; the tape's are, within a tolerance, unless they are ignored.
Then what shows them (an answer's date, a ping's payload) is not compared either.
"""

from collections.abc import Iterable
from itertools import zip_longest

import msgspec

from replayx.session.pseudonym_pairs import PseudonymPairs
from replayx.session.run_entry import (
    AnsweredEntry,
    EndEntry,
    RunEntry,
    RunHeader,
    SentEntry,
    TurnsEntry,
)
from replayx.session.run_log import MARK_BYTES
from replayx.session.run_words import in_words, run_in_words
from replayx.session.transcript_entry import (
    ClockEntry,
    FaultEntry,
    HistoryEntry,
    PingEntry,
    PongEntry,
    RequestEntry,
)

# What a client sends of itself and of where it connected to, which is another port in every run.
_OWN_HEADERS = ("host",)
_NOTHING = "nothing more"


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """Where two runs part. at_ns: how far the tape had come. common: what both had before."""

    thread: str
    where: str
    at_ns: int
    a: str
    b: str
    common: str


class RunThreads:
    """The entries of a run, taken apart into its three threads."""

    def __init__(self, entries: Iterable[RunEntry]) -> None:
        self.events: list[RunEntry] = []
        self.trails: dict[tuple[str, str], _Trail] = {}
        self.streams: dict[int, _Stream] = {}
        for entry in entries:
            match entry:
                case FaultEntry():
                    key = (entry.rule, entry.link)
                    self.trails.setdefault(key, _Trail(entry.toxic)).add(entry)
                case SentEntry():
                    self.streams.setdefault(entry.connection, _Stream()).add(entry)
                case TurnsEntry() | EndEntry() | HistoryEntry():
                    pass  # of the machine's pace
                case _:
                    self.events.append(entry)


class _Trail:
    """What a rule did on a link; `at_ns` when each of its runs was told."""

    def __init__(self, toxic: str) -> None:
        self.toxic = toxic
        self.runs: list[tuple[int, int]] = []
        self.at_ns: list[int] = []

    def add(self, entry: FaultEntry) -> None:
        for first, last in entry.runs:
            if self.runs and self.runs[-1][1] + 1 == first:
                self.runs[-1] = (self.runs[-1][0], last)
            else:
                self.runs.append((first, last))
                self.at_ns.append(entry.at_ns)


class _Stream:
    """What a connection was sent."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.at_ns: list[int] = []
        self.size = 0
        self.digest = ""
        self.last_ns = 0

    def add(self, entry: SentEntry) -> None:
        self.marks += entry.marks
        self.at_ns += [entry.at_ns] * len(entry.marks)
        self.size, self.digest, self.last_ns = entry.size, entry.digest, entry.at_ns


def partings(a: RunThreads, b: RunThreads, *, tolerance_ns: int | None = 0) -> list[Divergence]:
    """Return where two runs part, the first on the tape first; `tolerance_ns` None: times don't
    count.
    """
    found = [
        *_events(a.events, b.events, tolerance_ns),
        *_faults(a.trails, b.trails),
        *_streams(a.streams, b.streams),
    ]
    return sorted(found, key=_at_ns)


def differences(a: RunHeader, b: RunHeader) -> list[str]:
    """Return how two runs were made differently, in words."""
    left, right = msgspec.to_builtins(a), msgspec.to_builtins(b)
    told = []
    for name in left:
        if name in ("kind", "wall_offset_ns", "built", "cassettes"):
            continue
        if left[name] != right[name]:
            told.append(f"{name}: {_brief(left[name])}, {_brief(right[name])}")
    if [one.sha256 for one in a.cassettes] != [one.sha256 for one in b.cassettes]:
        names = [", ".join(one.path for one in header.cassettes) for header in (a, b)]
        told.append(f"cassettes: {names[0]}; {names[1]}")
    return told


def _brief(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 120 else text[:117] + "..."


def _at_ns(one: Divergence) -> int:
    return one.at_ns


# ---- what was given and done


def _events(a: list[RunEntry], b: list[RunEntry], tolerance_ns: int | None) -> list[Divergence]:
    pairs = PseudonymPairs()
    for count, (one, other) in enumerate(zip_longest(a, b)):
        if one is not None and other is not None and _is_same(one, other, tolerance_ns, pairs):
            continue
        before = f"{count} events, the last: {in_words(a[count - 1])}" if count else "nothing"
        at_ns = min(entry.at_ns for entry in (one, other) if entry is not None)
        return [
            Divergence(
                thread="events",
                where=f"event {count + 1}",
                at_ns=at_ns,
                a=_placed(one),
                b=_placed(other),
                common=before,
            )
        ]
    return []


def _placed(entry: RunEntry | None) -> str:
    return _NOTHING if entry is None else in_words(entry)


def _is_same(
    one: RunEntry, other: RunEntry, tolerance_ns: int | None, pairs: PseudonymPairs
) -> bool:
    if tolerance_ns is not None and abs(one.at_ns - other.at_ns) > tolerance_ns:
        return False
    has_times = tolerance_ns == 0
    return pairs.are_same(_plain(one, has_times=has_times), _plain(other, has_times=has_times))


def _plain(entry: RunEntry, *, has_times: bool) -> RunEntry:
    """Return an entry without what differs between two runs that do the same."""
    entry = msgspec.structs.replace(entry, seq=0, at_ns=0, now_ns=0)
    match entry:
        case RequestEntry():
            headers = tuple(one for one in entry.headers if one[0].lower() not in _OWN_HEADERS)
            return msgspec.structs.replace(entry, headers=headers)
        case AnsweredEntry() if not has_times:
            return msgspec.structs.replace(entry, digest="", size=0)
        case PongEntry() | PingEntry() if not has_times:
            return msgspec.structs.replace(entry, payload=None)
        case ClockEntry() if not has_times:
            clock = msgspec.structs.replace(
                entry.clock, position_ns=0, venue_ms=0, shift_ms=0, delivered=0
            )
            return msgspec.structs.replace(entry, clock=clock)
        case _:
            return entry


# ---- what was injected


def _faults(a: dict[tuple[str, str], _Trail], b: dict[tuple[str, str], _Trail]) -> list[Divergence]:
    found = []
    for key in sorted({**a, **b}):
        rule, link = key
        one, other = a.get(key, _Trail("")), b.get(key, _Trail(""))
        for count, (run, its) in enumerate(zip_longest(one.runs, other.runs)):
            if run != its:
                ats = [trail.at_ns[count] for trail in (one, other) if count < len(trail.runs)]
                found.append(
                    Divergence(
                        thread="faults",
                        where=f"{rule} ({one.toxic or other.toxic}) on {link}",
                        at_ns=min(ats),
                        a=_acted(run),
                        b=_acted(its),
                        common=f"{sum(1 + last - first for first, last in one.runs[:count])}"
                        " faults of this rule on this link",
                    )
                )
                break
    return found


def _acted(run: tuple[int, int] | None) -> str:
    return _NOTHING if run is None else f"acted on {run_in_words(run)}"


# ---- what connections were sent


def _streams(a: dict[int, _Stream], b: dict[int, _Stream]) -> list[Divergence]:
    found = []
    for number in sorted({**a, **b}):
        one, other = a.get(number, _Stream()), b.get(number, _Stream())
        if (one.size, one.digest) == (other.size, other.digest):
            continue
        pairs = enumerate(zip(one.marks, other.marks, strict=False))
        shared = min(len(one.marks), len(other.marks))
        same = next((k for k, (left, right) in pairs if left != right), shared)
        ats = [
            stream.at_ns[same] if same < len(stream.marks) else stream.last_ns
            for stream in (one, other)
            if stream.size
        ]
        found.append(
            Divergence(
                thread="bytes",
                where=f"connection {number}",
                at_ns=min(ats),
                a=_sent(one, same),
                b=_sent(other, same),
                common=f"{same * MARK_BYTES} bytes of this connection",
            )
        )
    return found


def _sent(stream: _Stream, same: int) -> str:
    if same < len(stream.marks):
        first, stop = same * MARK_BYTES, (same + 1) * MARK_BYTES
        return f"bytes {first} to {stop} led to digest {stream.marks[same]}"
    if not stream.size:
        return "nothing was sent"
    return f"{stream.size} bytes were sent in all, of digest {stream.digest}"
