"""What is due some time: by time, and in the order it came where times are the same."""

from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

_T = TypeVar("_T")


class DueList(Generic[_T]):
    """Things to do at times of one clock; as many as there are, adding one is cheap."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, _T]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_ns(self) -> int | None:
        """When the next is due; None: there is none."""
        return self._heap[0][0] if self._heap else None

    def add(self, due_ns: int, thing: _T) -> None:
        """Note something to do."""
        heappush(self._heap, (due_ns, next(self._order), thing))

    def take(self, now_ns: int) -> tuple[int, _T] | None:
        """Return the next that is due at `now_ns` and when it was, and forget it."""
        if not self._heap or self._heap[0][0] > now_ns:
            return None
        due_ns, _, thing = heappop(self._heap)
        return due_ns, thing
