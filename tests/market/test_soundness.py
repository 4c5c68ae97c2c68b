import pytest

from replayx.market.events import BookDelta, BookTop, Candle, MarkPrice, Trade
from replayx.market.soundness import sound

BIG = 1 << 63
GOOD = Trade("X", 1, "1.5", "2", 3, True)


def candle(close="1", start_ms=0):
    return Candle("X", start_ms, 59_999, "1", "1", "1", close, "1", "1", 1, "1", "1")


def test_events_that_are_sound_are_passed_on_as_they_are():
    for events in ([GOOD, GOOD], [candle()], [BookTop("X", 1, "", "", "1", "1")], []):
        assert sound(events) is events
    mark = MarkPrice("X", "?", "?", "?", "?", BIG, BIG)
    assert sound([None, mark, GOOD]) == [None, mark, GOOD]


@pytest.mark.parametrize(
    "event",
    [
        Trade("X", BIG, "1.5", "2", 3, True),
        Trade("X", 1, "1.5", "2", BIG, True),
        Trade("X", -2, "1.5", "2", 3, True),
        Trade("X", 1, "abc", "2", 3, True),
        Trade("X", 1, "1", "1e5", 3, True),
        BookDelta("X", 1, BIG, (), (), 0),
        candle(close=""),
        candle(start_ms=BIG),
    ],
)
def test_others_are_left_out(event):
    assert sound([event]) == [None]
    assert sound([GOOD, event, None, GOOD]) == [GOOD, None, None, GOOD]
    assert sound([event, event]) == [None, None]
