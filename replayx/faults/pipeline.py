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
from replayx.faults.flow import NEVER_NS, Columns, Ending, Envelopes, Flow, GivenColumns, Part
from replayx.faults.ledger import Acts, Ledger
from replayx.faults.link import Link
from replayx.faults.outlet import Outgoing, Outlet
from replayx.faults.running import Running
from replayx.faults.transit import Held, Lane, Piece, Travelling
from replayx.venues.venue import Venue

# Given a time on the tape: when that is in link time.
LinkTimeOf = Callable[[int], int]
# Which messages a rule holds for ever, in one flow.
_Holders = list[tuple[int, int, Running]]


class Pipeline:
    """One direction of one connection. Messages go in by `stream` and `control`, out by `take`."""

    def __init__(
        self, link: Link, log: FaultLog, *, index: int = 0, venue: Venue | None = None
    ) -> None:
        """Take where it is; `index` is the number of the next message of the stream."""
        self.link = link
        self._is_ending = False  # an end waits behind what is held
        self._ledger = Ledger(log, link.market)
        self._venue = venue
        self._stream = Lane(index)
        self._control = Lane()
        self._held = Held()
        self._outlet = Outlet(self._ledger)

    # ---- asked

    @property
    def is_over(self) -> bool:
        """Whether it ends behind what is in flight, and takes nothing any more."""
        return self._outlet.is_over or self._is_ending

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
        return not (self._held or self.running) and self._outlet.is_empty

    @property
    def size(self) -> int:
        """How many bytes are in flight."""
        return self._held.size + self._outlet.size

    @property
    def due_ns(self) -> int | None:
        """When something leaves, in link time; None: not before something changes."""
        due_ns = min(self._outlet.due_ns, self._held.due_ns)
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
            if self._outlet.stallers or self._held:
                self.pass_to(messages.at_ns[first], time_of)
            piece = messages if stop - first == messages.count else Piece(messages, first, stop)
            flow = Flow.of(0, self._stream.index, piece)
            flow.venue = self._venue
            if wanted is not None:
                flow.wanted = wanted
            flow.parts = _parts(piece, time_of, is_tape_time=is_tape_time)
            flow.now_ns = flow.parts[0].due_ns
            self._stream.index += flow.count
            self._come(Travelling(flow, self._stream.back), self._stream, flow.parts[-1].due_ns)
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
            due_ns = max(now_ns, self._held.last_due_ns)
            flow.parts = [Part(0, 1, due_ns)]
        self._control.index += 1
        travelling = Travelling(flow, self._control.back)
        travelling.mark, travelling.is_close = mark, ending is not None
        self._come(travelling, self._control, now_ns)

    def pass_to(self, at_ns: int, time_of: LinkTimeOf) -> None:
        """Let go what was held until a time on the tape that has come."""
        for one in sorted(self._holders(), key=lambda one: one.end_ns):
            if one.end_ns <= at_ns:
                self._let_go([one], time_of(one.end_ns))

    # ---- out

    def take(self, now_ns: int) -> list[Outgoing]:
        """Return what leaves by now, in order."""
        self._thaw(now_ns)
        return self._outlet.take(now_ns)

    def flush(self, now_ns: int) -> list[Outgoing]:
        """Return everything that is in flight, in order, and hold nothing any more."""
        for one in self._held.all():
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

    def _come(self, travelling: Travelling, lane: Lane, until_ns: int) -> None:
        flow = travelling.flow
        fired = [one.select(flow) for one in lane.running]
        travelling.fired = fired[len(lane.front) :]
        travelling.is_stream = lane is self._stream
        holders: _Holders = []
        acts = Acts()
        as_it_came = flow.parts
        for one, chosen in zip(lane.front, fired, strict=False):
            if acts.act(one, flow, chosen):
                _note_held(flow, one, holders)
        last = acts.note(self._ledger, flow)
        if last is not None:
            travelling.ended_ns = next(
                part.due_ns for part in as_it_came if part.first <= last < part.stop
            )
        self._thaw(flow.now_ns)
        is_stream = lane is self._stream
        if self._goes_on(flow, until_ns, is_stream=is_stream):
            if lane.front:
                travelling.keep_standing()
            self._send(travelling)
            return
        self._wait(travelling, holders, is_stream=is_stream)
        self._thaw(until_ns)

    def _goes_on(self, flow: Flow, until_ns: int, *, is_stream: bool) -> bool:
        """Whether nothing of a flow waits, and nothing that waits goes in between."""
        if self._held.due_ns <= until_ns or (flow.ending is not None and self._held):
            return False
        if is_stream and self._held.waited_for(flow.index + flow.count):
            return False
        due_ns = 0
        for part in flow.parts:
            if part.due_ns < due_ns or part.behind is not None:
                return False
            due_ns = part.due_ns
        return due_ns <= until_ns

    def _wait(self, travelling: Travelling, holders: _Holders, *, is_stream: bool) -> None:
        flow, held = travelling.flow, self._held
        staying: list[Part] = []
        for part in flow.parts:
            is_past = part.behind is None or part.behind < flow.index + part.stop
            if is_past or part.due_ns >= NEVER_NS:
                staying.append(part)
            else:
                assert part.behind is not None, "it is not past"
                held.wait_behind(part.behind, part.due_ns, travelling.apart(part))
        waited = held.waited_for(flow.index + flow.count) if is_stream else []
        for part in _split_behind(staying, [index - flow.index for index in waited]):
            held.expire(part.due_ns)  # what is due as late as this was there before
            if waited:
                for index in held.waited_for(flow.index + part.first):
                    held.passed(index, part.due_ns)
            apart = travelling.apart(part)
            if travelling.is_close:
                apart.flow.ending, flow.ending = flow.ending, None
            if part.due_ns >= NEVER_NS:
                apart.holder = _holder(holders, part)
            held.add(part.due_ns, apart)
            if waited:
                held.passed(flow.index + part.stop - 1, part.due_ns)
        if flow.ending is not None:
            # Behind all that is held, whichever flow it came in: how they are cut changes nothing.
            due_ns = max(travelling.ended_ns, held.last_due_ns)
            held.add(due_ns, travelling.end(due_ns))
            self._is_ending = True

    def _thaw(self, now_ns: int) -> None:
        """Send on what is due."""
        while not self._outlet.is_over and (one := self._held.take(now_ns)) is not None:
            self._send(one)

    def _send(self, travelling: Travelling) -> None:
        self._outlet.send(travelling, before=self._held.first_index)
        if self._outlet.is_over:  # what is late is lost
            self._held = Held()

    # ---- letting go

    def _holders(self) -> list[Running]:
        held = self._held.holders() if self._held else []
        return [*self._outlet.stallers, *held]

    def _let_go(self, gone: Sequence[Running], now_ns: int) -> None:
        if not gone:
            return
        self._held.let_go(gone, now_ns)
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


def _split_behind(parts: Sequence[Part], places: Sequence[int]) -> list[Part]:
    """Return parts that end behind each of these messages."""
    split: list[Part] = []
    for part in parts:
        first = part.first
        if part.data is None:
            for k in places[bisect_left(places, first) : bisect_left(places, part.stop - 1)]:
                split.append(part._replace(first=first, stop=k + 1))
                first = k + 1
        split.append(part._replace(first=first))
    return split


def _note_held(flow: Flow, one: Running, holders: _Holders) -> None:
    for part in flow.parts:
        if part.due_ns >= NEVER_NS and _holder(holders, part) is None:
            holders.append((part.first, part.stop, one))


def _holder(holders: _Holders, part: Part) -> Running | None:
    for first, stop, one in holders:
        if first <= part.first < stop:
            return one
    return None
