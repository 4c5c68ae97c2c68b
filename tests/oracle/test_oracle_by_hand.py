"""The oracle against answers worked out by hand."""

import json
from decimal import Decimal

import pytest

from tests.oracle.intervals import bounds
from tests.oracle.market import Oracle
from tests.oracle.told import read

DAY = 86_400_000


def trade(at_ns, number, time_ms, price, quantity, *, maker=False):
    data = {"e": "trade", "t": number, "T": time_ms, "p": price, "q": quantity, "m": maker}
    return line(at_ns, "xusdt@trade", data)


def line(at_ns, stream, data):
    raw = json.dumps({"stream": stream, "data": data})
    return {"t": at_ns, "src": "ws", "ev": "msg", "stream": stream, "raw": raw}


def depth(at_ns, first, last, bids, asks):
    return line(at_ns, "xusdt@depth@100ms", {"U": first, "u": last, "b": bids, "a": asks})


def snapshot(at_ns, last, bids, asks):
    raw = json.dumps({"lastUpdateId": last, "bids": bids, "asks": asks})
    url = "https://api.binance.com/api/v3/depth?symbol=XUSDT&limit=1000"
    return {"t": at_ns, "src": "rest", "url": url, "status": 200, "raw": raw}


def at(lines, position_ns):
    ((_, symbols),) = Oracle(read(lines)).instants([position_ns])
    return symbols["XUSDT"]


@pytest.mark.parametrize(
    ("interval", "time_ms", "zone_ms", "start_ms", "end_ms"),
    [
        ("1m", 60_001, 0, 60_000, 119_999),
        ("3d", 4 * DAY, 0, 3 * DAY, 6 * DAY - 1),
        ("1w", 3 * DAY, 0, -3 * DAY, 4 * DAY - 1),
        ("1w", 4 * DAY, 0, 4 * DAY, 11 * DAY - 1),
        ("1M", 40 * DAY, 0, 31 * DAY, 59 * DAY - 1),
        ("1d", 0, 8 * 3_600_000, -8 * 3_600_000, 16 * 3_600_000 - 1),
    ],
)
def test_a_candle_lies_on_its_grid(interval, time_ms, zone_ms, start_ms, end_ms):
    assert bounds(interval, time_ms, zone_ms) == (start_ms, end_ms)


def test_candles_aggregate_trades_and_are_flat_between():
    lines = [
        trade(1, 7, 1_000, "10.0", "1"),
        trade(2, 8, 1_500, "12.0", "2", maker=True),
        trade(3, 9, 4_000, "9.5", "4"),
    ]
    rows = at(lines, 3).candles("1s", 5_200, 10)
    told = [(row.start_ms, row.open, row.high, row.low, row.close, row.count) for row in rows]
    assert told == [
        (1_000, "10.0", "12.0", "10.0", "12.0", 2),
        (2_000, "12.0", "12.0", "12.0", "12.0", 0),
        (3_000, "12.0", "12.0", "12.0", "12.0", 0),
        (4_000, "9.5", "9.5", "9.5", "9.5", 1),
        (5_000, "9.5", "9.5", "9.5", "9.5", 0),
    ]
    assert (rows[0].volume, rows[0].cost) == (Decimal(3), Decimal(34))
    assert (rows[0].taker_volume, rows[0].taker_cost) == (Decimal(1), Decimal(10))
    assert at(lines, 3).candles("1s", 5_200, 2) == rows[-2:]
    assert at(lines, 3).candles("1s", 5_200, 2, start_ms=1_001) == rows[1:3]
    assert at(lines, 3).candles("1s", 5_200, 2, end_ms=3_999) == rows[1:3]


def test_nothing_received_later_is_known():
    lines = [
        trade(1, 7, 1_000, "10", "1"),
        trade(2, 8, 1_000, "10", "1"),
        trade(3, 9, 1_000, "11", "1"),
    ]
    assert [one.id for one in at(lines, 1).trades] == [7]
    assert at(lines, 1).agg_trades() == []  # not whole yet
    assert [[m.id for m in group.members] for group in at(lines, 2).agg_trades()] == [[7, 8]]
    assert [group.id for group in at(lines, 3).agg_trades()] == [7, 8]


def test_a_book_joins_its_snapshot():
    lines = [
        depth(1, 1, 4, [["9", "1"]], []),
        depth(2, 5, 6, [["8", "0"]], [["11", "3"]]),
        snapshot(3, 5, [["8", "2"], ["7", "1"]], [["10", "1"]]),
        depth(4, 7, 9, [["7.5", "1"]], [["10", "0"]]),
    ]
    # The snapshot lies within the second difference, so the book is the one behind that.
    for position_ns in (1, 2, 3):
        book = at(lines, position_ns).book
        assert (book.last, *book.levels(5)) == (6, [("7", "1")], [("10", "1"), ("11", "3")])
    book = at(lines, 4).book
    assert (book.last, *book.levels(1)) == (9, [("7.5", "1")], [("11", "3")])
    assert book.gaps == 0
