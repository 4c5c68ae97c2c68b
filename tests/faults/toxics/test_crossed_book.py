"""crossed_book: bids are raised, asks and trades are what they were."""

from fractions import Fraction

from replayx.faults.attributes import Duration, Ratio
from replayx.faults.toxics.crossed_book import CrossedBook
from replayx.market.distortion import NONE, Distortion


def test_bids_are_raised_for_a_while():
    path = CrossedBook(by=Ratio(0.02), lasts=Duration(7)).path()
    assert [tuple(step) for step in path] == [(0, Distortion(bid=Fraction("1.02"))), (7, NONE)]
