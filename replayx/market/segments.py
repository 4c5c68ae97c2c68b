"""The total order cut into segments: a new one begins where a chunk of any source does.

So the messages of a segment lie in at most one chunk of each source, and a state is the state
before a segment and what of it has come.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_NO_PIECES: tuple[Sequence[int], Sequence[int], Sequence[int]] = ((), (), ())


class Piece(NamedTuple):
    """Messages `first` to `stop` of one chunk."""

    source: int
    ordinal: int
    first: int
    stop: int


class Cut(NamedTuple):
    """A place in the total order: inside `segment`, of which `pieces` have come.

    The segment of a place before the tape is -1.
    """

    segment: int
    at_ns: int
    pieces: tuple[Piece, ...]


class Segments:
    """Where each segment begins, and its pieces: columns, in the total order."""

    def __init__(self) -> None:
        self.starts = array("q")  # the time of its first message
        self._begin = array("I")  # where its pieces begin among all
        self._columns = tuple(array("I") for _ in Piece._fields)
        # By source: of each of its pieces the segment, the chunk and where it stops.
        self._by_source: dict[int, tuple[array[int], array[int], array[int]]] = {}

    def __len__(self) -> int:
        return len(self.starts)

    def append(self, start_ns: int, pieces: Sequence[Piece]) -> None:
        """Add the segment that follows."""
        self._note(len(self.starts), pieces)
        self.starts.append(start_ns)
        self._begin.append(len(self._columns[0]))
        for column, values in zip(self._columns, zip(*pieces, strict=True), strict=True):
            column.extend(values)

    def pieces(self, segment: int) -> tuple[Piece, ...]:
        """Return a segment's pieces, one a source that is in it."""
        first = self._begin[segment]
        is_last = segment + 1 == len(self._begin)
        stop = len(self._columns[0]) if is_last else self._begin[segment + 1]
        return tuple(
            Piece(*row) for row in zip(*(c[first:stop] for c in self._columns), strict=True)
        )

    def at(self, at_ns: int) -> int:
        """Return the last segment that begins at or before a time; -1 before the first."""
        return bisect_right(self.starts, at_ns) - 1

    def of_chunk(self, source: int, ordinal: int) -> int:
        """Return the segment that begins with a chunk's first message. Raises KeyError."""
        segments, ordinals, _ = self._by_source.get(source, _NO_PIECES)
        row = bisect_left(ordinals, ordinal)
        if row == len(ordinals) or ordinals[row] != ordinal:
            raise KeyError(ordinal)
        return segments[row]

    def passed(self, source: int, segment: int) -> tuple[int, int]:
        """Return the last chunk of a source that begins before a segment, and how many of its
        messages come before that; a chunk before its first, if there is none.
        """
        segments, ordinals, stops = self._by_source.get(source, _NO_PIECES)
        row = bisect_left(segments, segment) - 1
        return (ordinals[row], stops[row]) if row >= 0 else (-1, 0)

    def __iter__(self) -> Iterator[tuple[Piece, ...]]:
        return (self.pieces(segment) for segment in range(len(self)))

    def packed(self) -> tuple[bytes, ...]:
        """Return the columns as bytes, as `unpacked` takes them."""
        return tuple(column.tobytes() for column in (self.starts, self._begin, *self._columns))

    @classmethod
    def unpacked(cls, packed: Sequence[bytes]) -> "Segments":
        """Return what was packed. Raises ValueError if it is not of one make."""
        made = cls()
        columns = (made.starts, made._begin, *made._columns)
        for column, raw in zip(columns, packed, strict=True):
            column.frombytes(raw)
        rows = len(made._columns[0])
        if len(made.starts) != len(made._begin) or any(len(c) != rows for c in made._columns):
            raise ValueError("columns of unequal length")
        if any(not 0 <= begin <= rows for begin in made._begin):
            raise ValueError("a segment outside its columns")
        for segment, pieces in enumerate(made):
            made._note(segment, pieces)
        return made

    def _note(self, segment: int, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            columns = self._by_source.setdefault(piece.source, (array("I"), array("I"), array("I")))
            for column, value in zip(columns, (segment, piece.ordinal, piece.stop), strict=True):
                column.append(value)
