from pathlib import Path

import pytest

from replayx.clock import VirtualClock
from replayx.errors import InvalidOption
from replayx.faults.attributes import Duration, Ratio
from replayx.faults.rule import Plan, Rule, Where
from replayx.faults.toxics.flash_crash import FlashCrash
from replayx.server import deck
from replayx.server.deck import Deck
from replayx.server.replay_options import ReplayOptions
from replayx.session.inputs import StartAsked
from tests.fake_venue import FakeVenue
from tests.tapes import channel, sealed, write_cassette

DEMO = Path(__file__).parents[2] / "cassettes" / "binance-demo.rpx"
S = 1_000_000_000
T0 = 1_700_000_000 * S

YEAR_2030 = 1_893_456_000 * S


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setattr(deck, "load_venue", lambda name: FakeVenue())
    made = []
    for part in (1, 0):  # given in another order than they were recorded
        rows = [(T0 + (10 * part + k) * S, 0, b"%d" % k) for k in range(10)]
        path = tmp_path / f"{part}.rpx"
        made.append(write_cassette(path, [channel(0, "a")], [sealed(rows)]))
    return made


def clock(paths, **options):
    made = Deck(paths, ReplayOptions(**options), VirtualClock())
    try:
        state = made.session().clock(0)
        return state.position_ns - T0, state.start_ns - T0, state.end_ns - T0
    finally:
        made.close()


def test_the_parts_of_a_recording_are_one_tape(paths):
    assert clock(paths) == (0, 0, 19 * S)


def test_a_window_of_it_may_be_played(paths):
    window = {"from_at": lambda start: start + 3 * S, "to_at": lambda start: start + 12 * S}
    assert clock(paths, **window) == (3 * S, 3 * S, 12 * S)


def test_the_window_may_end_behind_the_tape(paths):
    assert clock(paths, to_at=lambda start: start + 99 * S) == (0, 0, 19 * S)


def test_a_window_counts_through_all_laps(paths):
    window = {"from_at": lambda start: start + 21 * S, "laps": 2}
    assert clock(paths, **window) == (21 * S, 21 * S, 2 * 19_950_000_000 - 1)


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ({"from_at": lambda start: start - 1}, "--from: -1e-09 s; expected at most"),
        ({"from_at": lambda start: start + 20 * S}, "--from: 20 s; expected at most what the tape"),
        ({"to_at": lambda start: start}, "--to: 0 s; expected a time behind --from"),
        (
            {"from_at": lambda start: start + S, "to_at": lambda start: start},
            "--to: 0 s; expected a time behind --from",
        ),
    ],
)
def test_a_window_that_there_is_not_is_told(paths, window, told):
    with pytest.raises(InvalidOption, match=told):
        clock(paths, **window)


def test_a_tape_may_be_rebased_to_a_time_or_to_now(paths):
    made = Deck(paths, ReplayOptions(rebase_to=lambda _: YEAR_2030), VirtualClock())
    assert made.session().clock(0).venue_ms == YEAR_2030 // 1_000_000
    made.close()
    made = Deck(paths, ReplayOptions(rebase_to="now"), VirtualClock(3, wall_start_ns=7 * T0))
    session = made.session()
    session.handle(StartAsked(), 3)
    assert session.clock(3 + S).venue_ms == (7 * T0 + S) // 1_000_000
    made.close()


@pytest.mark.parametrize("years", [-1_900, 400])
def test_a_time_with_other_digits_than_todays_is_refused(paths, years):
    options = ReplayOptions(rebase_to=lambda _: YEAR_2030 + years * 31_557_600 * S)
    made = Deck(paths, options, VirtualClock())
    with pytest.raises(InvalidOption, match="--rebase: times from"):
        made.session()
    made.close()


def test_every_session_begins_at_the_beginning(paths):
    made = Deck(paths, ReplayOptions(), VirtualClock())
    try:
        first, second = made.session(), made.session()
        first.handle(StartAsked(), 0)
        assert len(first.advance(5 * S)) == 0
        assert first.clock(5 * S).delivered == 6
        assert second.clock(5 * S).delivered == 0
    finally:
        made.close()


def test_shocks_are_worked_into_the_streams_and_the_answers():
    crash = FlashCrash(drop=Duration(0), depth=Ratio(0.5), trough=Duration(60 * S))
    rule = Rule(name="crash", toxic=crash, where=Where(symbol="BTCUSDT"))
    tops = []
    for rules in ((), (rule,)):
        made = Deck([DEMO], ReplayOptions(plan=Plan(rules=rules)), VirtualClock())
        try:
            history = made.histories["binance-spot"]
            history.build()
            view = history.at(made.first_ns + 20 * S)
            tops.append([float(view.top(one).bid) for one in ("BTCUSDT", "ETHUSDT")])
            assert made.session().clock(0).end_ns > made.first_ns
        finally:
            made.close()
    assert tops[1] == [pytest.approx(tops[0][0] / 2, abs=0.01), tops[0][1]]


def test_a_shock_of_nothing_is_refused():
    rule = Rule(name="crash", toxic=FlashCrash(), where=Where(symbol="NONE"))
    with pytest.raises(InvalidOption, match="tells nothing of"):
        Deck([DEMO], ReplayOptions(plan=Plan(rules=(rule,))), VirtualClock())
