"""depth_gap: whoever follows the published rule has to start over, and knows it."""

import pytest

from replayx.faults.toxics.depth_gap import DepthGap
from replayx.market.book import Book
from replayx.market.events import UNLINKED, BookDelta, BookSnapshot
from tests.faults.toxics.test_market_gap import DEPTH, TRADE, missing


@pytest.mark.parametrize("is_linked", [False, True])
def test_the_next_difference_does_not_join(is_linked):
    deltas = [
        BookDelta("X", n, n, (), (), 0, n - 1 if is_linked else UNLINKED) for n in range(1, 6)
    ]
    gone = missing(DepthGap(of_every=4), [DEPTH] * len(deltas))
    book = Book()
    book.load(BookSnapshot("X", 0, (), ()))
    broken = []
    for k, delta in enumerate(deltas):
        if k not in gone:
            book.apply(delta)
        broken.append(book.is_broken)
    assert gone == [3]
    assert broken == [False, False, False, False, True]


def test_trades_are_all_there():
    assert missing(DepthGap(), [TRADE] * 5) == []
