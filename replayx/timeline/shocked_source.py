"""A source in which some messages say something else: as many, at the same times."""

from collections.abc import Callable, Iterator, Mapping

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel
from replayx.timeline.source import Source

# Given a batch: what some of its messages say instead, envelopes included.
Retell = Callable[[FrameBatch], Mapping[int, bytes]]


class ShockedSource:
    """Plays a source as `retell` has it. Whoever decodes its batches reads that, too."""

    def __init__(self, source: Source, retell: Retell) -> None:
        self.channels: Mapping[int, Channel] = source.channels
        self.start_ns = source.start_ns
        self.end_ns = source.end_ns
        self._source = source
        self._retell = retell

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`. Raises CassetteError."""
        return map(self._told, self._source.batches(from_ns))

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place. May be called from several threads. Raises CassetteError."""
        return self._told(self._source.batch(ordinal))

    def _told(self, batch: FrameBatch) -> FrameBatch:
        payloads = self._retell(batch)
        return batch.replaced(payloads) if payloads else batch
