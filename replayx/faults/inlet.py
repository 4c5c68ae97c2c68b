"""An inlet: the beginning of a link, where messages may be late and overtake each other.

flows ── MESSAGE, FRAME ──> held, by due time ──> outlet
"""

from bisect import bisect_left
from collections.abc import Sequence

from replayx.faults.flow import NEVER_NS, Flow, Part
from replayx.faults.ledger import Acts, Ledger
from replayx.faults.outlet import Outlet
from replayx.faults.running import Running
from replayx.faults.transit import Held, Lane, Travelling

# Which messages a rule holds for ever, in one flow.
_Holders = list[tuple[int, int, Running]]


class Inlet:
    """What comes into a link, on its way to the outlet.

    `held` is what waits; `is_ending`: an end waits behind it, so nothing more comes in.
    """

    def __init__(self, ledger: Ledger, outlet: Outlet) -> None:
        self.held = Held()
        self.is_ending = False
        self._ledger = ledger
        self._outlet = outlet

    def come(self, travelling: Travelling, lane: Lane, until_ns: int) -> None:
        """Take a flow of a lane, whose last message comes at `until_ns`."""
        flow = travelling.flow
        self.thaw(flow.now_ns)
        if self._outlet.is_over:
            return
        fired = [one.select(flow) for one in lane.running]
        travelling.fired = fired[len(lane.front) :]
        holders: _Holders = []
        acts = Acts()
        as_it_came = flow.parts
        for one, chosen in zip(lane.front, fired, strict=False):
            if acts.act(one, flow, chosen):
                _note_held(flow, one, holders)
        last = acts.last
        if last is not None:
            travelling.ended_ns = _came_ns(as_it_came, last)
        goes_on = self._goes_on(flow, until_ns, is_stream=travelling.is_stream)
        if goes_on:
            if lane.front:
                travelling.keep_standing()
            self._send(travelling)
        else:
            self._wait(travelling, holders, is_stream=travelling.is_stream)
            self.thaw(until_ns)
        stop = flow.count if last is None else last + 1
        if last is None and self._outlet.is_over and travelling.is_stream:
            stop = self._came_before_the_end(flow, as_it_came, goes_on=goes_on)
        acts.note(self._ledger, flow, stop=stop)

    def _came_before_the_end(self, flow: Flow, as_it_came: Sequence[Part], *, goes_on: bool) -> int:
        """Return where in a flow those begin that came when the connection was over."""
        last, ended_ns = self._outlet.ended_index - flow.index, self._outlet.ended_ns
        if 0 <= last < flow.count and (goes_on or _came_ns(as_it_came, last) == ended_ns):
            return last + 1
        came = [part.stop for part in as_it_came if part.due_ns < ended_ns]
        return max(came, default=0)

    def _goes_on(self, flow: Flow, until_ns: int, *, is_stream: bool) -> bool:
        """Whether nothing of a flow waits, and nothing that waits goes in between."""
        if self.held.due_ns <= until_ns or (flow.ending is not None and self.held):
            return False
        if is_stream and self.held.waited_for(flow.index + flow.count):
            return False
        due_ns = 0
        for part in flow.parts:
            if part.due_ns < due_ns or part.behind is not None:
                return False
            due_ns = part.due_ns
        return due_ns <= until_ns

    def _wait(self, travelling: Travelling, holders: _Holders, *, is_stream: bool) -> None:
        flow, held = travelling.flow, self.held
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
            self.is_ending = True

    def thaw(self, now_ns: int) -> None:
        """Send on what is due."""
        while not self._outlet.is_over and (one := self.held.take(now_ns)) is not None:
            self._send(one)

    def _send(self, travelling: Travelling) -> None:
        self._outlet.send(travelling, before=self.held.first_index)
        if self._outlet.is_over:  # what is late is lost
            self.held = Held()


def _came_ns(as_it_came: Sequence[Part], k: int) -> int:
    """Return when a message came."""
    return next(part.due_ns for part in as_it_came if part.first <= k < part.stop)


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
