"""trade_gap: ten trades are missing unless a plan says otherwise, and no difference of a book."""

from replayx.faults.toxics.trade_gap import TradeGap
from tests.faults.toxics.test_market_gap import DEPTH, TRADE, missing


def test_ids_jump_once():
    assert missing(TradeGap(), [TRADE] * 15) == list(range(10))


def test_ids_jump_again_and_again():
    assert missing(TradeGap(count=2, of_every=4), [TRADE] * 9) == [2, 3, 6, 7]


def test_books_are_whole():
    assert missing(TradeGap(), [DEPTH] * 5) == []
