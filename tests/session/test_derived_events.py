import json

import pytest

from replayx.market.codec import Fact
from replayx.market.events import BookSnapshot, FeedKind, MarketFeed
from replayx.market.history import MarketHistory
from replayx.session.derived_streams import DerivedStreams
from replayx.session.venue_clock import VenueClock
from tests.session.naive_market import (
    MS,
    SPOT,
    T0,
    at,
    delta,
    quiet,
    tape,
    told_by,
    trade,
    trades,
)


def test_best_quotes_stand_behind_the_difference_that_changes_them():
    rows = [
        (at(0), 1, delta(1, 2, T0, bids=[("9.0", "1.0")], asks=[("11.0", "2.0")])),
        (at(10), 1, delta(3, 3, T0, bids=[("8.0", "1.0")])),
        (at(20), 1, delta(4, 6, T0, asks=[("10.5", "3.0")])),
    ]
    assert told_by(tape(rows), "abc@bookTicker") == [
        (0, False, "abc@bookTicker", _top(2, "9.0", "1.0", "11.0", "2.0")),
        (2, False, "abc@bookTicker", _top(6, "9.0", "1.0", "10.5", "3.0")),
    ]


def _top(u, *quotes):
    return {"u": u, "s": "ABC", **dict(zip("bBaA", quotes, strict=True))}


def test_a_group_is_told_behind_its_last_trade():
    rows = trades((0, "5"), (0, "5"), (0, "6"), (7, "6"))
    told = told_by(tape(rows), "abc@aggTrade")
    assert [(k, behind, one["a"], one["f"], one["l"]) for k, behind, _, one in told] == [
        (1, False, 100, 100, 101),
        (2, False, 101, 102, 102),
        (3, False, 102, 103, 103),
    ]
    assert [one["q"] for *_, one in told] == ["2.00000000", "1.00000000", "1.00000000"]


@pytest.mark.parametrize(
    ("cut", "places"),
    [
        (1, [(1, False), (2, False)]),  # the group goes on in the next chunk
        (2, [(2, True), (2, False)]),  # it turns out to be over
    ],
)
def test_a_group_open_at_the_end_of_a_chunk_is_told_in_the_next(cut, places):
    rows = trades((0, "5"), (0, "5"), (0, "6"))
    told = told_by(tape(rows, [cut]), "abc@aggTrade")
    assert [one[:2] for one in told] == places
    assert [one["l"] for *_, one in told] == [101, 102]


def test_a_group_is_told_once_though_nothing_is_traded_for_long():
    rows = [*trades((0, "5")), *quiet(10, 20, 30), *trades((0, "5"), (40, "6"))[1:]]
    told = told_by(tape(rows, [1, 2, 3]), "abc@aggTrade")
    assert [(k, is_before, one["l"]) for k, is_before, _, one in told] == [
        (1, True, 100),
        (4, False, 101),
    ]


def test_slower_differences_join():
    rows = [
        (at(100), 1, delta(1, 2, T0, bids=[("9.0", "1.0")])),
        (at(200), 1, delta(3, 5, T0, bids=[("9.0", "2.0")], asks=[("11.0", "1.0")])),
        (at(1_000), 1, delta(6, 6, T0, bids=[("9.0", "0")])),
        (at(2_500), 1, delta(7, 7, T0)),
    ]
    told = told_by(tape(rows), "abc@depth")
    assert [(k, is_before, one["U"], one["u"]) for k, is_before, _, one in told] == [
        (2, True, 1, 5),
        (3, True, 6, 6),
        (3, False, 7, 7),  # the tape is over
    ]
    assert told[0][3]["b"] == [["9.0", "2.0"]]
    assert told[0][3]["E"] == T0 + 1_000


