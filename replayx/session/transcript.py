"""The transcript: the last things a run was given and did, in order, in bounded memory.

Noting is cheap, for it happens beside the stream: everything sent between two other entries is one
entry, two additions a write. Secrets are replaced when somebody reads.
"""

from collections import Counter, deque
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import msgspec

from replayx.cassette.redact import SecretRules
from replayx.faults.fault_log import FaultLog
from replayx.limits import TRANSCRIPT_BYTES_MAX, TRANSCRIPT_ENTRIES_MAX
from replayx.session.effects import AnyEffect
from replayx.session.entry_redactor import EntryRedactor
from replayx.session.injected_entries import fault_entries
from replayx.session.inputs import (
    AnyInput,
    ConnectionAsked,
    MessageReceived,
    RequestReceived,
    ResetAsked,
)
from replayx.session.transcript_entry import (
    Body,
    ConnectEntry,
    Entry,
    FaultEntry,
    MessageEntry,
    PingEntry,
    Place,
    PlayedEntry,
    PongEntry,
    RequestEntry,
    UnmatchedEntry,
    effect_entry,
    input_entry,
)

# What an entry takes beside its texts: measured with sys.getsizeof, rounded up.
_ENTRY_BYTES = 256


class _Request(NamedTuple):
    """A request without a body, as it came: most are, and few entries are ever read."""

    seq: int
    at_ns: int
    now_ns: int
    event: RequestReceived

    def entry(self) -> Entry:
        place = Place(seq=self.seq, at_ns=self.at_ns, now_ns=self.now_ns)
        return input_entry(self.event, place)


