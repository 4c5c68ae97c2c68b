from functools import partial

from replayx.market.book_frames import BookFrames, BookFrameWriter
from replayx.market.book_pass import BookPass
from replayx.market.codec import Fact
from replayx.market.events import BookDelta, BookSnapshot, FeedKind, MarketFeed
from replayx.market.market_index import MemoryBlobs

FEED = MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=5)
SECOND = 1_000_000_000


def delta(number, bids=(), asks=(), *, first=None):
    return BookDelta("X", first or number, number, tuple(bids), tuple(asks), number)


def passing(*snapshots):
    blobs = MemoryBlobs()
    frames = BookFrames(blobs.read)
    facts = [Fact(at, FEED, partial(list, told)) for at, told in snapshots]
    return frames, BookPass("X", BookFrameWriter(frames, blobs.write), facts)


def snapshot(last_id, bid="9", ask="20"):
    return BookSnapshot("X", last_id, ((bid, "1"),), ((ask, "1"),))


def test_deltas_that_came_before_their_snapshot_belong_to_it():
    _, book_pass = passing((5, [snapshot(11)]))
    book_pass.follow([delta(10, [("9", "7")]), delta(11, [("9", "8")]), delta(12, [("8", "3")])])
    assert not book_pass.book.is_known
    assert book_pass.next_ns() == 5
    book_pass.take_snapshot(0)
    assert book_pass.book.is_known
    assert book_pass.book.levels(5)[0] == (("9", "1"), ("8", "3"))
    assert book_pass.next_ns() is None


def test_a_snapshot_that_joins_nothing_is_better_than_none_and_tried_again_later():
    reads = [(0, [snapshot(5)]), (SECOND - 1, [snapshot(11)]), (SECOND, [snapshot(11)])]
    _, book_pass = passing(*reads)
    book_pass.follow([delta(10, [("8", "7")])])
    book_pass.take_snapshot(0)
    book_pass.follow([delta(11), delta(12)])
    assert book_pass.book.is_broken
    assert book_pass.book.levels(5)[0] == (("9", "1"), ("8", "7"))
    book_pass.take_snapshot(0)
    assert book_pass.book.is_broken, "too soon"
    book_pass.take_snapshot(0)
    assert book_pass.book.is_known


def test_an_answer_that_is_no_snapshot_changes_nothing():
    _, book_pass = passing((0, []))
    book_pass.follow([delta(10, [("8", "7")])])
    book_pass.take_snapshot(0)
    assert book_pass.book.levels(5)[0] == (("8", "7"),)


def test_key_frames_hold_what_a_broken_book_lost():
    frames, book_pass = passing((0, [snapshot(9)]))
    book_pass.take_snapshot(0)
    book_pass.end_segment(0)
    book_pass.follow([delta(30, [("21", "4")]), delta(31, [], [("22", "1")])])
    book_pass.end_segment(1)
    book_pass.end_segment(2)
    assert [(one, frames.segments[one]) for one in range(len(frames))] == [(0, 0), (1, 1), (2, 2)]
    assert frames.book(2).levels(5) == ((("21", "4"), ("9", "1")), (("22", "1"),))
    assert frames.book(2).is_broken
