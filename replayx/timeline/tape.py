"""The tape under the head: what comes next, taken in stretches."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from replayx.timeline.duplicates import Duplicates
from replayx.timeline.merge import Run, merge
from replayx.timeline.source import Source

Prefetch = Callable[[Iterator[Run]], Iterator[Run]]


class Stretch(NamedTuple):
    """Messages `first` to `stop` of a run, of which `dropped` were served before.

    `last_ns` is how far the tape has been delivered with it.
    """

    run: Run
    first: int
    stop: int
    dropped: frozenset[int]
    last_ns: int

    @property
    def frame_bytes(self) -> int:
        """How many bytes its frames have."""
        return self.run.batch.end[self.stop] - self.run.batch.end[self.first]


def _no_prefetch(runs: Iterator[Run]) -> Iterator[Run]:
    return runs


class Tape:
    """All sources, read once from `start_ns` to the end.

    `prefetch` may wrap the iterator of runs to read ahead in a thread.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        start_ns: int | None = None,
        prefetch: Prefetch = _no_prefetch,
    ) -> None:
        self.channels = [source.channels for source in sources]
        starts = [source.start_ns for source in sources]
        self.start_ns = min(starts, default=0) if start_ns is None else start_ns
        self.end_ns = max((source.end_ns for source in sources), default=0)
        self._runs = prefetch(merge(sources, self.start_ns))
        self._duplicates = Duplicates(self.channels)
        self._run: Run | None = None
        self._next = 0
        self._dropped: frozenset[int] = frozenset()

    def next_at_ns(self) -> int | None:
        """Return when the next message is due on the tape; None at its end."""
        run = self._current()
        return None if run is None else run.batch.at[self._next]

    def take(self, until_ns: int | None, bytes_max: int) -> Stretch | None:
        """Take what is due at `until_ns` (None: anything), up to about `bytes_max` bytes.

        Returns None if nothing is due. A message larger than `bytes_max` comes alone.
        """
        run = self._current()
        if run is None:
            return None
        first, stop = self._next, run.stop
        is_whole = stop - first == run.batch.count and len(run.batch.frames) <= bytes_max
        if until_ns is None and is_whole:
            # Flat out the whole chunk goes at once, and nobody needs to know where frames begin.
            self._next = stop
            return self._stretch(run, first, stop)
        if until_ns is not None:
            stop = bisect_right(run.batch.at, until_ns, first, stop)
            if stop == first:
                return None
        end = run.batch.end
        stop = min(stop, max(first + 1, bisect_right(end, end[first] + bytes_max) - 1))
        self._next = stop
        return self._stretch(run, first, stop)

    def _stretch(self, run: Run, first: int, stop: int) -> Stretch:
        # Behind its last message a chunk may go on with requests alone. Another source's messages
        # may lie before its end, though.
        is_whole = stop == run.batch.count and len(self.channels) == 1
        last_ns = run.batch.end_ns if is_whole else run.batch.at[stop - 1]
        return Stretch(run, first, stop, self._dropped, last_ns)

    def _current(self) -> Run | None:
        """Return the run with the next message in it, or None at the end."""
        while self._run is None or self._next >= self._run.stop:
            run = next(self._runs, None)
            if run is None:
                return None
            self._run = run
            self._next = run.first
            self._dropped = self._duplicates.in_run(run)
        return self._run
