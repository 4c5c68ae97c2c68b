"""A pipeline: the toxics of one direction of one connection, and what is in flight on it.

    messages ── select ── MESSAGE, FRAME ──> held ── TRANSPORT, BYTES ──> outgoing ──> taken
                (in the tape's order)        (by due time)                (in order)

All rules select when a message comes, in the tape's order, so that no pace moves a decision. What
MESSAGE and FRAME toxics delay waits in `held`, where others overtake it; nothing overtakes behind
that. What is held without a due time waits until its rule's window ends, or the rule goes.

Two lanes share a link in order: the stream's messages, and *control messages* (answers, pings,
closes). How many of those there are may depend on the machine's time, so they have toxics, counters
and chance of their own.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import (
    NEVER_NS,
    Columns,
    Ending,
    Envelopes,
    Flow,
    GivenColumns,
    Part,
    VenueMsAt,
    tape_ms,
)
from replayx.faults.inlet import Inlet
from replayx.faults.ledger import Ledger
from replayx.faults.link import Link
from replayx.faults.outlet import Outgoing, Outlet
from replayx.faults.running import Running
from replayx.faults.transit import Lane, Piece, Travelling
from replayx.venues.venue import Venue

# Given a time on the tape: when that is in link time.
LinkTimeOf = Callable[[int], int]


class Pipeline:
    """One direction of one connection. Messages go in by `stream` and `control`, out by `take`."""

    def __init__(
        self,
        link: Link,
        log: FaultLog,
        *,
        index: int = 0,
        venue: Venue | None = None,
        venue_ms: VenueMsAt = tape_ms,
    ) -> None:
        """Take where it is; `index` is the number of the next message of the stream."""
        self.link = link
        self._ledger = Ledger(log, link.market)
        self._venue = venue
        self._venue_ms = venue_ms
        self._stream = Lane(index)
        self._control = Lane()
        self._outlet = Outlet(self._ledger)
        self._inlet = Inlet(self._ledger, self._outlet)

    # ---- asked

    @property
    def is_over(self) -> bool:
        """Whether it ends behind what is in flight, and takes nothing any more."""
        return self._outlet.is_over or self._inlet.is_ending

    @property
    def running(self) -> list[Running]:
        """What runs on it, on either lane."""
        return [*self._stream.running, *self._control.running]

    @property
    def index(self) -> int:
        """The number of the next message of the stream."""
        return self._stream.index

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs on it and nothing is in flight."""
        return not (self._inlet.held or self.running) and self._outlet.is_empty

    @property
    def size(self) -> int:
        """How many bytes are in flight."""
        return self._inlet.held.size + self._outlet.size

    @property
    def due_ns(self) -> int | None:
        """When something leaves, in link time; None: not before something changes."""
        due_ns = min(self._outlet.due_ns, self._inlet.held.due_ns)
        return due_ns if due_ns < NEVER_NS else None

    @property
    def release_ns(self) -> int | None:
        """When on the tape something is let go that is held until then; None: it is not known."""
        end_ns = min((one.end_ns for one in self._holders()), default=NEVER_NS)
        return end_ns if end_ns < NEVER_NS else None

    # ---- in

    def run(self, stream: Sequence[Running], control: Sequence[Running], now_ns: int) -> None:
        """Let these run from now on; what others hold for ever is let go."""
        self._stream.run(stream)
        self._control.run(control)
        kept = (*stream, *control)
        self._let_go([one for one in self._holders() if one not in kept], now_ns)

    def stream(
        self,
        messages: Columns,
        time_of: LinkTimeOf,
        *,
        is_tape_time: bool,
        wanted: Envelopes | None = None,
    ) -> None:
        """Take messages of the stream, whose times on the tape ascend.

        In tape time each comes at its own, else all of them come now.
        """
        first = 0
        for stop in self._windows(messages):
            if self.is_over:
                return
            if self._outlet.stallers or self._inlet.held:
                self.pass_to(messages.at_ns[first], time_of)
            piece = messages if stop - first == messages.count else Piece(messages, first, stop)
            flow = Flow.of(0, self._stream.index, piece)
            flow.venue, flow.venue_ms = self._venue, self._venue_ms
            if wanted is not None:
                flow.wanted = wanted
            flow.parts = _parts(piece, time_of, is_tape_time=is_tape_time)
            flow.now_ns = flow.parts[0].due_ns
            self._stream.index += flow.count
            travelling = Travelling(flow, self._stream.back)
            travelling.is_stream = True
            self._inlet.come(travelling, self._stream, flow.parts[-1].due_ns)
            first = stop

    def message(self, now_ns: int, data: bytes | memoryview, at_ns: int) -> None:
        """Take one message of the stream that is of no channel: what a client says."""
        columns = GivenColumns(memoryview(data), (0, len(data)), ("",), (at_ns,))
        self.stream(columns, lambda _: now_ns, is_tape_time=False)

    def control(
        self,
        now_ns: int,
        data: bytes | memoryview,
        at_ns: int,
        *,
        mark: bytes | None = None,
        ending: Ending | None = None,
    ) -> None:
        """Take a message that is none of the stream's; with an `ending` it is a close frame."""
        if self.is_over:
            return
        columns = GivenColumns(memoryview(data), (0, len(data)), ("",), (at_ns,))
        flow = Flow.of(now_ns, self._control.index, columns)
        flow.venue, flow.ending = self._venue, ending
        if ending is not None:  # behind what is late
            due_ns = max(now_ns, self._inlet.held.last_due_ns)
            flow.parts = [Part(0, 1, due_ns)]
        self._control.index += 1
        travelling = Travelling(flow, self._control.back)
        travelling.mark, travelling.is_close = mark, ending is not None
        self._inlet.come(travelling, self._control, now_ns)

    def pass_to(self, at_ns: int, time_of: LinkTimeOf) -> None:
        """Let go what was held until a time on the tape that has come."""
        for one in sorted(self._holders(), key=lambda one: one.end_ns):
            if one.end_ns <= at_ns:
                self._let_go([one], time_of(one.end_ns))

    # ---- out

    def take(self, now_ns: int, bytes_max: int = NEVER_NS) -> list[Outgoing]:
        """Return what leaves by now, in order; no more once so many bytes are together."""
        self._inlet.thaw(now_ns)
        return self._outlet.take(now_ns, bytes_max)

    def flush(self, now_ns: int) -> list[Outgoing]:
        """Return everything that is in flight, in order, and hold nothing any more."""
        for one in self._inlet.held.all():
            self._outlet.send(one, before=0)
        self._ledger.settle()
        return self._outlet.drain(now_ns)

    # ---- MESSAGE and FRAME

    def _windows(self, messages: Columns) -> list[int]:
        """Return where messages have to be parted: there a window ends, and lets go."""
        ends = {one.end_ns for one in self._stream.running} - {NEVER_NS}
        if not ends:
            return [messages.count]
        at_ns = messages.at_ns
        places = {bisect_left(at_ns, end_ns) for end_ns in ends} - {0}
        return sorted(places | {messages.count})

    # ---- letting go

    def _holders(self) -> list[Running]:
        held = self._inlet.held.holders() if self._inlet.held else []
        return [*self._outlet.stallers, *held]

    def _let_go(self, gone: Sequence[Running], now_ns: int) -> None:
        if not gone:
            return
        self._inlet.held.let_go(gone, now_ns)
        self._outlet.let_go(gone, now_ns)


def _parts(messages: Columns, time_of: LinkTimeOf, *, is_tape_time: bool) -> list[Part]:
    if not is_tape_time:
        return [Part(0, messages.count, time_of(0))]
    parts: list[Part] = []
    first, at_ns = 0, messages.at_ns
    for k in range(1, messages.count + 1):
        if k == messages.count or at_ns[k] != at_ns[first]:
            parts.append(Part(first, k, time_of(at_ns[first])))
            first = k
    return parts
