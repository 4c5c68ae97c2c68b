"""The tape under the head: what comes next, taken in stretches."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import NamedTuple, Protocol, Self

from replayx.cassette.records import ChannelKind
from replayx.limits import DUPLICATE_WINDOW_NS
from replayx.timeline.duplicates import Duplicates
from replayx.timeline.merge import Run, merge
from replayx.timeline.source import Source


class Runs(Protocol):
    """Runs in the tape's order. A generator is one, and so is whatever reads ahead of it."""

    def __iter__(self) -> Iterator[Run]: ...
    def __next__(self) -> Run: ...
    def close(self) -> None:
        """Read no more."""


Prefetch = Callable[[Iterator[Run]], Runs]
# Given a run and the positions of served messages in its batch: behind which to stop, if at one.
Cut = Callable[[Run, Sequence[int]], int | None]

# What is a message of the tape: answers to the recorder's own commands are not served.
_SERVED = (ChannelKind.STREAM, ChannelKind.USER)


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


class Tape:
    """All sources, read once from `start_ns` to the end.

    `prefetch` may wrap the iterator of runs to read ahead in a thread. `played` is how many
    messages have been taken, those left out that were served before.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        start_ns: int | None = None,
        stop_ns: int | None = None,
        prefetch: Prefetch | None = None,
    ) -> None:
        """Take what to play: `start_ns` <= at < `stop_ns`."""
        self.channels = [source.channels for source in sources]
        starts = [source.start_ns for source in sources]
        self.start_ns = min(starts, default=0) if start_ns is None else start_ns
        self.end_ns = max((source.end_ns for source in sources), default=0)
        if stop_ns is not None:
            self.end_ns = min(self.end_ns, stop_ns)
        self._sources = sources
        self._stop_ns = stop_ns
        self._prefetch = prefetch
        self._duplicates = Duplicates(self.channels)
        # What was served before the start is known as if the tape had been played up to it.
        warm_ns = DUPLICATE_WINDOW_NS if self._duplicates.is_needed else 0
        runs = _runs(sources, self.start_ns - warm_ns, stop_ns)
        self._runs: Runs = runs if prefetch is None else prefetch(runs)
        self._served = [
            frozenset(number for number, one in channels.items() if one.kind in _SERVED)
            for channels in self.channels
        ]
        self._run: Run | None = None
        self._next = 0
        self._dropped: frozenset[int] = frozenset()
        self._places: list[int] | None = None
        self.played = 0

    def at(self, at_ns: int) -> Self:
        """Return the same tape from `at_ns` on, and read this one no more."""
        self._runs.close()
        return type(self)(
            self._sources, start_ns=at_ns, stop_ns=self._stop_ns, prefetch=self._prefetch
        )

    def recent(self, duration_ns: int) -> Iterator[Run]:
        """Yield what was played last, as far back as `duration_ns` before what comes next."""
        next_ns = self.next_at_ns()
        before_ns = self.end_ns + 1 if next_ns is None else next_ns
        return _runs(self._sources, before_ns - duration_ns, before_ns)

    def next_at_ns(self) -> int | None:
        """Return when the next message is due on the tape; None at its end."""
        run = self._current()
        return None if run is None else run.batch.at[self._next]

    def take(
        self, until_ns: int | None, bytes_max: int, *, cut: Cut | None = None
    ) -> Stretch | None:
        """Take what is due at `until_ns` (None: anything), up to about `bytes_max` bytes.

        Returns None if nothing is due. A message larger than `bytes_max` comes alone. `cut` sees
        every served message once, in order, and may stop behind one of them.
        """
        run = self._current()
        if run is None:
            return None
        first, stop = self._next, run.stop
        is_whole = stop - first == run.batch.count and len(run.batch.frames) <= bytes_max
        if not is_whole or (until_ns is not None and until_ns < run.batch.end_ns):
            # Otherwise the chunk goes at once, and nobody needs to know where frames begin.
            if until_ns is not None:
                stop = bisect_right(run.batch.at, until_ns, first, stop)
                if stop == first:
                    return None
            end = run.batch.end
            stop = min(stop, max(first + 1, bisect_right(end, end[first] + bytes_max) - 1))
        places = self._between(first, stop)
        if cut is not None and (behind := cut(run, places)) is not None:
            stop = behind
            places = self._between(first, stop)
        self._next = stop
        self.played += len(places)
        return self._stretch(run, first, stop)

    def _between(self, first: int, stop: int) -> Sequence[int]:
        """Return the served messages among `first` to `stop`."""
        places = self._places
        if places is None:
            return range(first, stop)
        return places[bisect_left(places, first) : bisect_left(places, stop)]

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
            dropped = self._duplicates.in_run(run)
            first = run.first
            if run.batch.start_ns < self.start_ns:
                first = max(first, run.batch.position(self.start_ns))
            self._run, self._next, self._dropped = run, first, dropped
            self._places = self._served_places(run, dropped)
        return self._run

    def _served_places(self, run: Run, dropped: frozenset[int]) -> list[int] | None:
        """Return which messages of a run are served; None: all of them."""
        served = self._served[run.source]
        if not dropped and served.issuperset(run.batch.channel_frames):
            return None
        channel = run.batch.channel
        return [k for k in range(run.first, run.stop) if channel[k] in served and k not in dropped]


def _runs(
    sources: Sequence[Source], from_ns: int, stop_ns: int | None
) -> Generator[Run, None, None]:
    """Yield all messages at or after `from_ns` and before `stop_ns`."""
    for run in merge(sources, from_ns):
        if stop_ns is None or run.batch.end_ns < stop_ns:
            yield run
            continue
        stop = bisect_left(run.batch.at, stop_ns, run.first, run.stop)
        if stop > run.first:
            yield run._replace(stop=stop)
        if stop < run.stop:
            return
