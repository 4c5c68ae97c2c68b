import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.book import ZEROS, Book, Side, are_decimals, is_decimal
from replayx.market.events import UNLINKED, BookDelta, BookSnapshot


def delta(first, last, bids=(), asks=(), *, previous=UNLINKED):
    return BookDelta("X", first, last, tuple(bids), tuple(asks), last * 10, previous)


def loaded(last_id=10, bids=(("9", "1"), ("8", "1")), asks=(("11", "1"), ("12", "1"))):
    book = Book()
    book.load(BookSnapshot("X", last_id, bids, asks), depth=5)
    return book


def test_levels_are_sorted_as_numbers_and_read_as_given():
    book = Book()
    book.load(BookSnapshot("X", 1, (("9.50", "1"), ("10.00", "2")), (("100.0", "3"), ("20", "4"))))
    assert book.levels(5) == ((("10.00", "2"), ("9.50", "1")), (("20", "4"), ("100.0", "3")))
    assert book.levels(1) == ((("10.00", "2"),), (("20", "4"),))
    assert book.best() == (("10.00", "2"), ("20", "4"))


@pytest.mark.parametrize("zero", ["0", "0.0", "0.00000000", "0.000"])
def test_a_size_of_zero_removes_a_level_however_it_is_padded(zero):
    book = loaded()
    book.best()
    book.apply(delta(11, 11, [("9", zero)], [("11", zero), ("12", "7")]))
    assert book.best() == (("8", "1"), ("12", "7"))
    assert book.levels(9) == ((("8", "1"),), (("12", "7"),))


@pytest.mark.parametrize(
    ("one", "last_id", "is_old", "is_broken"),
    [
        (delta(9, 10), 10, True, False),
        (delta(9, 11), 11, False, False),
        (delta(11, 12), 12, False, False),
        (delta(12, 13), 13, False, True),
        (delta(30, 31, previous=10), 31, False, False),
        (delta(8, 31, previous=7), 31, False, False),
        (delta(30, 31, previous=11), 31, False, True),
    ],
)
def test_the_rule_of_ids(one, last_id, is_old, is_broken):
    book = loaded()
    assert (book.apply(one) is None) == is_old
    assert (book.last_id, book.is_broken) == (last_id, is_broken)
    assert book.is_known != is_broken


def test_a_book_without_a_snapshot_holds_what_was_told_and_says_so():
    book = Book()
    book.apply(delta(5, 6, [("9", "1")]))
    book.apply(delta(7, 8, [], [("11", "1")]))
    assert not book.is_known
    assert not book.is_broken
    assert book.snapshot("X", 5) == BookSnapshot("X", 8, (("9", "1"),), (("11", "1"),), 80)
    book.load(BookSnapshot("X", 7, (("8", "1"),), ()), depth=5)
    assert book.is_known
    assert book.best() == (("8", "1"), None)


def test_what_a_newer_delta_contradicts_after_a_gap_goes():
    book = loaded()
    removed = book.apply(delta(20, 21, [("11.5", "2"), ("10", "1")], []))
    assert removed == [("11", "0")]
    assert book.best() == (("11.5", "2"), ("12", "1"))
    # Both sides told at once: nothing that was just told goes.
    assert book.apply(delta(22, 22, [("7", "2")], [("7.5", "1"), ("13", "0")])) == [
        ("11.5", "0"), ("10", "0"), ("9", "0"), ("8", "0")]  # fmt: skip
    assert book.levels(9) == ((("7", "2"),), (("7.5", "1"), ("12", "1")))


def test_top_has_empty_texts_where_a_side_is_empty():
    book = loaded(bids=())
    top = book.top("X")
    assert (top.last_id, top.bid, top.bid_quantity) == (10, "", "")
    assert (top.ask, top.ask_quantity) == ("11", "1")


@pytest.mark.parametrize("price", ["", "abc", "1.2.3", "-5", "1e5"])
def test_what_is_no_price_is_no_level(price):
    for is_tracked in (False, True):
        book = loaded()
        if is_tracked:
            book.best()
        book.apply(delta(11, 11, [(price, "1"), ("8.5", "1")], [(price, "1")]))
        if price not in ("-5", "1e5"):  # floats, though no venue's texts
            assert book.levels(9) == (
                (("9", "1"), ("8.5", "1"), ("8", "1")), (("11", "1"), ("12", "1")))  # fmt: skip
            assert book.best() == (("9", "1"), ("11", "1"))
        book.apply(delta(20, 20, [(price, "1")], [(price, "1"), ("10", "1")]))
        assert book.best()[0] == ("9", "1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("0.10", True), (".5", True), ("", False), ("1e5", False), ("-1", False),
     ("1.2.3", False), ("٣", False), ("nan", False), (" 1", False)],
)  # fmt: skip
def test_what_is_a_decimal(text, expected):
    assert is_decimal(text) == are_decimals([text]) == are_decimals(["1.5", text]) == expected


def test_a_copy_changes_apart():
    book = loaded()
    book.best()
    twin = book.copy()
    twin.apply(delta(11, 11, [("9.5", "3")]))
    assert book.best()[0] == ("9", "1")
    assert twin.best()[0] == ("9.5", "3")
    assert book.last_id == 10


LEVELS = st.lists(
    st.tuples(st.integers(1, 30).map(str), st.sampled_from(["0", "0.00", "1", "2.5"])), max_size=6
)


@given(st.lists(LEVELS, max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_the_best_level_is_that_of_all_levels(updates, asked):
    for sign in (-1, 1):
        side, truth = Side(sign), {}
        for levels, ask in zip(updates, asked, strict=False):
            side.update(levels)
            truth.update(levels)
            held = sorted(
                ((p, s) for p, s in truth.items() if s not in ZEROS),
                key=lambda level: sign * float(level[0]),
            )
            if ask:
                assert side.best() == (held[0] if held else None)
            assert side.levels(3) == tuple(held[:3])


@given(st.lists(st.tuples(st.integers(2, 30), LEVELS, LEVELS), min_size=1, max_size=30))
def test_a_book_is_never_crossed_by_what_was_lost(steps):
    book, last = loaded(), 20  # what came after the snapshot is lost
    for middle, bids, asks in steps:
        # What one delta tells is not crossed in itself.
        low = [level for level in bids if float(level[0]) < middle]
        high = [level for level in asks if float(level[0]) >= middle]
        last += 1
        book.apply(delta(last, last, low, high))
        bid, ask = book.best()
        assert book.is_broken
        assert bid is None or ask is None or float(bid[0]) < float(ask[0])
