"""Merging sources under one total order: (at, source, position).

A `Run` is a stretch of one batch that no other source interrupts, so one source costs nothing and
several cost a bisection a stretch, never Python per message.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.timeline.source import Source


class Run(NamedTuple):
    """Messages `first` to `stop` of a batch of one source."""

    source: int
    batch: FrameBatch
    first: int
    stop: int


def merge(sources: Sequence[Source], from_ns: int) -> Iterator[Run]:
    """Yield all messages at or after `from_ns` as runs in the total order."""
    if len(sources) == 1:
        yield from _runs(0, sources[0], from_ns)
        return
    iterators = [_runs(number, source, from_ns) for number, source in enumerate(sources)]
    heads: list[Run] = [run for iterator in iterators if (run := next(iterator, None))]
    while heads:
        heads.sort(key=_order)
        head = heads[0]
        stop = head.stop if len(heads) == 1 else _stop_before(head, heads[1])
        yield head._replace(stop=stop)
        if stop < head.stop:
            heads[0] = head._replace(first=stop)
        elif (run := next(iterators[head.source], None)) is not None:
            heads[0] = run
        else:
            del heads[0]


def _runs(number: int, source: Source, from_ns: int) -> Iterator[Run]:
    for batch in source.batches(from_ns):
        first = batch.position(from_ns) if batch.start_ns < from_ns else 0
        if first < batch.count:
            yield Run(number, batch, first, batch.count)


def _order(run: Run) -> tuple[int, int]:
    return run.batch.at[run.first], run.source


def _stop_before(head: Run, other: Run) -> int:
    """Return where `other` interrupts `head`: equal times go to the source named first."""
    at_ns = other.batch.at[other.first]
    search = bisect_right if head.source < other.source else bisect_left
    return search(head.batch.at, at_ns, head.first, head.stop)
