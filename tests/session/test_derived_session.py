"""Derived streams through a whole session: who gets what, whenever, however it is cut."""

import json
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.framing import split_frames
from replayx.market.history import MarketHistory
from replayx.session.answers import Answers
from replayx.session.derived_streams import DerivedStreams
from replayx.session.effects import HistoryWanted, SendFrames
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionOpened,
    HistoryBuilt,
    MessageReceived,
    SeekAsked,
)
from replayx.session.looping import Looping
from replayx.session.rebasing import Rebase
from replayx.session.session import OnSeek, ReplaySession
from replayx.session.venue_clock import VenueClock
from replayx.timeline.loop import Loop
from replayx.timeline.tape import Tape
from replayx.venues.venue import HttpRequest
from tests.session.naive_market import CHANNELS, MS, SPOT, T0, at, delta, tape, trade
from tests.tapes import channel
from tests.tapes import source as made_of

MARKET = "binance-spot"
STREAMS = "abc@trade/abc@aggTrade/abc@bookTicker/abc@depth5@100ms/abc@kline_1s/abc@miniTicker"
ROWS = [
    row
    for k in range(40)
    for row in (
        (at(70 * k), 0, trade(100 + k, T0 + 70 * k, f"{5 + k % 3}.00")),
        (at(70 * k), 1, delta(k, k, T0 + 70 * k, [(f"{k % 5}.00", "1.0")], [("9.0", "1.0")])),
        (at(70 * k + 30), 2, b"{}"),
    )
]
CUTS = (31, 57, 90)


class _Run:
    """A session, and what each connection got."""

    def __init__(self, source, *, is_built=True, rebase=None, **options):
        self.history = MarketHistory(MARKET, [source], SPOT)
        if is_built:
            self.history.build()
        answers = Answers(MARKET, SPOT, [])
        answers.history = self.history
        self.session = ReplaySession(
            Tape(rebase.sources if rebase else [source]),
            {MARKET: SPOT},
            {MARKET: answers},
            derived={MARKET: DerivedStreams(MARKET, SPOT, [source], self.history)},
            rebase=rebase,
            **options,
        )
        self.got: dict[int, list[bytes]] = {}
        self.wanted: list[str] = []

    def perform(self, effects):
        for effect in effects:
            if isinstance(effect, HistoryWanted):
                self.wanted.append(effect.market)
            if isinstance(effect, SendFrames):
                for number in effect.connections:
                    messages = (bytes(payload) for _, payload in split_frames(effect.frames))
                    self.got.setdefault(number, []).extend(messages)

    def opened(self, number, now_ns, target=f"/stream?streams={STREAMS}"):
        self.perform(self.session.handle(ConnectionAsked(number, MARKET, target), now_ns))
        self.perform(self.session.handle(ConnectionOpened(number), now_ns))
        return self

    def advance(self, now_ns):
        self.perform(self.session.advance(now_ns))
        return self

    def flat_out(self):
        for _ in range(20):
            self.advance(0)
        return self


def _all():
    return _Run(tape(ROWS, CUTS), speed=None).opened(1, 0).flat_out().got[1]


def test_every_stream_is_there():
    names = {json.loads(message)["stream"] for message in _all()}
    assert names == set(STREAMS.split("/"))


@given(st.lists(st.integers(0, 900 * MS), max_size=12), st.sampled_from(["1/3", "1", "7"]))
def test_any_quantum_and_speed_the_same_stream(steps, speed):
    run = _Run(tape(ROWS, CUTS), speed=Fraction(speed)).opened(1, 0)
    now_ns = 0
    for step_ns in (*steps, 12_000 * MS):
        now_ns += step_ns
        run.advance(now_ns)
    assert run.got[1] == _all()


@given(st.integers(0, 2_700))
def test_who_comes_late_gets_the_rest_of_what_the_others_get(late_ms):
    run = _Run(tape(ROWS, CUTS)).opened(1, 0)
    run.advance(late_ms * MS)
    heard = len(run.got[1])
    run.opened(2, late_ms * MS).advance(9_000 * MS)
    assert run.got[1] == _all()
    assert run.got[2] == run.got[1][heard:]