def test_candles_close_once_each_also_where_nothing_was_traded():
    rows = [
        *trades((100, "5"), (1_900, "6")),
        *quiet(2_300, 5_300),
    ]
    told = told_by(tape(rows), "abc@kline_1s")
    assert [(k, one["k"]["t"] - T0, one["k"]["x"], one["k"]["n"]) for k, _, _, one in told] == [
        (1, 0, True, 1),
        (2, 1_000, True, 1),
        (3, 2_000, True, 0),
        (3, 3_000, True, 0),
        (3, 4_000, True, 0),
    ]
    assert [one["k"]["c"] for *_, one in told] == ["5", "6", "6", "6", "6"]
    assert all(is_before for _, is_before, _, _ in told)


def test_a_candle_waits_for_trades_that_come_late():
    """The last trade of a minute arrives 200 ms after its end, behind one of the next minute."""
    rows = [
        (at(59_000), 0, trade(1, T0 + 59_000, "5")),
        (at(60_150), 0, trade(2, T0 + 59_990, "6")),
        (at(60_200), 0, trade(3, T0 + 60_100, "7")),
        *quiet(60_260, 62_260),
    ]
    told = [(k, one["k"]) for k, _, _, one in told_by(tape(rows), "abc@kline_1m")]
    assert [(k, one["t"] - T0, one["x"], one["L"]) for k, one in told] == [
        (3, 0, True, 2),
        (3, 60_000, False, 3),
    ]


def test_shifted_candles_are_on_the_grid_of_the_clients_time():
    rows = [*trades((59_000, "5"), (61_000, "6")), *quiet(95_000)]
    told = told_by(tape(rows), "abc@kline_1m", clock=VenueClock(shift_ms=30_000))
    assert [(one["k"]["t"] - T0, one["k"]["x"], one["k"]["n"]) for *_, one in told] == [
        (60_000, False, 1),
        (60_000, True, 2),
    ]
    assert told[0][3]["E"] == T0 + 91_000


def test_the_venues_clock_decides_what_is_a_beat():
    rows = [*trades((0, "5")), *quiet(500, 1_000)]
    (told,) = told_by(tape(rows), "abc@miniTicker", clock=VenueClock(500 * MS))
    assert (told[0], told[3]["E"]) == (1, T0 + 1_000)


def _snapshot(ms, last_id, bid, ask):
    feed = MarketFeed(FeedKind.BOOK_SNAPSHOT, "ABC", levels=100)
    return Fact(
        at(ms), feed, lambda: [BookSnapshot("ABC", last_id, ((bid, "1.0"),), ((ask, "1.0"),))]
    )


def test_best_quotes_are_the_markets_also_where_differences_are_missing():
    def changed(ms, number, price):
        return (at(ms), 1, delta(number, number, T0 + ms, bids=[(price, "2.0")]))

    rows = [
        changed(10, 11, "9.1"),
        changed(20, 12, "9.2"),
        changed(30, 15, "9.0"),  # two are missing
        changed(8_000, 16, "8.5"),  # an answer has told the book since
        changed(8_010, 17, "8.6"),
    ]
    source = tape(rows)
    facts = [_snapshot(0, 10, "9.0", "10.0"), _snapshot(7_000, 15, "8.0", "10.5")]
    history = MarketHistory("binance-spot", [source], SPOT, facts)
    history.build()
    insert = DerivedStreams("binance-spot", SPOT, [source], history).insert(["abc@bookTicker"])
    (chunk,) = source.batches(0)
    told = {one.k: json.loads(one.payload) for one in insert(0, chunk)}
    assert {k: (one["u"], one["b"], one["a"]) for k, one in told.items()} == {
        0: (11, "9.1", "10.0"),
        1: (12, "9.2", "10.0"),
        3: (16, "8.5", "10.5"),
        4: (17, "8.6", "10.5"),
    }
    for k, one in told.items():
        top = history.at(chunk.at[k]).top("ABC")
        assert (one["u"], one["b"], one["a"]) == (top.last_id, top.bid, top.ask)
