from functools import partial

from replayx.limits import BOOKS_KEPT_COUNT
from replayx.market.codec import Fact
from replayx.market.events import BookSnapshot, FeedKind, MarketFeed
from tests.market.fake_codec import delta
from tests.market.test_history import history
from tests.tapes import channel, source

SECOND = 1_000_000_000


def fact(at_ns, last_id, levels, asked):
    feed = MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=asked)
    snapshot = BookSnapshot("X", last_id, tuple((str(99 - k), "1") for k in range(levels)), ())
    return Fact(at_ns, feed, partial(list, [snapshot]))


def test_without_deltas_the_deepest_answer_that_is_enough_counts():
    made = history([], [fact(1, 5, 5, 5), fact(2, 6, 50, 50), fact(3, 7, 5, 5)])
    books = [made.at(3).book("X", levels) for levels in (3, 20, 100)]
    assert [(one.last_id, len(one.bids)) for one in books] == [(7, 3), (6, 20), (6, 50)]
    assert made.at(2).book("X", 5).last_id == 6


def test_a_stream_of_best_levels_is_a_book():
    rows = [(1, 0, b"7 9:1,8:1 11:1"), (2, 0, b"8 9:2,8:1 11:1")]
    made = history([source([channel(0, "x@partial")], rows)])
    book = made.at(2).book("X", 1)
    assert (book.last_id, book.bids, book.asks) == (8, (("9", "2"),), (("11", "1"),))
    assert made.at(1).top("X").bid_quantity == "1"
    assert made.at(0).book("X", 1) is None


def test_best_levels_are_better_than_a_book_without_a_snapshot():
    rows = [
        (1, 1, delta(5, 6, [("3", "1")])),
        (2, 0, b"7 9:1 11:1"),
        (3, 1, delta(7, 8, [("4", "1")])),
    ]
    made = history([source([channel(0, "x@partial"), channel(1, "x@delta")], rows)])
    assert [made.at(at).book("X", 5).bids for at in (1, 2, 3)] == [
        (("3", "1"),), (("9", "1"),), (("4", "1"), ("3", "1"))]  # fmt: skip


def test_an_answer_before_the_first_message_counts_before_it():
    rows = [(30 * SECOND, 0, delta(6, 6, [("98", "0")]))]
    made = history([source([channel(0, "x@delta")], rows)], [fact(15 * SECOND, 5, 2, 5)])
    found = [made.at(at * SECOND).book("X", 5) for at in (4, 5, 15, 29, 30)]
    assert found[0] is None
    assert [one.bids for one in found[1:4]] == [(("99", "1"), ("98", "1"))] * 3
    assert found[4].bids == (("99", "1"),)


def test_what_one_reads_is_not_what_is_kept():
    symbols = [f"s{number}" for number in range(BOOKS_KEPT_COUNT + 2)]
    channels = [channel(number, f"{name}@delta") for number, name in enumerate(symbols)]
    rows = [(1 + k, k, delta(1, 1, [(str(k + 1), "1")])) for k in range(len(symbols))]
    made = history([source(channels, rows)])
    view = made.at(999)
    for _ in range(2):
        found = [view.book(name.upper(), 5).bids for name in symbols]
        assert found == [((str(k + 1), "1"),) for k in range(len(symbols))]
    state = made.state_before(0, 0, "S0")
    assert state.book.last_id == -1
    assert state.open_group is None


def test_a_snapshot_within_a_delta_is_the_book_behind_it():
    rows = [
        (5 * SECOND, 0, delta(3, 5, [("98", "9")])),
        (7 * SECOND, 0, delta(6, 9, [("97", "3")])),
        (8 * SECOND, 0, delta(10, 10, [("96", "4")])),
    ]
    made = history([source([channel(0, "x@delta")], rows)], [fact(6 * SECOND, 7, 2, 5)])
    found = [made.at(at * SECOND) for at in (5, 6, 7)]
    books = [one.book("X", 5) for one in found]
    assert [one.last_id for one in books] == [9, 9, 9]
    assert {one.bids for one in books} == {(("99", "1"), ("98", "1"), ("97", "3"))}
    assert [one.top("X").last_id for one in found] == [9, 9, 9]
    assert made.at(8 * SECOND).book("X", 5).last_id == 10
