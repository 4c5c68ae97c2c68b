"""A run log: the moments of a session as entries, each run of them the same for the same run.

What is sent is kept as digests: all a connection was sent so far whenever the log settles, and
marks at every so many bytes, by which runs of another pace can be compared.

    moment ──> turns, sent (what was before) | the input | what it led to
"""

import hashlib
from collections.abc import Iterable

import msgspec

from replayx.faults.fault_log import Injected
from replayx.faults.round_trip import PLAINLY
from replayx.limits import RUN_TURNS_MAX
from replayx.session import inputs
from replayx.session.effects import AnyEffect, Reply, SendFrames
from replayx.session.injected_entries import fault_entries
from replayx.session.moment import Moment
from replayx.session.run_entry import AnsweredEntry, EndEntry, RunEntry, SentEntry, TurnsEntry
from replayx.session.transcript_entry import (
    Place,
    UnmatchedEntry,
    effect_entry,
    input_entry,
)

# Small enough to show where streams part, large enough to cost nothing beside their digest.
MARK_BYTES = 16 * 1024
# How long turns are gathered: what is written is lost at most for so long when a process dies.
_SETTLED_NS = 500_000_000
_DIGEST_DIGITS = 16
_WHOLE = (1 << 62) - 1  # no payload is cut: it has to be fed again as it came


class _Stream:
    """What one connection was sent."""

    __slots__ = ("hash", "left", "marks", "size")

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.left = MARK_BYTES  # until the next mark
        self.marks: list[str] = []

    def add(self, frames: bytes | memoryview) -> None:
        self.size += len(frames)
        while len(frames) >= self.left:
            self.hash.update(frames[: self.left])
            frames = frames[self.left :]
            self.left = MARK_BYTES
            self.marks.append(self.digest())
        self.hash.update(frames)
        self.left -= len(frames)

    def digest(self) -> str:
        return self.hash.hexdigest()[:_DIGEST_DIGITS]


class RunLog:
    """Makes entries of moments; they pile up until they are taken."""

    def __init__(self) -> None:
        self._made: list[RunEntry] = []
        self._next_seq = 1
        self._turns: list[int] = []
        self._settled_ns: int | None = None
        self._at_ns = 0
        self._now_ns = 0
        self._streams: dict[int, _Stream] = {}
        self._changed: dict[int, None] = {}
        self._sent = 0
        self._injected: list[Injected] = []

    def note(self, moment: Moment) -> None:
        """Note a call of the session and what it led to."""
        if moment.given is not None:
            self.settle()
            self._at_ns, self._now_ns = moment.from_ns, moment.now_ns
            self._add(input_entry(moment.given, self._place(), kept_max=_WHOLE))
            if isinstance(moment.given, inputs.ConnectionLost):
                self._streams.pop(moment.given.connection, None)
        else:
            self._turns.append(moment.now_ns)
        self._at_ns, self._now_ns = moment.at_ns, moment.now_ns
        self._injected += moment.injected
        is_told = bool(moment.unmatched)
        for effect in moment.effects:
            if isinstance(effect, SendFrames):
                self._send(effect)
            else:
                is_told = True
        if is_told:
            self._tell(moment)
        elif len(self._turns) >= RUN_TURNS_MAX or self._is_old():
            self.settle()

    def end(self, fault_digest: str) -> None:
        """Note that the run is over."""
        self.settle()
        self._add(EndEntry(**self._place(), sent=self._sent, fault_digest=fault_digest))

    def take(self) -> list[RunEntry]:
        """Return the entries made since this was last asked."""
        made, self._made = self._made, []
        return made

    def settle(self) -> None:
        """Make entries of what is not told yet: turns, what was sent, what was injected."""
        if self._turns:
            first_ns, last_ns, later = self._turns[0], self._turns[0], []
            for turn_ns in self._turns[1:]:
                later.append(turn_ns - last_ns)
                last_ns = turn_ns
            self._turns.clear()
            self._add(TurnsEntry(**self._place(), first_ns=first_ns, later_ns=tuple(later)))
        for number in sorted(self._changed):
            stream = self._streams.get(number)
            if stream is not None:
                self._add(_sent(number, stream, self._place()))
                stream.marks.clear()
        self._changed.clear()
        for entry in fault_entries(self._injected, self._place(), runs_max=None):
            self._add(entry)
        self._injected.clear()
        self._settled_ns = self._now_ns

    # ---- making

    def _tell(self, moment: Moment) -> None:
        self.settle()
        for message in moment.unmatched:
            self._add(UnmatchedEntry(**self._place(), message=message))
        for effect in moment.effects:
            if not isinstance(effect, SendFrames):
                self._add(_told(effect, self._place()))

    def _is_old(self) -> bool:
        if self._settled_ns is None:
            self._settled_ns = self._now_ns
        return self._now_ns - self._settled_ns >= _SETTLED_NS

    def _send(self, effect: SendFrames) -> None:
        for number in effect.connections:
            stream = self._streams.get(number)
            if stream is None:
                stream = self._streams[number] = _Stream()
            stream.add(effect.frames)
            self._changed[number] = None
            self._sent += len(effect.frames)

    def _place(self) -> Place:
        return Place(seq=self._next_seq, at_ns=self._at_ns, now_ns=self._now_ns)

    def _add(self, entry: RunEntry) -> None:
        self._next_seq += 1
        self._made.append(entry)


def _sent(number: int, stream: _Stream, place: Place) -> SentEntry:
    return SentEntry(
        **place,
        connection=number,
        size=stream.size,
        digest=stream.digest(),
        marks=tuple(stream.marks),
    )


def _told(effect: AnyEffect, place: Place) -> RunEntry:
    if isinstance(effect, Reply):
        reply = effect.reply
        is_plain = effect.manner == PLAINLY
        return AnsweredEntry(
            **place,
            number=effect.number,
            status=reply.status,
            size=len(reply.body),
            digest=_digest((f"{name}: {value}" for name, value in reply.headers), reply.body),
            manner="" if is_plain else msgspec.json.encode(effect.manner).decode(),
        )
    return effect_entry(effect, place)


def _digest(headers: Iterable[str], body: bytes) -> str:
    whole = hashlib.sha256("\r\n".join(headers).encode("utf-8", "surrogateescape"))
    whole.update(b"\r\n\r\n")
    whole.update(body)
    return whole.hexdigest()[:_DIGEST_DIGITS]
