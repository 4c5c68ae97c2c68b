import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from replayx.session.derived_streams import DerivedStreams
from tests.session.naive_market import (
    DELTAS,
    SPOT,
    T0,
    TRADES,
    NaiveHistory,
    at,
    delta,
    streams_of,
    tape,
    told_by,
    trade,
    trades,
)

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
            rows.append((at(ms), 0, trade(trade_id, T0 + last_ms, f"{number}.00")))
            trade_id += 1
        elif what == "delta":
            levels = [(f"{number}.00", f"{number % 3}.0")]
            asks = [(f"{number + 9}.00", "1.0")] if number % 2 else []
            rows.append((at(ms), 1, delta(book_id, book_id, T0 + ms, levels, asks)))
            book_id += 1
        else:
            rows.append((at(ms), 2, b"{}"))
    return rows


@given(STEPS, st.lists(st.integers(1, 24), max_size=6))
def test_where_the_tape_is_cut_into_chunks_changes_nothing(steps, cuts):
    rows = _tape_rows(steps)
    whole, cut = tape(rows), tape(rows, cuts)
    names = [name for name in EVERYTHING if name != "abc@aggTrade"]
    assert told_by(cut, *names) == told_by(whole, *names)
    groups = [[one["a"], one["f"], one["l"]] for *_, one in told_by(whole, "abc@aggTrade")]
    assert [[one["a"], one["f"], one["l"]] for *_, one in told_by(cut, "abc@aggTrade")] == groups


@given(STEPS, st.lists(st.integers(1, 24), max_size=6), st.data())
def test_who_comes_late_gets_what_the_others_get(steps, cuts, data):
    source = tape(_tape_rows(steps), cuts)
    batches = list(source.batches(0))
    first = data.draw(st.integers(0, len(batches) - 1))
    early, late = (streams_of(source).insert(EVERYTHING) for _ in range(2))
    heard = [list(early(0, batch)) for batch in batches]
    assert [list(late(0, batch)) for batch in batches[first:]] == heard[first:]


@given(STEPS)
def test_groups_tile_the_trades(steps):
    rows = _tape_rows(steps)
    told = [one for *_, one in told_by(tape(rows), "abc@aggTrade")]
    traded = [json.loads(payload) for _, number, payload in rows if number == 0]
    assert [one["f"] for one in told[1:]] == [one["l"] + 1 for one in told[:-1]]
    assert sum(Decimal(one["q"]) for one in told) == sum(Decimal(one["q"]) for one in traded)
    assert sum(one["l"] - one["f"] + 1 for one in told) == len(traded)


def test_only_what_follows_from_the_tape_is_derived():
    streams = streams_of(tape(trades((0, "5"))))
    assert streams.derived(["abc@kline_1m", TRADES, DELTAS, "def@kline_1m", "abc@nothing"]) == (
        "abc@kline_1m",
    )
    assert streams.insert([TRADES, "abc@nothing"]) is None


def test_nothing_is_told_before_the_history_is_built():
    source = tape(trades((0, "5"), (1, "6")))
    history = NaiveHistory(source, SPOT)
    history.is_built = False
    insert = DerivedStreams("binance-spot", SPOT, [source], history).insert(["abc@aggTrade"])
    (batch,) = source.batches(0)
    assert insert(0, batch) == ()
    history.is_built = True
    assert len(insert(0, batch)) == 2


def test_no_more_of_a_chunk_is_made_than_is_played():
    rows = [
        row
        for n in range(30)
        for row in (
            (at(1000 * n), 0, trade(100 + n, T0 + 1000 * n, f"{n + 1}.00")),
            (at(1000 * n + 1), 2, b"{}"),
        )
    ]
    source = tape(rows)
    streams = streams_of(source)
    asked = []
    history = streams._history
    usual = history.at
    history.at = lambda position_ns, **more: asked.append(position_ns) or usual(position_ns, **more)
    (batch,) = source.batches(0)
    insert = streams.insert(["abc@ticker"])
    first = insert(0, batch, first=0, stop=10)
    assert 0 < len(asked) <= 6
    rest = insert(0, batch, first=10, stop=batch.count)
    assert (
        [*first, *rest] == insert(0, batch) == streams_of(source).insert(["abc@ticker"])(0, batch)
    )


def test_whoever_plays_a_chunk_shares_what_was_made_of_it():
    source = tape([(at(1000 * n), 0, trade(100 + n, T0 + 1000 * n, "1.00")) for n in range(9)])
    streams = streams_of(source)
    (batch,) = source.batches(0)
    one = streams.insert(["abc@ticker", "abc@avgPrice"])(0, batch)
    other = streams.insert(["abc@ticker"])(0, batch)
    assert other
    assert all(any(mine is theirs for theirs in one) for mine in other)
