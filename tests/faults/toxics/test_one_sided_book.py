"""one_sided_book: one side is gone, prices are what they were."""

import pytest

from replayx.faults.attributes import Duration
from replayx.faults.toxics.one_sided_book import OneSidedBook
from replayx.market.distortion import NONE, Distortion


@pytest.mark.parametrize(
    ("missing", "gone"),
    [("bids", Distortion(has_bids=False)), ("asks", Distortion(has_asks=False))],
)
def test_a_side_leaves_and_comes_back(missing, gone):
    path = OneSidedBook(missing=missing, lasts=Duration(7)).path()
    assert [tuple(step) for step in path] == [(0, gone), (7, NONE)]
