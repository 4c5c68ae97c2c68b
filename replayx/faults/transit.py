"""Transit: flows on their way through a link's stages, and those held between two of them."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import chain

from replayx.faults.flow import NEVER_NS, Columns, Flow, GivenColumns, Part
from replayx.faults.parts import standing
from replayx.faults.running import Running
from replayx.faults.toxic import Stage

_NO_MESSAGES = GivenColumns(memoryview(b""), (0,), (), ())


class Lane:
    """What runs on one kind of a link's messages. `index` is the number of the next message.

    `front` act before messages are in order, `back` behind that.
    """

    def __init__(self, index: int = 0) -> None:
        self.index = index
        self.run(())

    def run(self, running: Sequence[Running]) -> None:
        """Let these run from now on."""
        self.running = sorted(running, key=_stage)
        self.front = [one for one in self.running if one.stage < Stage.TRANSPORT]
        self.back = self.running[len(self.front) :]


class Travelling:
    """A flow on its way, with what each rule in the back of its lane selected of it.

    is_close: its message is a close frame, which its ending stands for. mark: what the caller gave
    it. holder: whose window or end it waits for. ended_ns: when the message came that ends it.
    """

    __slots__ = ("back", "ended_ns", "fired", "flow", "holder", "is_close", "is_stream", "mark")

    def __init__(self, flow: Flow, back: Sequence[Running]) -> None:
        self.flow = flow
        self.back = back
        self.fired: Sequence[Sequence[int]] = [()] * len(back)
        self.is_close = False
        self.is_stream = False
        self.ended_ns = 0
        self.mark: bytes | None = None
        self.holder: Running | None = None

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(len(self.flow.bytes_of(part)) for part in self.flow.parts)

    def keep_standing(self) -> None:
        """Let rules act only on messages that are still there."""
        self.fired = [standing(self.flow, places) for places in self.fired]

    def apart(self, part: Part) -> "Travelling":
        """Return a part of it as a flow of its own: it waits, or others have to go before it."""
        first, stop, due_ns, data, _ = part
        columns: Columns = Piece(self.flow.columns, first, stop)
        if stop - first == 1:  # it must not keep the whole chunk that it is from
            own = memoryview(bytes(columns.cut(0, 1)))
            columns = GivenColumns(own, (0, len(own)), columns.channel, columns.at_ns)
        flow = Flow.of(due_ns, self.flow.index + first, columns, like=self.flow)
        flow.parts = [Part(0, stop - first, due_ns, data)]
        fired = [[k - first for k in places if first <= k < stop] for places in self.fired]
        apart = Travelling(flow, self.back)
        apart.fired, apart.mark = fired, self.mark
        apart.is_close, apart.is_stream = self.is_close, self.is_stream
        return apart

    def end(self, due_ns: int) -> "Travelling":
        """Return its ending as a flow of its own, without messages."""
        flow = Flow.of(due_ns, self.flow.index + self.flow.count, _NO_MESSAGES)
        flow.parts, flow.ending = [], self.flow.ending
        return Travelling(flow, self.back)


class Piece:
    """Messages `first` to `stop` of other columns, with their bytes alone."""

    __slots__ = ("_columns", "_first", "_stop")

    def __init__(self, columns: Columns, first: int, stop: int) -> None:
        self._columns = columns
        self._first = first
        self._stop = stop

    @property
    def count(self) -> int:
        """How many messages there are."""
        return self._stop - self._first

    @property
    def frames(self) -> memoryview:
        """What `end` points into."""
        return self._columns.frames

    @property
    def end(self) -> Sequence[int]:
        """Where in `frames` each message begins, and where the last one ends."""
        return self._columns.end[self._first : self._stop + 1]

    @property
    def channel(self) -> Sequence[str]:
        """The channel of each message."""
        return self._columns.channel[self._first : self._stop]

    @property
    def at_ns(self) -> Sequence[int]:
        """The time on the tape of each message."""
        return self._columns.at_ns[self._first : self._stop]

    def cut(self, first: int, stop: int) -> memoryview:
        """Return the frames of messages `first` to `stop`."""
        return self._columns.cut(self._first + first, self._first + stop)


class Least:
    """Numbers, of which the least is asked for. Those that were taken off stay a while."""

    __slots__ = ("_gone", "_heap")

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._gone: Counter[int] = Counter()

    @property
    def least(self) -> int:
        """The least number; NEVER_NS where there is none."""
        heap, gone = self._heap, self._gone
        while heap and gone[heap[0]]:
            gone[heap[0]] -= 1
            if not gone[heap[0]]:
                del gone[heap[0]]
            heappop(heap)
        return heap[0] if heap else NEVER_NS

    def add(self, number: int) -> None:
        """Put a number in."""
        heappush(self._heap, number)

    def remove(self, number: int) -> None:
        """Take a number off that is in."""
        self._gone[number] += 1


class Held:
    """What waits until it is due, or lets go, or until a message has passed; by due time.

    `size` is how many bytes wait.
    """

    def __init__(self) -> None:
        self.size = 0
        self._heap: list[tuple[int, int, Travelling]] = []
        self._behind: dict[int, list[tuple[int, Travelling]]] = {}
        self._count = 0
        self._awaited: list[int] = []  # the numbers in `_behind`, ascending
        self._bounds = Least()  # when those behind are due themselves
        self._indices = Least()  # of the stream's messages
        self._holders: Counter[Running] = Counter()  # how much waits for the end of each

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._heap or self._behind)

    @property
    def due_ns(self) -> int:
        """When the first is due; NEVER_NS: not before something changes."""
        due_ns = self._bounds.least
        return min(due_ns, self._heap[0][0]) if self._heap else due_ns

    @property
    def last_due_ns(self) -> int:
        """When the last of what is not held for ever is due; 0: there is none."""
        heap = (due_ns for due_ns, _, _ in self._heap)
        behind = (due_ns for waiting in self._behind.values() for due_ns, _ in waiting)
        return max((due_ns for due_ns in chain(heap, behind) if due_ns < NEVER_NS), default=0)

    def holders(self) -> list[Running]:
        """Return whose end something waits for, each once: asked at every step of time."""
        return list(self._holders)

    @property
    def first_index(self) -> int:
        """The number of the first message of the stream that waits; NEVER_NS: none does."""
        return self._indices.least

    def add(self, due_ns: int, travelling: Travelling) -> None:
        """Let something wait until it is due, behind what is due at the same time."""
        self._count += 1
        self._note(travelling)
        if travelling.holder is not None:
            self._holders[travelling.holder] += 1
        heappush(self._heap, (due_ns, self._count, travelling))

    def wait_behind(self, index: int, due_ns: int, travelling: Travelling) -> None:
        """Let something wait until a message has passed, or until it is due."""
        self._note(travelling)
        if index not in self._behind:
            insort(self._awaited, index)
        self._behind.setdefault(index, []).append((due_ns, travelling))
        self._bounds.add(due_ns)

    def waited_for(self, before: int) -> list[int]:
        """Return which messages below a number something waits for, ascending."""
        return self._awaited[: bisect_left(self._awaited, before)]

    def passed(self, index: int, due_ns: int) -> None:
        """Note that a message is due at `due_ns`: what waits for it comes right behind it."""
        for bound_ns, one in self._no_longer_behind(index):
            self._let(one)
            self.add(min(bound_ns, due_ns), one)

    def expire(self, now_ns: int) -> None:
        """Let what waits for a message wait no longer than until it is due itself."""
        if self._bounds.least > now_ns:
            return
        late: list[tuple[int, Travelling]] = []
        for index in self.waited_for(NEVER_NS):
            for entry in self._no_longer_behind(index):
                if entry[0] <= now_ns:
                    late.append(entry)
                else:
                    self._let(entry[1])
                    self.wait_behind(index, *entry)
        for due_ns, one in sorted(late, key=_due_ns):
            self._let(one)
            self.add(due_ns, one)

    def take(self, now_ns: int) -> Travelling | None:
        """Return the next that is due."""
        if self._behind:
            self.expire(now_ns)
        if not self._heap or self._heap[0][0] > now_ns:
            return None
        due_ns, _, travelling = heappop(self._heap)
        self._let(travelling)
        if travelling.holder is not None:
            self._holders -= Counter([travelling.holder])
        flow = travelling.flow
        flow.now_ns = due_ns
        flow.parts = [part._replace(due_ns=due_ns, behind=None) for part in flow.parts]
        return travelling

    def let_go(self, holders: Iterable[Running], now_ns: int) -> None:
        """Let what waits for the end of these be due."""
        gone = tuple(holders)
        for holder in gone:
            del self._holders[holder]
        heap, self._heap = sorted(self._heap, key=_order), []
        for due_ns, count, one in heap:
            is_free = one.holder in gone
            if is_free:
                one.holder = None
            heappush(self._heap, (min(due_ns, now_ns) if is_free else due_ns, count, one))

    def all(self) -> list[Travelling]:
        """Return everything that waits, in order, and hold nothing."""
        for index in self.waited_for(NEVER_NS):
            self.passed(index, NEVER_NS)
        heap, self._heap, self.size = sorted(self._heap, key=_order), [], 0
        self._indices = Least()
        self._holders.clear()
        return [one for _, _, one in heap]

    def _note(self, travelling: Travelling) -> None:
        self.size += travelling.size
        if travelling.is_stream:
            self._indices.add(travelling.flow.index)

    def _let(self, travelling: Travelling) -> None:
        self.size -= travelling.size
        if travelling.is_stream:
            self._indices.remove(travelling.flow.index)

    def _no_longer_behind(self, index: int) -> list[tuple[int, Travelling]]:
        waiting = self._behind.pop(index, [])
        if waiting:
            del self._awaited[bisect_left(self._awaited, index)]
        for bound_ns, _ in waiting:
            self._bounds.remove(bound_ns)
        return waiting


def _stage(one: Running) -> int:
    return one.stage


def _due_ns(entry: tuple[int, Travelling]) -> int:
    return entry[0]


def _order(entry: tuple[int, int, Travelling]) -> tuple[int, int]:
    return entry[:2]
