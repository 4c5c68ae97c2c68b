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

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from replayx.faults.fault_log import FaultLog
from replayx.faults.flow import NEVER_NS, Columns, Ending, Envelopes, Flow, GivenColumns, Part
from replayx.faults.ledger import Ledger
from replayx.faults.link import Link
from replayx.faults.running import Running
from replayx.faults.toxic import Stage
from replayx.faults.transit import Held, Lane, Piece, Travelling
from replayx.venues.venue import Venue

# Given a time on the tape: when that is in link time.
LinkTimeOf = Callable[[int], int]
# Which messages a rule holds for ever, in one flow.
_Holders = list[tuple[int, int, Running]]
# What rules did to which messages of a flow, and whether that ends the connection.
_Acts = list[tuple[Running, Sequence[int], bool]]


class Outgoing(NamedTuple):
    """What leaves at `due_ns`: bytes, or the end of the connection.

    is_whole: what comes behind it begins with a frame. mark: what was given with the message.
    """

    due_ns: int
    data: bytes | memoryview = b""
    mark: bytes | None = None
    ending: Ending | None = None
    is_whole: bool = True


class Pipeline:
    """One direction of one connection. Messages go in by `stream` and `control`, out by `take`.

    `is_over`: it ends behind what is in flight, and takes nothing any more.
    """

    def __init__(
        self, link: Link, log: FaultLog, *, index: int = 0, venue: Venue | None = None
    ) -> None:
        """Take where it is; `index` is the number of the next message of the stream."""
        self.link = link
        self.is_over = False
        self._is_ending = False  # an end waits behind what is held
        self._ledger = Ledger(log, link.market)
        self._venue = venue
        self._stream = Lane(index)
        self._control = Lane()
        self._held = Held()
        self._outgoing: deque[Outgoing] = deque()
        self._outgoing_bytes = 0
        self._last_due_ns = 0
        self._stallers: list[Running] = []

    # ---- asked

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
        return not (self._held or self._outgoing or self.running)

    @property
    def is_stalled(self) -> bool:
        """Whether nothing leaves until something lets go."""
        return bool(self._stallers)

    @property
    def size(self) -> int:
        """How many bytes are in flight."""
        return self._held.size + self._outgoing_bytes

    @property
    def due_ns(self) -> int | None:
        """When something leaves, in link time; None: not before something changes."""
        due_ns = min(self._outgoing[0].due_ns if self._outgoing else NEVER_NS, self._held.due_ns)
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
            if self.is_over or self._is_ending:
                return
            if self._stallers or self._held:
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
        if self.is_over or self._is_ending:
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
        outgoing = self._outgoing
        taken: list[Outgoing] = []
        while outgoing and outgoing[0].due_ns <= now_ns:
            one = outgoing.popleft()
            self._outgoing_bytes -= len(one.data)
            taken.append(one)
        return taken

    def flush(self, now_ns: int) -> list[Outgoing]:
        """Return everything that is in flight, in order, and hold nothing any more."""
        for one in self._held.all():
            self._transport(one, before=0)
        self._ledger.settle()
        self._stallers.clear()
        taken = [one._replace(due_ns=min(one.due_ns, now_ns)) for one in self._outgoing]
        self._outgoing.clear()
        self._outgoing_bytes = self._last_due_ns = 0
        return taken

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
        acts: _Acts = []
        as_it_came = flow.parts
        for one, chosen in zip(lane.front, fired, strict=False):
            if self._act(one, flow, chosen, acts):
                _note_held(flow, one, holders)
        last = self._note(flow, acts)
        if last is not None:
            travelling.ended_ns = next(
                part.due_ns for part in as_it_came if part.first <= last < part.stop
            )
        self._thaw(flow.now_ns)
        is_stream = lane is self._stream
        if self._goes_on(flow, until_ns, is_stream=is_stream):
            if lane.front:
                travelling.keep_standing()
            self._transport(travelling)
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
        while not self.is_over and (one := self._held.take(now_ns)) is not None:
            self._transport(one)

    # ---- TRANSPORT and BYTES

    def _transport(self, travelling: Travelling, *, before: int | None = None) -> None:
        """Send a flow on. `before`: the first message that is still held, as far as is noted."""
        flow, is_cut = travelling.flow, False
        acts: _Acts = []
        for one, chosen in zip(travelling.back, travelling.fired, strict=True):
            if one.stage is Stage.BYTES and not is_cut:
                flow.parts = _in_order(flow.parts, self._last_due_ns)
                is_cut = True
            was_held = _is_held(flow)
            acted = self._act(one, flow, chosen, acts)
            if acted and not was_held and _is_held(flow) and one not in self._stallers:
                self._stallers.append(one)
        if before is None:
            before = self._held.first_index
        self._note(flow, acts, before=before if travelling.is_stream else NEVER_NS)
        self._ledger.settle(before)
        flow.parts = _in_order(flow.parts, self._last_due_ns)
        if flow.parts:
            self._last_due_ns = flow.parts[-1].due_ns
        if not travelling.is_close:
            self._send(flow, travelling.mark)
        if flow.ending is not None:
            self._end(max(travelling.ended_ns, flow.now_ns), flow.ending)

    @staticmethod
    def _act(one: Running, flow: Flow, fired: Sequence[int], acts: _Acts) -> bool:
        """Let a rule act on a flow; say whether it did something."""
        was_ending = flow.ending is not None
        touched = one.apply(flow, fired)
        if not len(touched):
            return False
        is_end = flow.ending is not None and not was_ending
        acts.append((one, touched, is_end))
        return True

    def _note(self, flow: Flow, acts: _Acts, *, before: int = NEVER_NS) -> int | None:
        """Note what was done, up to the message with which the connection ends; return that.

        `before` is the first message that is held.
        """
        ends = [touched[-1] for _, touched, is_end in acts if is_end]
        last = ends[0] if ends else None
        for one, touched, _ in acts:
            if last is not None:
                touched = touched[: bisect_right(touched, last)]  # noqa: PLW2901 - some of them
            if len(touched):
                self._ledger.note(one, flow, touched, before=before)
        return last

    def _send(self, flow: Flow, mark: bytes | None) -> None:
        parts = flow.parts
        first = 0
        for place in range(1, len(parts) + 1):
            if place < len(parts) and parts[place].due_ns == parts[first].due_ns:
                continue
            group = parts[first:place]
            first = place
            is_last = place == len(parts)
            data = flow.bytes_of(group[0])
            if len(group) > 1:
                data = b"".join(map(flow.bytes_of, group))
            is_whole = is_last or not _are_pieces(group[-1], parts[place])
            self._outgoing.append(
                Outgoing(group[0].due_ns, data, mark if is_last else None, is_whole=is_whole)
            )
            self._outgoing_bytes += len(data)

    def _end(self, due_ns: int, ending: Ending) -> None:
        due_ns = max(self._last_due_ns, due_ns)
        if due_ns < NEVER_NS:
            due_ns += ending.delay_ns
        self._outgoing.append(Outgoing(due_ns, ending=ending))
        self._held = Held()
        self._ledger.settle()
        self.is_over = True

    # ---- letting go

    def _holders(self) -> list[Running]:
        held = self._held.holders() if self._held else []
        return [*self._stallers, *held]

    def _let_go(self, gone: Sequence[Running], now_ns: int) -> None:
        if not gone:
            return
        self._held.let_go(gone, now_ns)
        was_stalled = bool(self._stallers)
        self._stallers = [one for one in self._stallers if one not in gone]
        if was_stalled and not self._stallers:
            finite = [one.due_ns for one in self._outgoing if one.due_ns < NEVER_NS]
            self._last_due_ns = due_ns = max([now_ns, *finite[-1:]])
            self._outgoing = deque(
                one if one.due_ns < NEVER_NS else one._replace(due_ns=due_ns)
                for one in self._outgoing
            )


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


def _in_order(parts: list[Part], last_due_ns: int) -> list[Part]:
    """Return parts of which none is due before another, or before what was sent before."""
    ordered: list[Part] = []
    for part in parts:
        if part.due_ns < last_due_ns:
            part = part._replace(due_ns=last_due_ns)  # noqa: PLW2901 - the same part, later
        last_due_ns = part.due_ns
        ordered.append(part)
    return ordered


def _split_behind(parts: Sequence[Part], places: Sequence[int]) -> list[Part]:
    """Return parts that end behind each of these messages."""
    split: list[Part] = []
    for part in parts:
        first = part.first
        if part.data is None:
            for k in places:
                if first <= k < part.stop - 1:
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


def _is_held(flow: Flow) -> bool:
    return any(part.due_ns >= NEVER_NS for part in flow.parts)


def _are_pieces(one: Part, other: Part) -> bool:
    """Whether two parts are of the same message, cut."""
    return one.data is not None and other.data is not None and one.first == other.first
