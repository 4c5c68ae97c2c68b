from functools import partial

from replayx.market.codec import Fact
from replayx.market.events import BookTop, FeedKind, MarketFeed
from tests.market.fake_codec import top, trade
from tests.market.test_history import history
from tests.tapes import channel, source


def test_the_newest_of_all_sources_and_answers():
    first = source([channel(0, "x@top"), channel(1, "y@trade")],
                   [(1, 0, top(1, 1, 9)), (2, 1, trade(1))], [(6, 1, trade(2))],
                   [(9, 1, trade(3)), (11, 0, top(4, 4, 9))])  # fmt: skip
    second = source([channel(0, "x@top")], [(4, 0, top(2, 2, 9)), (10, 0, b"garbage")])
    answer = BookTop("X", 3, "3", "1", "9", "1")
    fact = Fact(7, MarketFeed(FeedKind.BOOK_TOP, "X"), partial(list, [answer]))
    made = history([first, second], [fact])
    expected = {0: None, 1: 1, 3: 1, 4: 2, 6: 2, 7: 3, 9: 3, 10: 3, 11: 4}
    found = {at: made.at(at).top("X") for at in expected}
    assert {at: one and one.last_id for at, one in found.items()} == expected


def test_a_cut_between_the_messages_of_two_sources():
    first = source([channel(0, "x@top")], [(1, 0, top(1, 1, 9)), (8, 0, top(8, 1, 9))])
    second = source([channel(0, "y@top")], [(2, 0, top(1, 1, 9))], [(5, 0, top(2, 1, 9))])
    made = history([first, second])
    # The first source's chunk goes on in the segments of the second one's chunks.
    assert [made.at(at).top("X").last_id for at in (1, 2, 5, 7, 8)] == [1, 1, 1, 1, 8]
    assert [made.at(at).top("Y") and made.at(at).top("Y").last_id for at in (1, 2, 5, 8)] == [
        None, 1, 2, 2]  # fmt: skip
