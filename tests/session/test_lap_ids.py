import pytest

from replayx.market.events import (
    AggTrade,
    AveragePrice,
    BookDelta,
    BookSnapshot,
    BookTop,
    Candle,
    Ticker,
)
from replayx.session.lap_ids import LapIds
from replayx.timeline.loop import CounterName, Loop
from replayx.timeline.places import AGG_TRADE_ID, BOOK_ID, TRADE_ID

IDS = LapIds(book=100, trade=10, group=5)
TEXTS = ("1", "1", "1", "1", "1", "1")


def _top(last_id):
    return BookTop("S", last_id, "1", "1", "2", "1")


def _candle(first_id, last_id):
    return Candle("S", 0, 9, *TEXTS, 3, "1", "1", first_id, last_id)


def _ticker(first_id, last_id, top=None):
    return Ticker("S", 0, 9, *TEXTS, first_id, last_id, 3, top=top)


@pytest.mark.parametrize(
    ("event", "moved"),
    [
        (_top(7), _top(107)),
        (BookSnapshot("S", 7, (), ()), BookSnapshot("S", 107, (), ())),
        (BookDelta("S", 7, 8, (), (), 0), BookDelta("S", 107, 108, (), (), 0)),
        (BookDelta("S", 7, 8, (), (), 0, 6), BookDelta("S", 107, 108, (), (), 0, 106)),
        (
            AggTrade("S", 2, "1", "1", 3, 4, 0, True),
            AggTrade("S", 7, "1", "1", 13, 14, 0, True),
        ),
        (_candle(3, 5), _candle(13, 15)),
        (_candle(-1, -1), _candle(-1, -1)),
        (_ticker(3, 5, _top(7)), _ticker(13, 15, _top(107))),
        (_ticker(-1, -1), _ticker(-1, -1)),
        (AveragePrice("S", 5, "1", 0), AveragePrice("S", 5, "1", 0)),
    ],
)
def test_ids_of_a_later_lap_go_on(event, moved):
    assert IDS.moved(event) == moved


def test_each_counter_goes_on_by_what_it_counts():
    kinds = {BOOK_ID: 100, TRADE_ID: 10, AGG_TRADE_ID: 3}
    spans = {CounterName("m", "S", kind): span for kind, span in kinds.items()}
    loop = Loop(0, 1, 9, spans, {})
    assert LapIds.of(loop, 2, "m", "S") == (200, 20, 6)