class Transcript:
    """What one timeline was given and did.

    `dropped` is how many entries had to make room. `requests` and `connections` count, by market,
    what has been asked for since the beginning; `messages` counts the messages of clients.
    `unmatched_total` counts the requests without an answer, `unmatched_count` those since a reset.
    `fault_log`, if it is given one, tells it what was injected: nobody else takes from that.
    """

    def __init__(self, rules: Iterable[SecretRules], salt: bytes) -> None:
        """Take what is secret to the markets' venues, and a random salt for pseudonyms."""
        self._redactor = EntryRedactor(rules, salt)
        self._entries: deque[Entry | _Request] = deque()
        self._held: deque[int] = deque()  # bytes of memory, by entry
        self._bytes = 0
        self._next_seq = 1
        self._played_from_ns = 0
        self._writes = 0
        self._size = 0
        self._sent_bytes = 0
        self.dropped = 0
        self.unmatched_total = 0
        self.unmatched_count = 0
        self._unmatched_seq = 1
        self.requests: Counter[str] = Counter()
        self.connections: Counter[str] = Counter()
        self.messages = 0
        self.fault_log: FaultLog | None = None

    @property
    def sent_bytes(self) -> int:
        """How many bytes of frames were written to clients."""
        return self._sent_bytes + self._size

    # ---- noting

    def sent(self, connection_count: int, frames_bytes: int) -> None:
        """Note frames written to so many connections."""
        self._writes += connection_count
        self._size += connection_count * frames_bytes

    def given(self, event: AnyInput, at_ns: int, now_ns: int) -> None:
        """Note an input at a position of the tape."""
        match event:
            case RequestReceived():
                self.requests[event.market] += 1
                if not event.request.body:
                    self.settle(at_ns, now_ns)
                    request = _Request(self._next_seq, at_ns, now_ns, event)
                    self._keep(request, _request_held(event))
                    return
            case ConnectionAsked():
                self.connections[event.market] += 1
            case MessageReceived():
                self.messages += 1
            case ResetAsked():
                self._unmatched_seq, self.unmatched_count = self._next_seq, 0
        self._add(input_entry(event, self._place(at_ns, now_ns)))

    def done(self, effect: AnyEffect, at_ns: int, now_ns: int) -> None:
        """Note an effect that is not the sending of frames."""
        self._add(effect_entry(effect, self._place(at_ns, now_ns)))

    def unanswered(self, message: str, at_ns: int, now_ns: int) -> None:
        """Note a request that the tape could not answer, in words."""
        self.unmatched_total += 1
        self.unmatched_count += 1
        place = self._place(at_ns, now_ns)
        self._add(UnmatchedEntry(**place, message=message))

    def settle(self, at_ns: int, now_ns: int) -> None:
        """Make what was sent since the last entry an entry of its own, and what was injected."""
        if self._writes:
            played, size = self._writes, self._size
            self._sent_bytes += size
            self._writes = self._size = 0
            place = Place(seq=self._next_seq, at_ns=at_ns, now_ns=now_ns)
            from_ns = min(self._played_from_ns, at_ns)
            self._add(PlayedEntry(**place, from_ns=from_ns, writes=played, size=size))
        self._played_from_ns = at_ns
        injected = () if self.fault_log is None else self.fault_log.take_new()
        if injected:
            place = Place(seq=self._next_seq, at_ns=at_ns, now_ns=now_ns)
            for entry in fault_entries(injected, place):
                self._add(entry)

    def _place(self, at_ns: int, now_ns: int) -> Place:
        self.settle(at_ns, now_ns)
        return Place(seq=self._next_seq, at_ns=at_ns, now_ns=now_ns)

    def _add(self, entry: Entry) -> None:
        self._keep(entry, _held(entry))

    def _keep(self, entry: Entry | _Request, held_bytes: int) -> None:
        self._next_seq += 1
        self._entries.append(entry)
        self._held.append(held_bytes)
        self._bytes += held_bytes
        while self._bytes > TRANSCRIPT_BYTES_MAX or len(self._entries) > TRANSCRIPT_ENTRIES_MAX:
            self._entries.popleft()
            self._bytes -= self._held.popleft()
            self.dropped += 1

    # ---- reading

    @property
    def next_seq(self) -> int:
        """The place of the entry to come."""
        return self._next_seq

    def entries(self, since: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries from place `since` on, without secrets."""
        first = self._next_seq - len(self._entries)
        start = max(0, since - first)
        stop = min(start + limit, len(self._entries))
        kept = (self._entries[place] for place in range(start, stop))
        return self._redactor.clean(
            [one.entry() if isinstance(one, _Request) else one for one in kept]
        )

    def unmatched(self, limit: int) -> list[UnmatchedEntry]:
        """Return the last `limit` requests without an answer since a reset, oldest first."""
        found = [
            one
            for one in self._entries
            if isinstance(one, UnmatchedEntry) and one.seq >= self._unmatched_seq
        ]
        word = self._redactor.word
        return [msgspec.structs.replace(one, message=word(one.message)) for one in found[-limit:]]


def _request_held(event: RequestReceived) -> int:
    headers = event.request.headers
    texts = sum(map(len, chain.from_iterable(headers))) + len(event.request.target)
    return (2 + len(headers)) * _ENTRY_BYTES + texts


def _held(entry: Entry) -> int:
    """Return about how many bytes of memory an entry takes."""
    match entry:
        case RequestEntry():
            headers = sum(len(name) + len(value) + _ENTRY_BYTES for name, value in entry.headers)
            return 2 * _ENTRY_BYTES + headers + len(entry.target) + _body_held(entry.body)
        case MessageEntry() | PingEntry() | PongEntry():
            return 2 * _ENTRY_BYTES + _body_held(entry.payload)
        case ConnectEntry():
            return _ENTRY_BYTES + len(entry.target)
        case UnmatchedEntry():
            return _ENTRY_BYTES + len(entry.message)
        case FaultEntry():
            return _ENTRY_BYTES + _ENTRY_BYTES // 2 * len(entry.runs)
        case _:
            return _ENTRY_BYTES


def _body_held(body: Body) -> int:
    return len(body.text) + len(body.base64)
