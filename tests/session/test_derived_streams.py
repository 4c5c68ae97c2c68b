import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.session.derived_streams import DerivedStreams
from replayx.session.venue_clock import VenueClock
from replayx.venues.binance.spot import BinanceSpot
from tests.session.naive_market import (
    DELTAS,
    MS,
    TRADES,
    NaiveHistory,
    delta,
    tape,
    trade,
)

SPOT = BinanceSpot()
T0 = 1_699_999_980_000  # on the grid of a minute
EVERYTHING = (
    "abc@aggTrade",
    "abc@avgPrice",
    "abc@bookTicker",
    "abc@depth",
    "abc@depth10",
    "abc@depth5@100ms",
    "abc@kline_1m",
    "abc@kline_1s",
    "abc@miniTicker",
    "abc@ticker",
    "abc@ticker_1h",
)


def _streams(source, *, clock=None):
    streams = DerivedStreams("binance-spot", SPOT, [source], NaiveHistory(source, SPOT))
    streams.follow(clock or VenueClock())
    return streams


def _told(source, *names, clock=None):
    """Return (message on the tape, is_before, channel, payload) of all that is derived."""
    insert = _streams(source, clock=clock).insert(names)
    told, done = [], 0
    for batch in source.batches(0):
        for one in insert(0, batch):
            told.append((done + one.k, one.is_before, one.channel, json.loads(one.payload)))
        done += batch.count
    return told


def _at(ms):
    return (T0 + ms) * MS


def _trades(*rows):
    """Return rows of trades (ms after T0, price); ids count from 100."""
    return [(_at(ms), 0, trade(100 + i, T0 + ms, price)) for i, (ms, price) in enumerate(rows)]


def _quiet(*times_ms):
    return [(_at(ms), 2, b"{}") for ms in times_ms]


def test_best_quotes_stand_behind_the_difference_that_changes_them():
    rows = [
        (_at(0), 1, delta(1, 2, T0, bids=[("9.0", "1.0")], asks=[("11.0", "2.0")])),
        (_at(10), 1, delta(3, 3, T0, bids=[("8.0", "1.0")])),
        (_at(20), 1, delta(4, 6, T0, asks=[("10.5", "3.0")])),
    ]
    assert _told(tape(rows), "abc@bookTicker") == [
        (0, False, "abc@bookTicker", _top(2, "9.0", "1.0", "11.0", "2.0")),
        (2, False, "abc@bookTicker", _top(6, "9.0", "1.0", "10.5", "3.0")),
    ]


def _top(u, *quotes):
    return {"u": u, "s": "ABC", **dict(zip("bBaA", quotes, strict=True))}


def test_a_group_is_told_behind_its_last_trade():
    rows = _trades((0, "5"), (0, "5"), (0, "6"), (7, "6"))
    told = _told(tape(rows), "abc@aggTrade")
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
    rows = _trades((0, "5"), (0, "5"), (0, "6"))
    told = _told(tape(rows, [cut]), "abc@aggTrade")
    assert [one[:2] for one in told] == places
    assert [one["l"] for *_, one in told] == [101, 102]


def test_a_group_is_told_once_though_nothing_is_traded_for_long():
    rows = [*_trades((0, "5")), *_quiet(10, 20, 30), *_trades((0, "5"), (40, "6"))[1:]]
    told = _told(tape(rows, [1, 2, 3]), "abc@aggTrade")
    assert [(k, is_before, one["l"]) for k, is_before, _, one in told] == [
        (1, True, 100),
        (4, False, 101),
    ]


def test_slower_differences_join():
    rows = [
        (_at(100), 1, delta(1, 2, T0, bids=[("9.0", "1.0")])),
        (_at(200), 1, delta(3, 5, T0, bids=[("9.0", "2.0")], asks=[("11.0", "1.0")])),
        (_at(1_000), 1, delta(6, 6, T0, bids=[("9.0", "0")])),
        (_at(2_500), 1, delta(7, 7, T0)),
    ]
    told = _told(tape(rows), "abc@depth")
    assert [(k, is_before, one["U"], one["u"]) for k, is_before, _, one in told] == [
        (2, True, 1, 5),
        (3, True, 6, 6),
    ]
    assert told[0][3]["b"] == [["9.0", "2.0"]]
    assert told[0][3]["E"] == T0 + 1_000