@given(st.integers(0, 2_700), st.integers(0, 2_700))
def test_after_a_seek_comes_what_stands_there(from_ms, to_ms):
    run = _Run(tape(ROWS, CUTS), on_seek=OnSeek.CONTINUE).opened(1, 0)
    run.advance(from_ms * MS)
    heard = len(run.got[1])
    run.perform(run.session.handle(SeekAsked(1, at(to_ms)), from_ms * MS))
    run.advance(9_000 * MS)
    other = _Run(tape(ROWS, CUTS)).opened(1, 0)
    other.advance(to_ms * MS - 1)
    before = len(other.got.get(1, ()))
    other.advance(9_000 * MS)
    assert run.got[1][heard:] == other.got[1][before:]


def test_flat_out_the_tape_waits_for_the_history():
    run = _Run(tape(ROWS, CUTS), speed=None, is_built=False).opened(1, 0)
    assert run.wanted == [MARKET]
    assert run.flat_out().got == {}
    assert run.session.next_deadline_ns() > 0
    run.history.build()
    run.perform(run.session.handle(HistoryBuilt(MARKET), 0))
    assert run.flat_out().got[1] == _all()


def test_paced_the_recorded_streams_do_not_wait():
    run = _Run(tape(ROWS, CUTS), is_built=False).opened(1, 0)
    run.advance(1_000 * MS)
    assert {json.loads(message)["stream"] for message in run.got[1]} == {"abc@trade"}
    heard = len(run.got[1])
    run.history.build()
    run.perform(run.session.handle(HistoryBuilt(MARKET), 1_000 * MS))
    run.advance(9_000 * MS)
    rest = run.got[1][heard:]
    assert rest == _all()[-len(rest) :]


def test_who_unsubscribes_is_told_no_more():
    run = _Run(tape(ROWS, CUTS)).opened(1, 0)
    run.advance(1_000 * MS)
    heard = len(run.got[1])
    leave = b'{"method":"UNSUBSCRIBE","params":["abc@kline_1s","abc@bookTicker"],"id":1}'
    run.perform(run.session.handle(MessageReceived(1, leave), 1_000 * MS))
    run.advance(9_000 * MS)
    names = {json.loads(message).get("stream") for message in run.got[1][heard:]}
    assert not names & {"abc@kline_1s", "abc@bookTicker"}


KLINES = {**CHANNELS, 3: channel(3, "abc@kline_1m", market=MARKET)}


def test_recorded_candles_give_way_where_they_would_leave_the_grid():
    rows = [*ROWS, (at(3_000), 3, b'{"e":"kline","recorded":1}'), (at(9_000), 2, b"{}")]
    source = made_of(KLINES.values(), rows)
    target = "/ws/abc@kline_1m"

    def told(shift_ms):
        rebase = Rebase([source], {MARKET: SPOT}, VenueClock(shift_ms=shift_ms))
        run = _Run(source, speed=None, rebase=rebase).opened(1, 0, target).flat_out()
        return [json.loads(message) for message in run.got[1]]

    assert told(60_000) == [{"e": "kline", "recorded": 1}]
    derived = told(59_000)
    assert [one["k"]["t"] - T0 for one in derived] == [0, 60_000, 60_000]
    assert all("recorded" not in one for one in derived)
    assert [one["k"]["x"] for one in derived] == [True, False, False]


def test_without_the_trades_recorded_candles_stay():
    source = made_of([KLINES[3]], [(at(0), 3, b'{"e":"kline","recorded":1}')])
    streams = DerivedStreams(MARKET, SPOT, [source], MarketHistory(MARKET, [source], SPOT))
    streams.follow(VenueClock(shift_ms=1))
    assert streams.replaced(["abc@kline_1m"]) == frozenset()


def test_of_several_sources_the_one_that_was_there_first_tells():
    first = tape(ROWS[:60])
    second = tape(ROWS[30:])
    history = MarketHistory(MARKET, [first, second], SPOT)
    history.build()
    streams = DerivedStreams(MARKET, SPOT, [first, second], history)
    insert = streams.insert(["abc@aggTrade"])
    told = [
        json.loads(one.payload)["l"]
        for number, source in enumerate((first, second))
        for chunk in source.batches(0)
        for one in insert(number, chunk)
    ]
    assert told == list(range(100, 140))


