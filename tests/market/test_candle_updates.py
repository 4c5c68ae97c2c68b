import pytest
from msgspec.structs import replace

from replayx.limits import CLOSED_CANDLES_MAX
from replayx.market.candle_updates import candle_count, candle_updates
from replayx.market.events import Candle
from replayx.market.interval import Interval


def _row(start_ms, count):
    return Candle("S", start_ms, start_ms + 999, "1", "1", "1", "1", "0", "0", count, "0", "0")


def _told(rows, before_ms, now_ms, *, is_changed=True):
    told = candle_updates(rows, before_ms, now_ms, is_changed=is_changed)
    assert all(replace(one, is_closed=True) in rows for one in told)
    return [(one.start_ms, one.is_closed) for one in told]


ROWS = [_row(0, 3), _row(1000, 0), _row(2000, 5), _row(3000, 0)]


@pytest.mark.parametrize(
    ("before_ms", "now_ms", "told"),
    [
        (2000, 2500, [(2000, False)]),
        (2000, 2999, [(2000, False)]),
        (2000, 3000, [(2000, True)]),
        (500, 1000, [(0, True)]),
        (500, 2000, [(0, True), (1000, True), (2000, False)]),
        (999, 1000, [(0, True)]),
        (1000, 1001, [(1000, False)]),
    ],
)
def test_a_candle_is_closed_once_and_before_the_next(before_ms, now_ms, told):
    assert _told(ROWS, before_ms, now_ms) == told


def test_what_did_not_change_is_not_told_but_closed():
    assert _told(ROWS, 2000, 2500, is_changed=False) == []
    assert _told(ROWS, 2500, 3000, is_changed=False) == [(2000, True)]
    # Traded before the candle before was told to be closed: it would wait for the next trade.
    assert _told(ROWS, 1500, 2000, is_changed=False) == [(1000, True), (2000, False)]


def test_so_many_candles_are_asked_for():
    second = Interval.parse("1s")
    assert candle_count(second, 500, 999) == 1
    assert candle_count(second, 500, 1000) == 2
    assert candle_count(second, 0, 10**9) == CLOSED_CANDLES_MAX
    assert candle_count(Interval.parse("1d"), 0, 1, zone_ms=-1) == 2
