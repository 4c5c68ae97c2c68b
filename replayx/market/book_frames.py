"""Key-frames of order books: what a book was at a place of the tape, whole or as what changed.

A frame is found by (segment, time): the book with everything of the segments before, and of its own
segment with what came up to its time. One that stands before its segment has the time BEFORE.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import zstandard

from replayx.cassette.damage import UNDECODABLE, Damage
from replayx.cassette.packing import unpack_frame
from replayx.errors import ReplayxError
from replayx.limits import BOOK_FRAMES_WHOLE_COUNT
from replayx.market.book import Book

BEFORE = -(1 << 63)
WHOLE = -1

# Read far more often than written, and small: packing must not slow down the pass.
_LEVEL = 3


class _Frame(msgspec.Struct, array_like=True, frozen=True):
    last_id: int
    time_ms: int
    depth: Annotated[int, msgspec.Meta(ge=0)]
    is_broken: bool
    bids: dict[str, str]
    asks: dict[str, str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Frame).decode


class BookFrames:
    """One symbol's key-frames, in the total order. `read` gives a blob by its number."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.segments, self.times = array("I"), array("q")
        # The frame that a frame changes, WHOLE for one that needs no other; and its blob.
        self.whole, self.blobs = array("i"), array("I")
        # The first snapshot as it was told, which is the book a little before it came, too.
        self.first_ns = BEFORE
        self.first_blob = 0

    def __len__(self) -> int:
        return len(self.segments)

    def find(self, segment: int, at_ns: int) -> int:
        """Return the number of the last frame at or before a place; -1: there is none."""
        first = bisect_right(self.segments, segment - 1)
        last = bisect_right(self.segments, segment, first)
        return bisect_right(self.times, at_ns, first, last) - 1

    def book(self, number: int) -> Book:
        """Return the book of a frame. Raises ReplayxError."""
        frame = self._frame(self.blobs[number])
        whole = self.whole[number]
        if whole == WHOLE:
            return _book(frame, frame.bids, frame.asks)
        of = self._frame(self.blobs[whole])
        return _book(frame, of.bids | frame.bids, of.asks | frame.asks)

    def first(self, at_ns: int, ahead_ns: int) -> Book | None:
        """Return the symbol's first snapshot if it came after `at_ns`, but not by more."""
        if not at_ns < self.first_ns <= at_ns + ahead_ns:
            return None
        frame = self._frame(self.first_blob)
        return _book(frame, frame.bids, frame.asks)

    def first_id(self) -> int:
        """Return the update id of the symbol's first snapshot; there is one."""
        return self._frame(self.first_blob).last_id

    def packed(self) -> tuple[bytes, ...]:
        """Return the columns as bytes, as `unpack` takes them."""
        first = array("q", (self.first_ns, self.first_blob))
        columns = (self.segments, self.times, self.whole, self.blobs, first)
        return tuple(column.tobytes() for column in columns)

    def unpack(self, packed: Sequence[bytes], blob_count: int) -> None:
        """Take over what was packed. Raises ValueError if it is not of one make."""
        first = array("q")
        columns = (self.segments, self.times, self.whole, self.blobs, first)
        for column, raw in zip(columns, packed, strict=True):
            column.frombytes(raw)
        self.first_ns, self.first_blob = first
        rows = {len(column) for column in columns[:-1]}
        if len(rows) != 1 or any(not -1 <= whole < len(self) for whole in self.whole):
            raise ValueError("key-frames of unequal length")
        if any(blob >= blob_count for blob in (*self.blobs, self.first_blob)) and rows != {0}:
            raise ValueError("a key-frame that is not there")

    def _frame(self, blob: int) -> _Frame:
        try:
            return _decode(unpack_frame(self._read(blob)))
        except (*UNDECODABLE, Damage) as error:
            raise ReplayxError(
                f"the market's index has a key-frame that is none ({error})",
                hint="Delete the .market file beside the cassette: it is made again",
            ) from error


class BookFrameWriter:
    """Adds key-frames to one symbol's: whole ones now and then, else what changed since."""

    def __init__(self, frames: BookFrames, write: Callable[[bytes], int]) -> None:
        self._frames = frames
        self._write = write
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)
        self._since_whole = 0
        self._whole = WHOLE
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def change(self, bids: dict[str, str], asks: dict[str, str]) -> None:
        """Note levels that changed, removed ones among them."""
        self._bids.update(bids)
        self._asks.update(asks)

    def add(self, segment: int, at_ns: int, book: Book, *, is_new: bool = False) -> None:
        """Write the book as it is at a place; `is_new`: it does not follow from the last one."""
        changes, levels = len(self._bids) + len(self._asks), 0
        is_whole = is_new or self._since_whole >= BOOK_FRAMES_WHOLE_COUNT or self._whole == WHOLE
        if not is_whole:
            levels = len(book.bids.sizes) + len(book.asks.sizes)
            is_whole = changes * 2 > levels
        if is_whole:
            book.bids.purge()
            book.asks.purge()
            self._bids, self._asks = book.bids.sizes, book.asks.sizes
        frames = self._frames
        blob = self._pack(book, self._bids, self._asks)
        frames.whole.append(WHOLE if is_whole else self._whole)
        frames.segments.append(segment)
        frames.times.append(at_ns)
        frames.blobs.append(blob)
        if is_whole:
            self._whole, self._since_whole = len(frames) - 1, 0
            self._bids, self._asks = {}, {}
        self._since_whole += 1

    def first(self, at_ns: int, snapshot: Book) -> None:
        """Keep a symbol's first snapshot, if it is that."""
        if self._frames.first_ns == BEFORE:
            self._frames.first_ns = at_ns
            self._frames.first_blob = self._pack(snapshot, snapshot.bids.sizes, snapshot.asks.sizes)

    def _pack(self, book: Book, bids: dict[str, str], asks: dict[str, str]) -> int:
        frame = _Frame(book.last_id, book.time_ms, book.depth, book.is_broken, bids, asks)
        return self._write(self._packer.compress(_encode(frame)))


def _book(frame: _Frame, bids: dict[str, str], asks: dict[str, str]) -> Book:
    book = Book()
    book.bids.replace(bids.items())
    book.asks.replace(asks.items())
    book.last_id, book.time_ms = frame.last_id, frame.time_ms
    book.depth, book.is_broken = frame.depth, frame.is_broken
    return book
