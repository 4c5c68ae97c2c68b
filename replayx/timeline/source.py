"""Sources: anything that yields chunks in time order."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.reader import CassetteReader
from replayx.cassette.records import Channel


class Source(Protocol):
    """Yields batches in time order; `channels` maps the numbers that occur in them."""

    channels: Mapping[int, Channel]
    start_ns: int  # of the first message
    end_ns: int  # of the last message or event

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`."""
        ...

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place. May be called from several threads."""
        ...


class CassetteSource:
    """A cassette as a source.

    A recording plays from its beginning, so that a client that does again what it did then finds
    the streams where it found them. Of anything else (imports, made-up tapes) the requests before
    the first message are history: they may be years older.
    """

    def __init__(self, reader: CassetteReader) -> None:
        self.reader = reader
        self.channels: Mapping[int, Channel] = reader.channels
        self.end_ns = reader.end_ns
        self.start_ns = reader.start_ns
        first = next((i for i, count in enumerate(reader.chunks.frames) if count), None)
        if first is not None and reader.header.origin != "recorded":
            self.start_ns = reader.batch(first).at[0]

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`."""
        return self.reader.batches(self.reader.chunks.at(from_ns))

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place. May be called from several threads."""
        # Not reader.batch: that one unpacks with a decompressor that one thread owns.
        return next(self.reader.batches(ordinal))


class ListSource:
    """Batches at hand, for tests and generators."""

    def __init__(self, channels: Mapping[int, Channel], batches: list[FrameBatch]) -> None:
        self.channels = channels
        self._batches = batches
        for ordinal, batch in enumerate(batches):
            batch.ordinal = ordinal
        played = [batch for batch in batches if batch.count]
        self.start_ns = played[0].at[0] if played else 0
        self.end_ns = batches[-1].end_ns if batches else 0

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`."""
        return (batch for batch in self._batches if batch.end_ns >= from_ns)

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place."""
        return self._batches[ordinal]
