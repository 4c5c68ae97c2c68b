"""An outlet: the end of a link, where nothing overtakes: TRANSPORT and BYTES, and what leaves when.

flows, by due time ── TRANSPORT ── in order ── BYTES ── in order ──> outgoing ──> taken
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from replayx.faults.flow import NEVER_NS, Ending, Flow, Part
from replayx.faults.ledger import Acts, Ledger
from replayx.faults.running import Running
from replayx.faults.toxic import Stage
from replayx.faults.transit import Travelling


class Outgoing(NamedTuple):
    """What leaves at `due_ns`: bytes, or the end of the connection.

    is_whole: what comes behind it begins with a frame. mark: what was given with the message.
    """

    due_ns: int
    data: bytes | memoryview = b""
    mark: bytes | None = None
    ending: Ending | None = None
    is_whole: bool = True


class Outlet:
    """What leaves a link. `size` is how many bytes are to leave; `is_over`: nothing more comes in.

    `stallers` are rules that hold everything for ever. `ended_ns`, `ended_index`: when the message
    with which it is over got here, and which that is.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.size = 0
        self.is_over = False
        self.ended_ns = self.ended_index = 0
        self.stallers: list[Running] = []
        self._ledger = ledger
        self._outgoing: deque[Outgoing] = deque()
        self._last_due_ns = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to leave."""
        return not self._outgoing

    @property
    def due_ns(self) -> int:
        """When something leaves; NEVER_NS: not before something changes."""
        return self._outgoing[0].due_ns if self._outgoing else NEVER_NS

    # ---- in

    def send(self, travelling: Travelling, *, before: int) -> None:
        """Let a flow leave. `before` is the first message of the stream that is held elsewhere."""
        flow, is_cut = travelling.flow, False
        acts = Acts()
        for one, chosen in zip(travelling.back, travelling.fired, strict=True):
            if one.stage is Stage.BYTES and not is_cut:
                flow.parts = _in_order(flow.parts, self._last_due_ns)
                is_cut = True
            was_held = _is_held(flow)
            acted = acts.act(one, flow, chosen)
            if acted and not was_held and _is_held(flow) and one not in self.stallers:
                self.stallers.append(one)
        last = acts.last
        stop = flow.count if last is None else last + 1
        before_this = before if travelling.is_stream else NEVER_NS
        acts.note(self._ledger, flow, stop=stop, before=before_this)
        self._ledger.settle(before)
        flow.parts = _in_order(flow.parts, self._last_due_ns)
        if flow.parts:
            self._last_due_ns = flow.parts[-1].due_ns
        if not travelling.is_close:
            self._put(flow, travelling.mark)
        if flow.ending is not None:
            self.ended_ns = flow.now_ns
            self.ended_index = flow.index + stop - 1
            self._end(max(travelling.ended_ns, flow.now_ns), flow.ending)

    def _put(self, flow: Flow, mark: bytes | None) -> None:
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
            self.size += len(data)

    def _end(self, due_ns: int, ending: Ending) -> None:
        due_ns = max(self._last_due_ns, due_ns)
        if due_ns < NEVER_NS:
            due_ns += ending.delay_ns
        self._outgoing.append(Outgoing(due_ns, ending=ending))
        self._ledger.settle()
        self.is_over = True

    # ---- out

    def take(self, now_ns: int, bytes_max: int) -> list[Outgoing]:
        """Return what leaves by now, in order; no more once so many bytes are together."""
        outgoing, size = self._outgoing, 0
        taken: list[Outgoing] = []
        while outgoing and outgoing[0].due_ns <= now_ns and size < bytes_max:
            one = outgoing.popleft()
            size += len(one.data)
            taken.append(one)
        self.size -= size
        return taken

    def drain(self, now_ns: int) -> list[Outgoing]:
        """Return everything, in order, as if it were due."""
        self.stallers.clear()
        taken = [one._replace(due_ns=min(one.due_ns, now_ns)) for one in self._outgoing]
        self._outgoing.clear()
        self.size = self._last_due_ns = 0
        return taken

    def let_go(self, gone: Sequence[Running], now_ns: int) -> None:
        """Let what these hold for ever be due, unless others hold it, too."""
        was_stalled = bool(self.stallers)
        self.stallers = [one for one in self.stallers if one not in gone]
        if was_stalled and not self.stallers:
            finite = [one.due_ns for one in self._outgoing if one.due_ns < NEVER_NS]
            self._last_due_ns = due_ns = max([now_ns, *finite[-1:]])
            self._outgoing = deque(
                one if one.due_ns < NEVER_NS else one._replace(due_ns=due_ns)
                for one in self._outgoing
            )


def _in_order(parts: list[Part], last_due_ns: int) -> list[Part]:
    """Return parts of which none is due before another, or before what was sent before."""
    ordered: list[Part] = []
    for part in parts:
        if part.due_ns < last_due_ns:
            part = part._replace(due_ns=last_due_ns)  # noqa: PLW2901 - the same part, later
        last_due_ns = part.due_ns
        ordered.append(part)
    return ordered


def _is_held(flow: Flow) -> bool:
    return any(part.due_ns >= NEVER_NS for part in flow.parts)


def _are_pieces(one: Part, other: Part) -> bool:
    """Whether two parts are of the same message, cut."""
    return one.data is not None and other.data is not None and one.first == other.first
