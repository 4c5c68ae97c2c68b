"""Differences told otherwise are kept by batch, packed and bounded; reading ends with the shock."""

from fractions import Fraction

import pytest

from replayx.errors import LimitExceeded
from replayx.market.distortion import NONE, Distortion, Grid, Timetable
from replayx.market.history import MarketHistory
from replayx.market.market_view import Increments
from replayx.market.shocked_symbol import ShockedSymbol, Timetables
from replayx.session import shocked_deltas
from replayx.session.shocked_deltas import DeltaStream, ShockedDeltas
from replayx.venues.registry import load_venue
from tests.session.test_shock_ids import CHANNELS, DEPTH, SPOT
from tests.tapes import source

VENUE = load_venue(SPOT)
HALF = Distortion.of_prices(Fraction(1, 2))


def delta(number, bids=""):
    text = '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":%d,"u":%d,"b":[%s],"a":[]}'
    return 10 * number, DEPTH, (text % (number, number, bids)).encode()


def read(one, table):
    history = MarketHistory(SPOT, [one], VENUE)
    history.build()
    grid = Grid.of(Increments("0.1", "0.1"))
    symbol = ShockedSymbol(grid, Timetables(Timetable([]), Timetable([]), table))
    channel = one.channels[DEPTH]
    stream = DeltaStream(channel, VENUE.market_feed(channel.name), VENUE, symbol, history)
    told = ShockedDeltas()
    told.read(one, {DEPTH: stream}, 0)
    return told


def tape():
    return source(
        CHANNELS[:1],
        [delta(1, '["10.0","1.0"]')],
        [delta(2), delta(3, '["9.0","1.0"]')],
        [delta(4)],
        [delta(5, '["8.0","1.0"]')],
    )


def test_what_a_shock_changes_is_kept_by_batch():
    told = read(tape(), Timetable([(1, HALF), (3, NONE)]))
    assert told.of(0) == told.of(3) == {}
    assert sorted(told.of(1)) == [0, 1]
    assert b'"b":[["10.0","0.0"],["5.0","1.0"]]' in told.of(1)[0]
    assert b'"b":[["4.5","1.0"]]' in told.of(1)[1]
    assert b'"b":[["10.0","1.0"],["9.0","1.0"],["5.0","0.0"],["4.5","0.0"]]' in told.of(2)[0]


def test_reading_ends_with_the_shock():
    seen = []
    one = tape()
    batches = one.batches
    one.batches = lambda at_ns: (seen.append(two.ordinal) or two for two in batches(at_ns))
    read(one, Timetable([(1, HALF), (2, NONE)]))
    assert seen[-1] == 1


def test_where_differences_are_missing_the_book_is_looked_up():
    one = source(CHANNELS[:1], [delta(1, '["10.0","1.0"]')], [delta(5, '["8.0","1.0"]')])
    told = read(one, Timetable([(0, HALF)]))
    assert b'"b":[["4.0","1.0"]]' in told.of(1)[0]


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(shocked_deltas, "SHOCK_BYTES_MAX", 10)
    with pytest.raises(LimitExceeded, match="under a shock"):
        read(tape(), Timetable([(1, HALF)]))