def test_in_a_loop_derived_streams_go_on():
    source = tape(ROWS, CUTS)
    history = MarketHistory(MARKET, [source], SPOT)
    history.build()
    looping = Looping([source], {MARKET: SPOT}, {MARKET: history}, laps=3, clock_offset_ns=0)
    streams = DerivedStreams(MARKET, SPOT, [source], history, loop=looping.loop)
    told = defaultdict(list)
    names = ["abc@aggTrade", "abc@depth", "abc@bookTicker", "abc@kline_1s"]
    insert = streams.insert(names)
    for chunk in looping.sources()[0].batches(0):
        for one in insert(0, chunk):
            told[one.channel].append(json.loads(one.payload))
    for groups in pairwise(told["abc@aggTrade"]):
        assert groups[1]["f"] == groups[0]["l"] + 1
        assert groups[1]["a"] == groups[0]["a"] + 1
        assert groups[1]["E"] >= groups[0]["E"]
    assert len(told["abc@aggTrade"]) == 3 * 40
    for deltas in pairwise(told["abc@depth"]):
        assert deltas[1]["U"] == deltas[0]["u"] + 1
        assert deltas[1]["E"] >= deltas[0]["E"]
    for tops in pairwise(told["abc@bookTicker"]):
        assert tops[1]["u"] > tops[0]["u"]
    starts = [one["k"]["t"] for one in told["abc@kline_1s"] if one["k"]["x"]]
    assert starts[0] == T0
    assert {after - before for before, after in pairwise(starts)} == {1_000}
    assert len(starts) > 6


def test_in_a_loop_no_market_tells_another_ones_differences():
    other = "binance-other"
    depth = CHANNELS[1]
    channels = [*CHANNELS.values(), channel(9, depth.name, market=other)]
    theirs = [(row[0], 9, row[2]) for row in ROWS if row[1] == 1]
    source = made_of(channels, sorted([*ROWS, *theirs], key=lambda row: row[0]))
    venues = {MARKET: SPOT, other: SPOT}
    histories = {name: MarketHistory(name, [source], SPOT) for name in venues}
    for history in histories.values():
        history.build()
    looping = Looping([source], venues, histories, laps=3, clock_offset_ns=0)
    streams = DerivedStreams(MARKET, SPOT, [source], histories[MARKET], loop=looping.loop)
    insert = streams.insert(["abc@depth"])
    told = [
        json.loads(one.payload)
        for chunk in looping.sources()[0].batches(0)
        for one in insert(0, chunk)
    ]
    for deltas in pairwise(told):
        assert deltas[1]["U"] == deltas[0]["u"] + 1


@pytest.mark.parametrize(("length_ms", "replaced"), [(59_999, True), (60_000, False)])
def test_in_a_loop_candles_stay_recorded_where_laps_are_whole_intervals(length_ms, replaced):
    channels = [*CHANNELS.values(), channel(9, "abc@kline_1m", market=MARKET)]
    source = made_of(channels, ROWS)
    history = MarketHistory(MARKET, [source], SPOT)
    loop = Loop(T0 * MS, length_ms * MS, 3, {}, {})
    streams = DerivedStreams(MARKET, SPOT, [source], history, loop=loop)
    assert streams.replaced(["abc@kline_1m", "abc@trade"]) == (
        frozenset(["abc@kline_1m"] if replaced else [])
    )


def test_an_answer_lacks_what_the_tape_has_not_told_by_then():
    history = MarketHistory(MARKET, [tape(ROWS[3:])], SPOT)
    history.build()
    answers = Answers(MARKET, SPOT, [])
    depth = HttpRequest("GET", "/api/v3/depth?symbol=ABC&limit=5")
    assert not answers.lacks(depth, at(0))  # there is no market to look at
    answers.history = history
    told = [not answers.lacks(depth, at_ns) for at_ns in (at(0), at(69), at(70), at(700))]
    assert told == [False, False, True, True]
    assert not answers.lacks(HttpRequest("GET", "/api/v3/order"), at(0))
