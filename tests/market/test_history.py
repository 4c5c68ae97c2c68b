"""What an index answers is what reading everything from the beginning gives."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.agg_trades import TradeGrouping
from replayx.market.book import UNKNOWN_ID
from replayx.market.codec import Fact
from replayx.market.events import (
    AveragePrice,
    BookSnapshot,
    BookTop,
    Candle,
    FeedKind,
    MarketFeed,
    MarkPrice,
    Ticker,
    Trade,
)
from replayx.market.history import MarketHistory
from tests.market.fake_codec import FakeCodec, delta, top, trade
from tests.market.tapes_of_a_market import STEP_NS, book_at, in_total_order, tapes, trades_at
from tests.tapes import batch, channel, source

POSITIONS = st.lists(st.integers(0, 130), min_size=1, max_size=8)
AHEAD_NS = 10_000_000_000


def history(sources, facts=()):
    made = MarketHistory("fake", sources, FakeCodec(), facts)
    made.build()
    return made


def told(*events):
    return partial(list, events)


@given(tapes(), POSITIONS)
def test_a_book_is_what_applying_everything_gives(tape, positions):
    sources, facts = tape
    made = history(sources, facts)
    rows = in_total_order(sources)
    for position in positions:
        at_ns = position * STEP_NS
        expected = book_at(rows, facts, at_ns)
        book = made.at(at_ns).book("X", 50)
        if not expected.depth:
            continue  # before the first snapshot: see below
        assert book == expected.snapshot("X", 50)
        bid, ask = expected.best()
        if expected.is_broken and bid and ask:
            assert float(bid[0]) < float(ask[0])


@given(tapes(sources=2), POSITIONS)
def test_overlapping_recordings_are_one_market(tape, positions):
    sources, facts = tape
    made = history(sources, facts)
    rows = in_total_order(sources)
    for position in positions:
        at_ns = position * STEP_NS
        view = made.at(at_ns)
        assert list(view.trades("X", 500)) == trades_at(rows, at_ns)
        expected = book_at(rows, facts, at_ns)
        if expected.depth:
            assert view.book("X", 50) == expected.snapshot("X", 50)


@given(tapes(), POSITIONS)
def test_what_was_asked_before_changes_nothing(tape, positions):
    sources, facts = tape
    warm = history(sources, facts)
    for position in positions:
        at_ns = position * STEP_NS
        cold = history(sources, facts).at(at_ns)
        view = warm.at(at_ns)
        assert view.book("X", 3) == cold.book("X", 3)
        assert view.top("X") == cold.top("X")
        assert view.trades("X", 3) == cold.trades("X", 3)
        assert view.agg_trades("X", 3) == cold.agg_trades("X", 3)
        assert view.candles("X", "1s", 5) == cold.candles("X", "1s", 5)
        assert view.day("X") == cold.day("X")


@given(tapes(), POSITIONS, st.integers(95, 145), st.integers(1, 9))
def test_trades_are_found_by_id(tape, positions, from_id, limit):
    sources, facts = tape
    made = history(sources, facts)
    rows = in_total_order(sources)
    for position in positions:
        known = trades_at(rows, position * STEP_NS)
        view = made.at(position * STEP_NS)
        assert list(view.trades("X", limit)) == known[-limit:]
        fitting = [one for one in known if one.id >= from_id][:limit]
        assert list(view.trades("X", limit, from_id=from_id)) == fitting


def groups_at(sources, at_ns):
    """Return the groups all of whose trades came, if it is known that no more belong to them."""
    rows = in_total_order(sources)
    grouping = TradeGrouping()
    groups = grouping.add([event for _, event in rows if isinstance(event, Trade)])
    groups += [grouping.open] if grouping.open else []
    known = {one.id for one in trades_at(rows, at_ns)}
    batches = list(sources[0].batches(0))
    chunks = [
        [int(bytes(one.payload(k)).split()[0]) for k in range(one.count) if one.channel[k] == 0]
        for one in batches
    ]
    found = []
    for group in groups:
        place = next(place for place, ids in enumerate(chunks) if group.last_id in ids)
        is_last = place + 1 == len(batches)
        if group.last_id in known and (
            max(chunks[place]) > group.last_id or is_last or batches[place + 1].at[0] <= at_ns
        ):
            found.append(group)
    return found


@given(tapes(), POSITIONS, st.integers(95, 145), st.integers(0, 40), st.integers(1, 9))
def test_trades_are_grouped_the_same_whoever_asks(tape, positions, from_id, time_ms, limit):
    sources, _ = tape
    made = history(sources)
    for position in positions:
        known = groups_at(sources, position * STEP_NS)
        view = made.at(position * STEP_NS)
        ask = partial(view.agg_trades, "X", limit)
        assert list(ask()) == known[-limit:]
        assert list(ask(from_id=from_id)) == [g for g in known if g.id >= from_id][:limit]
        later = [g for g in known if g.time_ms >= time_ms]
        assert list(ask(start_ms=time_ms)) == later[:limit]
        assert list(ask(end_ms=time_ms)) == [g for g in known if g.time_ms <= time_ms][-limit:]
        between = [g for g in later if g.time_ms <= time_ms + 5]
        assert list(ask(start_ms=time_ms, end_ms=time_ms + 5)) == between[:limit]


@given(tapes())
def test_the_state_before_a_chunk_is_that_of_what_came_before(tape):
    (one,), facts = tape
    made = history([one], facts)
    rows = in_total_order([one])
    passed = 0
    for chunk in one.batches(0):
        before = made.state_before(0, chunk.ordinal, "X")
        grouping = TradeGrouping()
        grouping.add([event for _, event in rows[:passed] if isinstance(event, Trade)])
        assert before.open_group == grouping.open
        seen = [one for one in facts if one.at_ns < chunk.at[0]]
        expected = book_at(rows[:passed], seen, chunk.at[0])
        if expected.depth:
            assert before.book.snapshot("X", 50) == expected.snapshot("X", 50)
            assert made.before(0, chunk.ordinal).book("X", 50) == before.book.snapshot("X", 50)
        passed += chunk.count


def tape_of(*rows, name="x@delta"):
    return [source([channel(0, name)], [(at, 0, payload) for at, payload in rows])]


SNAPSHOT = BookSnapshot("X", 10, (("9", "1"), ("8", "1")), (("11", "1"),))
FEED = MarketFeed(FeedKind.BOOK_SNAPSHOT, "X", levels=5)


def test_before_the_first_snapshot_the_book_is_that_if_it_comes_soon():
    first_ns = 100 + AHEAD_NS
    deltas = (
        (50, delta(9, 10, [("7", "1")])),
        (first_ns - 5, delta(11, 12, [("9", "0")])),
        (first_ns - 1, delta(13, 13, [("9.5", "2")])),
        (first_ns + 1, delta(14, 14, [], [("11", "3")])),
    )
    made = history(tape_of(*deltas), [Fact(first_ns, FEED, told(SNAPSHOT))])
    # Too far ahead: what the deltas told so far.
    assert made.at(99).book("X", 5) == BookSnapshot("X", 10, (("7", "1"),), (), 10)
    assert made.at(100).book("X", 5) == SNAPSHOT
    at = made.at(first_ns - 4).book("X", 5)
    assert (at.last_id, at.bids) == (12, (("8", "1"),))
    expected = BookSnapshot("X", 13, (("9.5", "2"), ("8", "1")), (("11", "1"),), 13)
    assert made.at(first_ns - 1).book("X", 5) == made.at(first_ns).book("X", 5) == expected
    assert made.at(first_ns + 1).book("X", 5).asks == (("11", "3"),)


def test_a_snapshot_is_read_only_where_the_book_needs_one():
    reads = []

    def fact(at_ns, snapshot, levels=5):
        def read():
            reads.append(at_ns)
            return [snapshot]

        return Fact(at_ns, FEED._replace(levels=levels), read)

    second = 1_000_000_000
    deltas = [(k * second, delta(10 + k, 10 + k, [("9", str(k))])) for k in range(1, 9) if k != 4]
    facts = [
        fact(second - 1, SNAPSHOT),
        *(fact(second + k, SNAPSHOT) for k in range(1, 50)),  # a client that polls
        fact(2 * second + 1, BookSnapshot("X", 12, (("9", "2"), ("7", "7")), ()), levels=10),
        # Behind a gap: one from before it, and one that joins.
        fact(6 * second + 1, BookSnapshot("X", 13, (("9", "3"),), ()), levels=10),
        fact(7 * second + 2, BookSnapshot("X", 16, (("9", "16"), ("6", "6")), ()), levels=10),
        fact(8 * second + 2, BookSnapshot("X", 17, (("9", "17"),), ()), levels=10),
    ]
    made = history(tape_of(*deltas), facts)
    assert reads == [second - 1, 2 * second + 1, 6 * second + 1, 7 * second + 2]
    assert made.at(3 * second).book("X", 9).bids == (("9", "3"), ("7", "7"))
    assert made.at(8 * second).book("X", 9).bids == (("9", "8"), ("6", "6"))


def test_what_a_codec_does_not_understand_is_passed_over():
    made = history(tape_of((1, b"garbage"), (2, trade(5)), (3, b"garbage"), name="x@trade"))
    assert [one.id for one in made.at(9).trades("X", 5)] == [5]
    assert made.feeds() == (MarketFeed(FeedKind.TRADE, "X"),)
    assert history(tape_of((1, b"hello"), name="x@news")).symbols() == ()


@pytest.mark.parametrize(
    ("name", "payloads", "ask", "expected"),
    [
        ("x@ticker", (b"7 1.5", b"8 1.6"), "day",
         Ticker("X", 0, 8, *("1", "1", "1"), "1.6", "1", "1")),
        ("x@average", (b"1.5 7", b"1.6 8"), "average_price", AveragePrice("X", 5, "1.6", 8)),
        ("x@mark", (b"1.5 70 7", b"1.6 80 8"), "mark_price",
         MarkPrice("X", "1.6", "1.6", "1.6", "0", 80, 8)),
        ("x@top", (top(7, 1, 2), top(8, 2, 3)), "top", BookTop("X", 8, "2", "1", "3", "1")),
    ],
)  # fmt: skip
def test_the_latest_told_counts(name, payloads, ask, expected):
    chunks = [[(10 * k, 0, payload)] for k, payload in enumerate(payloads, 1)]
    made = history([source([channel(0, name)], *chunks), source([])])
    assert getattr(made.at(20), ask)("X") == expected
    assert getattr(made.at(19), ask)("X") != expected
    assert getattr(made.at(9), ask)("X") is None
    assert getattr(made.before(0, 1), ask)("X") == getattr(made.at(19), ask)("X")


def test_the_newer_of_recorded_and_derived_quotes_counts():
    tape = [source(
        [channel(0, "x@delta"), channel(1, "x@top")],
        [(1, 1, top(11, 5, 6)), (2, 0, delta(9, 12, [("7", "1")], [("8", "1")])),
         (3, 1, top(12, 7.5, 8)), (4, 1, top(11, 5, 6))],
    )]  # fmt: skip
    made = history(tape)
    tops = [made.at(at).top("X") for at in (1, 2, 3, 4)]
    assert [(one.last_id, one.bid) for one in tops] == [
        (11, "5"), (12, "7"), (12, "7.5"), (12, "7")]  # fmt: skip


def test_a_market_of_answers_alone():
    trades = [Trade("X", k, "10.0", "1.0", 1000 * k, True) for k in (1, 2, 3, 9)]
    facts = [
        Fact(2_500_000_000, MarketFeed(FeedKind.TRADE, "X"), told(*trades)),
        Fact(3, FEED, told()),
        Fact(5, FEED, told(SNAPSHOT)),
        Fact(AHEAD_NS * 3, FEED, told(BookSnapshot("X", 12, (), (("12", "2"),)))),
        Fact(5, MarketFeed(FeedKind.TICKER, "Y"), told()),
    ]
    made = history([source([])], facts)
    assert made.symbols() == ("X",)
    assert [one.id for one in made.at(2_500_000_000).trades("X", 5)] == [1, 2]
    assert [one.id for one in made.at(2_500_000_000).agg_trades("X", 5)] == []
    assert made.at(4).book("X", 1) == BookSnapshot("X", 10, (("9", "1"),), (("11", "1"),))
    assert made.at(AHEAD_NS * 3).top("X") == BookTop("X", 12, "", "", "12", "2")
    assert made.at(4).book("Y", 1) is None


def test_answers_tell_what_was_before_the_tape():
    past = [Trade("X", k, "10.0", "1.0", 10 + k, True) for k in range(95, 103)]
    feed = MarketFeed(FeedKind.TRADE, "X")
    rows = [(200_000_000 + k, trade(100 + k, time_ms=110 + k, side="m")) for k in range(5)]
    made = history(tape_of(*rows, name="x@trade"), [Fact(999_000_000, feed, told(*past))])
    view = made.at(999_000_000)
    assert [one.id for one in view.trades("X", 100)] == [*range(95, 105)]
    assert [one.id for one in view.trades("X", 4, from_id=98)] == [98, 99, 100, 101]
    groups = view.agg_trades("X", 100)
    assert [one.id for one in groups] == [*range(95, 105)]
    assert [one.first_id for one in groups] == [*range(95, 105)]
    assert [one.id for one in made.at(107_000_000).trades("X", 100)] == [95, 96, 97]
    # Candles hold each of them once.
    (candle,) = view.candles("X", "1s", 1, end_ms=200)
    assert (candle.trade_count, candle.first_id, candle.volume) == (10, 95, "10.0")


def test_trades_that_only_answers_tell_are_known_from_then_on():
    past = [Trade("X", k, "10.0", "1.0", 10 + k, True) for k in range(5)]
    feed = MarketFeed(FeedKind.TRADE, "X")
    chunks = [[(at * 1_000_000, 0, delta(at, at, [("1", "1")]))] for at in (100, 200, 300)]
    tape = source([channel(0, "x@delta")], *chunks)
    made = history([tape], [Fact(150_000_000, feed, told(*past))])
    assert made.at(120_000_000).candles("X", "1s", 1, end_ms=50) == []
    (candle,) = made.at(250_000_000).candles("X", "1s", 1, end_ms=50)
    assert candle.trade_count == 5


def test_candles_of_a_market_of_answers_alone():
    candles = [
        Candle("X", k * 60_000, k * 60_000 + 59_999, *("1",) * 6, 1, "1", "1") for k in (0, 1)
    ]
    feed = MarketFeed(FeedKind.CANDLE, "X", "1m")
    facts = [Fact(70_000_000_000, feed, told(*candles)), Fact(80_000_000_000, feed, told())]
    made = history([], facts)
    assert [one.start_ms for one in made.at(75_000_000_000).candles("X", "1m", 9)] == [0, 60_000]


def test_times_are_the_clients():
    rows = [(1_000_000, trade(1, time_ms=60_000)), (2_000_000, trade(2, time_ms=61_000))]
    made = history(tape_of(*rows, name="x@trade"))
    view = made.at(5_000_000, shift_ms=500, now_ms=70_500)
    assert [one.time_ms for one in view.trades("X", 5)] == [60_500, 61_500]
    assert [one.id for one in view.agg_trades("X", 5, start_ms=60_501)] == [2]
    assert [one.id for one in view.agg_trades("X", 5, end_ms=61_499)] == [1]
    assert view.candles("X", "1s", 9, end_ms=61_999)[0].start_ms == 60_000
    assert view.now_ms == 70_500
    assert made.at(5_000_000, shift_ms=7).now_ms == 12


def test_decoded_gives_the_places_in_the_chunk():
    one = batch([(1, 0, trade(1)), (2, 1, top(1, 1, 2)), (3, 0, b"garbage"), (4, 0, trade(2))])
    made_source = source([channel(0, "x@trade"), channel(1, "x@top")])
    made = MarketHistory("fake", [made_source], FakeCodec())
    found = made.decoded(0, one, MarketFeed(FeedKind.TRADE, "X"))
    assert [(k, event.id) for k, event in found] == [(0, 1), (3, 2)]


def test_an_open_candle_does_not_leak():
    rows = [
        (60_000_000_000, b"60000 1 1 1 1 5 5 o"),
        (90_000_000_000, b"60000 1 2 1 2 7 7 o"),
        (120_000_000_001, b"60000 1 3 1 3 9 9 x"),
    ]
    made = history(tape_of(*rows, name="x@candle"))
    volumes = [made.at(at * 1_000_000_000).candles("X", "1m", 2)[0].volume for at in (60, 89, 90)]
    assert volumes == ["5", "5", "7"]
    closed = made.at(121_000_000_000).candles("X", "1m", 1, end_ms=60_000)
    assert isinstance(closed[0], Candle)
    assert (closed[0].volume, closed[0].is_closed) == ("9", True)


def test_a_history_of_nothing():
    made = history([])
    assert made.symbols() == ()
    assert made.at(5).book("X", 5) is None
    assert made.at(5).trades("X", 5) == []
    assert UNKNOWN_ID == -1
