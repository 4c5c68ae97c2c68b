"""Where the chunks of a file are and what they span: columns, in file order."""

from array import array
from bisect import bisect_left
from operator import gt
from typing import Self

from replayx.cassette.columns import CHANNEL_BYTES
from replayx.cassette.damage import Damage
from replayx.cassette.records import Chunk, Index


class ChunkTable:
    """Columns over the chunks of a file, in file order."""

    def __init__(self) -> None:
        self.offsets, self.starts, self.ends = array("q"), array("q"), array("q")
        self.frames, self.events = array("I"), array("I")
        self.channels: list[bytes] = []

    def __len__(self) -> int:
        return len(self.offsets)

    @classmethod
    def from_index(cls, index: Index, file_bytes: int) -> Self:
        """Return the table an index holds. Raises Damage."""
        table = cls()
        numbers = (index.offsets, index.starts, index.ends, index.frames, index.events)
        columns = (table.offsets, table.starts, table.ends, table.frames, table.events)
        for column, packed in zip(columns, numbers, strict=True):
            if len(packed) % column.itemsize:
                raise Damage(f"an index column of {len(packed)} bytes")
            column.frombytes(packed)
        table.channels = list(index.channels)
        if len({*map(len, columns), len(table.channels)}) != 1:
            raise Damage("index columns of unequal length")
        if any(len(channels) % CHANNEL_BYTES for channels in table.channels):
            raise Damage("an index of channels that are not uint16")
        if any(not 0 < offset < file_bytes for offset in table.offsets):
            raise Damage("an index that points outside the file")
        if any(map(gt, table.ends, table.starts[1:])) or any(map(gt, table.starts, table.ends)):
            raise Damage("an index whose times go back")
        return table

    def append(self, offset: int, chunk: Chunk) -> None:
        """Add a chunk that stands at `offset`. Raises Damage if its time is before the last."""
        if self.ends and chunk.start_ns < self.ends[-1]:
            raise Damage(f"a chunk that starts at {chunk.start_ns}", f"{self.ends[-1]} or later")
        self.offsets.append(offset)
        self.starts.append(chunk.start_ns)
        self.ends.append(chunk.end_ns)
        self.frames.append(chunk.frame_count)
        self.events.append(chunk.event_count)
        self.channels.append(chunk.channels)

    def at(self, at_ns: int) -> int:
        """Return the ordinal of the first chunk that ends at or after `at_ns`."""
        return bisect_left(self.ends, at_ns)
