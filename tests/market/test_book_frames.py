import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from replayx.errors import ReplayxError
from replayx.limits import BOOK_FRAMES_WHOLE_COUNT
from replayx.market.book import ZEROS, Book
from replayx.market.book_frames import BEFORE, WHOLE, BookFrames, BookFrameWriter
from replayx.market.events import BookDelta, BookSnapshot
from replayx.market.market_index import MemoryBlobs


def frames_and_writer():
    blobs = MemoryBlobs()
    frames = BookFrames(blobs.read)
    return blobs, frames, BookFrameWriter(frames, blobs.write)


def state(book):
    return (
        {price: size for price, size in book.bids.sizes.items() if size not in ZEROS},
        {price: size for price, size in book.asks.sizes.items() if size not in ZEROS},
        book.last_id, book.time_ms, book.depth, book.is_broken,
    )  # fmt: skip


PRICES = st.integers(1, 40).map(str)
STEPS = st.lists(
    st.tuples(st.dictionaries(PRICES, st.sampled_from(["0.0", "1", "2"]), max_size=4),
              st.dictionaries(PRICES, st.sampled_from(["0.0", "1", "2"]), max_size=4),
              st.integers(1, 2)),
    min_size=1, max_size=3 * BOOK_FRAMES_WHOLE_COUNT,
)  # fmt: skip


@given(STEPS, st.integers(1, 40))
def test_every_frame_is_the_book_as_it_was(steps, levels):
    _, frames, writer = frames_and_writer()
    book, expected = Book(), []
    bids = tuple((str(price), "5") for price in range(1, levels))
    book.load(BookSnapshot("X", 1, bids, ()), depth=5)
    writer.add(0, 7, book, is_new=True)
    expected.append(state(book))
    for number, (bids, asks, step) in enumerate(steps, 1):
        last = book.last_id + step
        book.apply(BookDelta("X", last, last, tuple(bids.items()), tuple(asks.items()), last))
        # The book is broken at times, and then drops more than it was told.
        everything = dict.fromkeys(map(str, range(1, 41)))
        writer.change(sizes(book.bids, everything), sizes(book.asks, everything))
        writer.add(number, BEFORE, book)
        expected.append(state(book))
    assert [state(frames.book(number)) for number in range(len(frames))] == expected
    assert all(frames.whole[one] in (WHOLE, *range(one)) for one in range(len(frames)))


def sizes(side, told):
    return {price: side.sizes.get(price, "0") for price in told}


def test_a_frame_is_found_by_segment_and_time():
    _, frames, writer = frames_and_writer()
    for segment, at_ns in ((0, 50), (1, BEFORE), (3, BEFORE), (3, 70), (3, 80), (4, BEFORE)):
        writer.add(segment, at_ns, Book())
    places = [
        (-1, 99),
        (0, 49),
        (0, 50),
        (1, 1),
        (2, 60),
        (3, 69),
        (3, 70),
        (3, 99),
        (4, 1),
        (9, 1),
    ]
    assert [frames.find(*place) for place in places] == [-1, -1, 0, 1, 1, 2, 3, 4, 5, 5]


def test_the_first_snapshot_is_told_a_little_ahead():
    _, frames, writer = frames_and_writer()
    assert frames.first(0, 10) is None
    for at_ns, last_id in ((100, 7), (200, 8)):
        book = Book()
        book.load(BookSnapshot("X", last_id, (("1", "1"),), ()), depth=5)
        writer.first(at_ns, book)
    assert [frames.first(at, 10) is not None for at in (89, 90, 99)] == [False, True, True]
    assert frames.first(95, 10).last_id == 7


def test_what_was_packed_is_unpacked():
    blobs, frames, writer = frames_and_writer()
    for segment in range(5):
        writer.add(segment, BEFORE, Book())
    again = BookFrames(blobs.read)
    again.unpack(frames.packed(), len(blobs))
    assert [again.find(one, 5) for one in range(6)] == [0, 1, 2, 3, 4, 4]
    with pytest.raises(ValueError, match="not there"):
        BookFrames(blobs.read).unpack(frames.packed(), 2)
    with pytest.raises(ValueError, match="unequal"):
        BookFrames(blobs.read).unpack([frames.packed()[0][:-4], *frames.packed()[1:]], 5)


@pytest.mark.parametrize("blob", [b"", b"nonsense", zstandard.compress(b"nonsense")])
def test_a_frame_that_is_none_says_where_to_look(blob):
    _, frames, writer = frames_and_writer()
    writer.add(0, BEFORE, Book())
    frames._read = lambda number: blob
    with pytest.raises(ReplayxError, match=r"key-frame that is none[^\0]*\.market"):
        frames.book(0)
