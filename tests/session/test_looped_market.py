"""In a later lap a market tells what it told in the first, with later times and ids."""

from replayx.market.events import AggTrade, BookSnapshot, BookTop, Candle, Ticker, Trade
from replayx.session.looped_market import LapView, LoopedHistory
from replayx.timeline.loop import CounterName, Loop

SPANS = {
    CounterName("m", "A", "trade"): 10,
    CounterName("m", "A", "book"): 1000,
    CounterName("m", "A", "agg"): 100,
}
LOOP = Loop(0, 5_000_000, 9, SPANS, {})
TOP = BookTop("A", 7, "1", "2", "3", "4")


class Market:
    """A market that tells what it was asked."""

    now_ms = 5

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        def told(*args, **kwargs):
            self.asked.append((name, args, kwargs))
            return {
                "symbols": ("A",),
                "book": BookSnapshot("A", 7, (), ()),
                "top": TOP,
                "trades": [Trade("A", 1, "1", "1", 5, True)],
                "agg_trades": [AggTrade("A", 1, "1", "1", 2, 3, 5, True)],
                "candles": [
                    Candle("A", 0, 1, "1", "1", "1", "1", "1", "1", 1, "1", "1", 4, 6),
                    Candle("A", 2, 3, "1", "1", "1", "1", "0", "0", 0, "0", "0"),
                ],
                "window": Ticker("A", 0, 1, "1", "1", "1", "1", "1", "1", 4, 6, top=TOP),
                "day": Ticker("A", 0, 1, "1", "1", "1", "1", "0", "0"),
            }.get(name)

        return told


def view(lap=2):
    market = Market()
    return market, LapView(market, "m", LOOP, lap)


def test_ids_are_those_of_the_lap():
    _, lap = view()
    assert lap.book("A", 5).last_id == 2007
    assert lap.top("A").last_id == 2007
    assert [one.id for one in lap.trades("A", 5)] == [21]
    assert [(one.id, one.first_id, one.last_id) for one in lap.agg_trades("A", 5)] == [
        (201, 22, 23)
    ]
    candles = lap.candles("A", "1m", 5)
    assert [(one.first_id, one.last_id) for one in candles] == [(24, 26), (-1, -1)]
    window = lap.window("A", 0)
    assert (window.first_id, window.last_id, window.top.last_id) == (24, 26, 2007)
    assert lap.day("A").first_id == -1
    assert (lap.now_ms, lap.symbols()) == (5, ("A",))
    assert lap.average_price("A") is lap.mark_price("A") is lap.increments("A") is None


def test_ids_asked_for_are_those_of_the_lap():
    market, lap = view()
    lap.trades("A", 5, from_id=25)
    lap.agg_trades("A", 5, from_id=203)
    lap.agg_trades("A", 5, from_id=3)  # of a lap before
    assert [kwargs["from_id"] for _, _, kwargs in market.asked] == [5, 3, 0]


def test_a_position_is_that_place_in_the_first_lap():
    asked = []

    class History:
        market = "m"
        is_built = True

        def feeds(self):
            return ("a feed",)

        def at(self, position_ns, *, shift_ms, now_ms):
            asked.append((position_ns, shift_ms, now_ms))
            return Market()

    history = LoopedHistory(History(), LOOP)
    assert history.is_built
    assert history.feeds() == ("a feed",)
    assert isinstance(history.at(1, shift_ms=3, now_ms=9), Market)
    assert history.at(11_000_000, shift_ms=3, now_ms=9).trades("A", 1)[0].id == 21
    assert asked == [(1, 3, 9), (1_000_000, 13, 9)]