def test_candles_close_once_each_also_where_nothing_was_traded():
    rows = [
        *_trades((100, "5"), (1_900, "6")),
        *_quiet(2_300, 5_300),
    ]
    told = _told(tape(rows), "abc@kline_1s")
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
        (_at(59_000), 0, trade(1, T0 + 59_000, "5")),
        (_at(60_150), 0, trade(2, T0 + 59_990, "6")),
        (_at(60_200), 0, trade(3, T0 + 60_100, "7")),
        *_quiet(60_260, 62_260),
    ]
    told = [(k, one["k"]) for k, _, _, one in _told(tape(rows), "abc@kline_1m")]
    assert [(k, one["t"] - T0, one["x"], one["L"]) for k, one in told] == [
        (3, 0, True, 2),
        (3, 60_000, False, 3),
    ]


def test_shifted_candles_are_on_the_grid_of_the_clients_time():
    rows = [*_trades((59_000, "5"), (61_000, "6")), *_quiet(95_000)]
    told = _told(tape(rows), "abc@kline_1m", clock=VenueClock(shift_ms=30_000))
    assert [(one["k"]["t"] - T0, one["k"]["x"], one["k"]["n"]) for *_, one in told] == [
        (60_000, False, 1),
        (60_000, True, 2),
    ]
    assert told[0][3]["E"] == T0 + 91_000


def test_the_venues_clock_decides_what_is_a_beat():
    rows = [*_trades((0, "5")), *_quiet(500, 1_000)]
    (told,) = _told(tape(rows), "abc@miniTicker", clock=VenueClock(500 * MS))
    assert (told[0], told[3]["E"]) == (1, T0 + 1_000)


STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 40, 130, 999, 2_000)),
        st.sampled_from(("trade", "same", "delta", "quiet")),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=25,
)


def _tape_rows(steps):
    rows, ms, trade_id, book_id = [], 0, 100, 1
    last_ms = 0
    for step_ms, what, number in steps:
        ms += step_ms
        if what in ("trade", "same"):
            last_ms = ms if what == "trade" else last_ms
            rows.append((_at(ms), 0, trade(trade_id, T0 + last_ms, f"{number}.00")))
            trade_id += 1
        elif what == "delta":
            levels = [(f"{number}.00", f"{number % 3}.0")]
            asks = [(f"{number + 9}.00", "1.0")] if number % 2 else []
            rows.append((_at(ms), 1, delta(book_id, book_id, T0 + ms, levels, asks)))
            book_id += 1
        else:
            rows.append((_at(ms), 2, b"{}"))
    return rows


@given(STEPS, st.lists(st.integers(1, 24), max_size=6))
def test_where_the_tape_is_cut_into_chunks_changes_nothing(steps, cuts):
    rows = _tape_rows(steps)
    whole, cut = tape(rows), tape(rows, cuts)
    names = [name for name in EVERYTHING if name != "abc@aggTrade"]
    assert _told(cut, *names) == _told(whole, *names)
    groups = [[one["a"], one["f"], one["l"]] for *_, one in _told(whole, "abc@aggTrade")]
    assert [[one["a"], one["f"], one["l"]] for *_, one in _told(cut, "abc@aggTrade")] == groups


@given(STEPS, st.lists(st.integers(1, 24), max_size=6), st.data())
def test_who_comes_late_gets_what_the_others_get(steps, cuts, data):
    source = tape(_tape_rows(steps), cuts)
    batches = list(source.batches(0))
    first = data.draw(st.integers(0, len(batches) - 1))
    early, late = (_streams(source).insert(EVERYTHING) for _ in range(2))
    heard = [list(early(0, batch)) for batch in batches]
    assert [list(late(0, batch)) for batch in batches[first:]] == heard[first:]


@given(STEPS)
def test_groups_tile_the_trades(steps):
    rows = _tape_rows(steps)
    told = [one for *_, one in _told(tape(rows), "abc@aggTrade")]
    trades = [json.loads(payload) for _, number, payload in rows if number == 0]
    assert [one["f"] for one in told[1:]] == [one["l"] + 1 for one in told[:-1]]
    assert sum(Decimal(one["q"]) for one in told) == sum(Decimal(one["q"]) for one in trades)
    assert sum(one["l"] - one["f"] + 1 for one in told) == len(trades)


def test_only_what_follows_from_the_tape_is_derived():
    streams = _streams(tape(_trades((0, "5"))))
    assert streams.derived(["abc@kline_1m", TRADES, DELTAS, "def@kline_1m", "abc@nothing"]) == (
        "abc@kline_1m",
    )
    assert streams.insert([TRADES, "abc@nothing"]) is None


def test_nothing_is_told_before_the_history_is_built():
    source = tape(_trades((0, "5"), (1, "6")))
    history = NaiveHistory(source, SPOT)
    history.is_built = False
    insert = DerivedStreams("binance-spot", SPOT, [source], history).insert(["abc@aggTrade"])
    (batch,) = source.batches(0)
    assert insert(0, batch) == ()
    history.is_built = True
    assert len(insert(0, batch)) == 2
