from hypothesis import given
from hypothesis import strategies as st

from replayx.market.book import Book
from replayx.market.events import BookDelta, BookSnapshot
from replayx.market.ladder import Ladder

PRICES = st.sampled_from(["7.0", "8.0", "9.0", "10.0"])
SIZES = st.sampled_from(["0", "0.00", "1.0", "2.0"])
LEVELS = st.lists(st.tuples(PRICES, SIZES), max_size=4).map(tuple)
SNAPSHOT = BookSnapshot("S", 10, (("9.0", "1"), ("8.0", "1")), (("11.0", "1"),))


@given(st.lists(st.tuples(LEVELS, LEVELS), max_size=10), st.integers(1, 5))
def test_a_ladder_tells_what_the_book_tells(changes, count):
    book, other = Book(), Book()
    book.load(SNAPSHOT)
    other.load(SNAPSHOT)
    ladder = Ladder(other)
    assert ladder.snapshot("S", count) == book.snapshot("S", count)
    for number, (bids, asks) in enumerate(changes):
        higher = tuple((f"1{price}", size) for price, size in asks)
        delta = BookDelta("S", 11 + number, 11 + number, bids, higher, number)
        book.apply(delta)
        ladder.apply(delta)
        assert ladder.snapshot("S", count) == book.snapshot("S", count)


def test_a_ladder_knows_when_deltas_are_missing():
    book = Book()
    book.load(SNAPSHOT)
    ladder = Ladder(book)
    ladder.apply(BookDelta("S", 9, 10, (("9.0", "0"),), (), 1))
    assert ladder.is_known
    ladder.apply(BookDelta("S", 13, 13, (), (), 1))
    assert not ladder.is_known
