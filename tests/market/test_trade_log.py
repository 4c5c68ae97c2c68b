import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.agg_trades import TradeGrouping
from replayx.market.events import AggTrade, Trade
from replayx.market.trade_log import GroupedLog, TradeLog, grouped_back, in_order


def trade(number, time_ms=None, price="1.0"):
    return Trade("X", number, price, "2", number if time_ms is None else time_ms, True)


ROWS = st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=5),
                max_size=8)  # fmt: skip


def made(rows):
    """Return a log, its trades and the row of each."""
    log, trades, number, now = GroupedLog(), [], 100, 0
    for segment, row in enumerate(rows):
        told = []
        for gap, wait in row:
            number, now = number + 1 + gap // 2, now + wait // 2
            told.append(trade(number, now, f"{gap}.0"))
        log.group(3 * segment, told)
        trades += [(segment, one) for one in told]
    return log, trades


@given(ROWS, st.integers(95, 150), st.integers(0, 40))
def test_rows_are_found(rows, number, time_ms):
    log, trades = made(rows)
    by_id = [row for row, one in trades if one.id >= number]
    assert log.row_of_id(number) == (min(by_id) if by_id else len(log))
    by_time = [row for row, one in trades if one.time_ms >= time_ms]
    assert log.row_of_time(time_ms) == (min(by_time) if by_time else len(log))
    before = [row for row, one in trades if one.time_ms <= time_ms]
    assert log.rows_before_time(time_ms) == (max(before) + 1 if before else 0)
    assert log.rows_through(time_ms) == len([row for row in range(len(log)) if 3 * row <= time_ms])


@given(ROWS)
def test_the_open_group_before_each_row_is_that_of_all_before(rows):
    log, trades = made(rows)
    for row in range(len(log) + 1):
        grouping = TradeGrouping()
        ended = grouping.add([one for of, one in trades if of < row])
        assert log.open_before(row) == grouping.open
        for group in ended:
            assert log.row_of_group(group.id) < row
    first = trades[0][1].id if trades else 0
    if len(log) > 1:
        last = log.open_before(len(log))
        assert log.groups_between(0, len(log)) == last.id - first + 1


@given(ROWS)
def test_what_was_packed_is_unpacked(rows):
    log, _ = made(rows)
    again = TradeLog()
    again.unpack(log.packed(), 3 * len(rows) + 1)
    assert again.columns() == log.columns()
    if rows:
        with pytest.raises(ValueError, match="not there"):
            TradeLog().unpack(log.packed(), 3 * len(rows) - 3)
        with pytest.raises(ValueError, match="unequal"):
            TradeLog().unpack([log.packed()[0] * 2, *log.packed()[1:]], 99)


def test_each_trade_once_in_the_order_of_ids():
    assert in_order([trade(1), trade(2)]) == [trade(1), trade(2)]
    assert [one.id for one in in_order([trade(3), trade(1), trade(3), trade(2)])] == [1, 2, 3]
    assert in_order([]) == []


def test_groups_before_a_tape_count_down():
    trades = [trade(5, 1), trade(6, 1), trade(7, 2)]
    groups = grouped_back(trades, 8)
    assert [(one.id, one.first_id, one.last_id) for one in groups] == [(6, 5, 6), (7, 7, 7)]
    assert grouped_back([], 8) == []


def test_a_group_that_an_answer_told_goes_on():
    log = GroupedLog(AggTrade("X", 50, "1.0", "2", 98, 99, 7, True))
    log.group(0, [trade(100, 7), trade(101, 8)])
    assert log.open_before(0).id == 50
    assert (log.last.id, log.last.first_id) == (51, 101)
