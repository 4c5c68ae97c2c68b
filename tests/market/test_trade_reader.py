from functools import partial

import pytest

from replayx.market.codec import Fact
from replayx.market.events import AggTrade, FeedKind, MarketFeed
from replayx.market.trade_reader import Wanted
from tests.market.fake_codec import trade
from tests.market.test_history import history
from tests.tapes import channel, source

MS = 1_000_000


def told(number, time_ms):
    return AggTrade("X", number, "1.0", "1", number * 10, number * 10 + 9, time_ms, True)


def agg(number, time_ms):
    return f"{number} {number * 10} {number * 10 + 9} 1.0 1 {time_ms} m".encode()


def ids(found):
    return [one.id for one in found]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(2), [4, 5]),
        (Wanted(0), []),
        (Wanted(9, last_ms=30), [1, 2, 3]),
        (Wanted(2, from_id=2), [2, 3]),
        (Wanted(9, first_ms=20, last_ms=40), [2, 3, 4]),
        (Wanted(1, from_id=2, first_ms=40), [4]),
    ],
)
def test_what_is_wanted(wanted, expected):
    assert ids(wanted.of([told(number, 10 * number) for number in range(1, 6)])) == expected


def test_recorded_groups_are_the_truth_for_what_they_cover():
    tape = source(
        [channel(0, "x@agg"), channel(1, "x@trade")],
        [(1 * MS, 1, trade(50)), (2 * MS, 0, agg(5, 2)), (3 * MS, 0, agg(6, 3))],
        [(4 * MS, 1, trade(70)), (5 * MS, 0, agg(7, 5))],
    )
    past = [told(4, 0), told(5, 2)]
    facts = [Fact(9 * MS, MarketFeed(FeedKind.AGG_TRADE, "X"), partial(list, past))]
    made = history([tape], facts)
    assert ids(made.at(9 * MS).agg_trades("X", 9)) == [4, 5, 6, 7]
    assert ids(made.at(3 * MS).agg_trades("X", 9)) == [4, 5, 6]
    assert ids(made.at(9 * MS).agg_trades("X", 2, from_id=6)) == [6, 7]
    assert ids(made.at(9 * MS).agg_trades("X", 9, start_ms=3, end_ms=4)) == [6]


def test_groups_go_on_from_what_an_answer_told():
    rows = [(k * MS, 0, trade(39 + k, time_ms=k, side="m")) for k in range(1, 4)]
    facts = [
        Fact(9 * MS, MarketFeed(FeedKind.AGG_TRADE, "X"), partial(list, [told(2, 0), told(3, 0)]))
    ]
    made = history([source([channel(0, "x@trade")], rows)], facts)
    groups = made.at(9 * MS).agg_trades("X", 9)
    assert [(one.id, one.first_id, one.last_id) for one in groups] == [
        (2, 20, 29), (3, 30, 39), (4, 40, 40), (5, 41, 41), (6, 42, 42)]  # fmt: skip


def test_a_group_is_told_when_no_more_trades_can_belong_to_it():
    def row(at, number, time_ms):
        return (at * MS, 0, trade(number, time_ms=time_ms))

    tape = source([channel(0, "x@trade")], [row(1, 1, 7), row(2, 2, 7), row(4, 3, 8)],
                  [row(6, 4, 8), row(8, 5, 9)])  # fmt: skip
    made = history([tape])
    known = {at: ids(made.at(at * MS).agg_trades("X", 9)) for at in (1, 2, 4, 5, 6, 7, 8)}
    # 1+2 with the second, for its chunk goes on with another; 3 goes on in the next chunk.
    assert known == {1: [], 2: [1], 4: [1], 5: [1], 6: [1, 2], 7: [1, 2], 8: [1, 2, 3]}
    whole = made.at(8 * MS).agg_trades("X", 9)[1]
    assert (whole.first_id, whole.last_id, whole.quantity) == (3, 4, "2.0")


def test_a_symbol_that_is_not_there():
    made = history([source([channel(0, "x@trade")], [(1, 0, trade(1))])])
    assert made.at(9).trades("Y", 9) == []
    assert made.at(9).agg_trades("Y", 9) == []
    assert made.at(0).trades("X", 9) == []
    assert made.at(0).agg_trades("X", 9, from_id=0) == []
