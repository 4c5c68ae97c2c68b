"""Whoever follows a shocked book by the published rule, from any snapshot, has it exactly."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.events import UNLINKED, BookDelta, BookSnapshot
from replayx.market.market_view import Increments
from replayx.market.shocked_book import ShockedBook, shown

GRID = Grid.of(Increments("0.1", "0.01"))
LOW = Distortion.of_prices(Fraction(9, 10), size=Fraction(1, 3))
CROSSED = Distortion(bid=Fraction(3))


def price(ticks):
    return f"{ticks // 10}.{ticks % 10}"


DISTORTIONS = st.one_of(
    st.builds(
        Distortion.of_prices, st.fractions(Fraction(1, 5), 3, max_denominator=40),
        size=st.fractions(Fraction(1, 9), 1, max_denominator=9),
    ),
    st.sampled_from([NONE, LOW, CROSSED, Distortion(has_asks=False), Distortion(has_bids=False)]),
)  # fmt: skip


@st.composite
def markets(draw):
    """Draw changes of a book that is never crossed, one an id, and a timetable by ids."""
    changes = []
    for _ in range(draw(st.integers(2, 30))):
        is_bid = draw(st.booleans())
        ticks = draw(st.integers(100, 120) if is_bid else st.integers(121, 140))
        size = draw(st.sampled_from(["0.00", "0.01", "1.50", "2.00"]))
        changes.append((is_bid, price(ticks), size))
    starts = draw(st.lists(st.integers(0, len(changes) + 1), max_size=5))
    return changes, Timetable((start, draw(DISTORTIONS)) for start in sorted(starts))


def book_at(changes, last_id):
    """Return both sides as recorded."""
    sides = {True: {"10.0": "5.00"}, False: {"14.0": "5.00"}}
    for is_bid, where, size in changes[:last_id]:
        sides[is_bid][where] = size
    bids, asks = (
        tuple(sorted(((p, s) for p, s in sides[is_bid].items() if float(s)),
                     key=lambda level: float(level[0]), reverse=is_bid))
        for is_bid in (True, False)
    )  # fmt: skip
    return BookSnapshot("X", last_id, bids, asks)


def expected_at(changes, table, last_id):
    book, distortion = book_at(changes, last_id), table.at(last_id)
    return tuple(
        dict(shown(GRID, distortion, levels, is_bid=is_bid))
        for levels, is_bid in ((book.bids, True), (book.asks, False))
    )


def deltas(changes, cuts, *, is_linked):
    """Yield differences that end at the cuts; each tells a price once."""
    first = 0
    for last in [*sorted(set(cuts) - {0, len(changes)}), len(changes)]:
        sides = {True: {}, False: {}}
        for is_bid, where, size in changes[first:last]:
            sides[is_bid][where] = size
        yield BookDelta(
            "X", first + 1, last, tuple(sides[True].items()), tuple(sides[False].items()), last,
            first if is_linked else UNLINKED,
        )  # fmt: skip
        first = last


@given(markets(), st.data(), st.booleans())
def test_a_follower_has_the_book_of_every_id(market, data, is_linked):
    changes, table = market
    cuts = data.draw(st.lists(st.integers(1, len(changes)), max_size=8))
    book = ShockedBook(GRID, table, book_at(changes, 0))
    told = [book.told(one) for one in deltas(changes, cuts, is_linked=is_linked)]
    for start in range(len(changes)):
        sides = tuple(map(dict, expected_at(changes, table, start)))
        for delta in told:
            if delta.last_id <= start:
                continue
            for side, levels in zip(sides, (delta.bids, delta.asks), strict=True):
                side.update(levels)
            kept = tuple({p: s for p, s in side.items() if float(s)} for side in sides)
            assert kept == expected_at(changes, table, delta.last_id)


@given(markets(), st.data())
def test_ids_and_times_stay_and_what_is_not_shocked_is_the_same(market, data):
    changes, table = market
    cuts = data.draw(st.lists(st.integers(1, len(changes)), max_size=8))
    book = ShockedBook(GRID, table, book_at(changes, 0))
    for delta in deltas(changes, cuts, is_linked=True):
        told = book.told(delta)
        assert (told.first_id, told.last_id, told.previous_id, told.time_ms) == (
            delta.first_id, delta.last_id, delta.previous_id, delta.time_ms,
        )  # fmt: skip
        if table.over(delta.previous_id, delta.last_id) == [NONE]:
            assert told is delta


def test_a_step_takes_away_the_old_levels_and_sets_the_new():
    table = Timetable([(1, Distortion.of_prices(Fraction(1, 2))), (2, NONE)])
    book = ShockedBook(GRID, table, BookSnapshot("X", 0, (("10.0", "1.00"),), (("11.0", "2.00"),)))
    quiet, fell, rose = (
        book.told(BookDelta("X", n, n, (), (("11.0", f"{n}.00"),), n)) for n in (1, 2, 3)
    )
    assert (quiet.bids, quiet.asks) == ((), (("11.0", "1.00"),))
    assert fell.bids == (("10.0", "0.00"), ("5.0", "1.00"))
    assert fell.asks == (("5.5", "2.00"), ("11.0", "0.00"))
    assert rose.bids == (("10.0", "1.00"), ("5.0", "0.00"))
    assert rose.asks == (("5.5", "0.00"), ("11.0", "3.00"))


def test_missing_differences_are_made_up_for_by_loading():
    book = ShockedBook(GRID, Timetable([(0, LOW)]), None)
    late = BookDelta("X", 9, 9, (("10.0", "3.00"),), (), 9)
    assert not book.joins(late)
    book.load(BookSnapshot("X", 8, (("10.1", "3.00"),), ()))
    assert book.joins(late)
    assert book.told(late).bids == (("9.0", "1.00"),)


def test_levels_that_go_to_one_price_have_the_size_of_the_best():
    half = Distortion.of_prices(Fraction(1, 2))
    bids = (("10.3", "3.00"), ("10.2", "2.00"), ("10.1", "1.00"))
    assert shown(GRID, half, bids, is_bid=True) == (("5.1", "3.00"), ("5.0", "1.00"))
    asks = (("10.1", "1.00"), ("10.2", "2.00"), ("10.3", "3.00"))
    assert shown(GRID, half, asks, is_bid=False) == (("5.1", "1.00"), ("5.2", "3.00"))
