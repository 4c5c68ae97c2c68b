from decimal import Decimal
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replayx.market.agg_trades import TradeGrouping
from tests.market.trades import captured_trades, trade

USDM = "binance_usdm_20240808_btcusdt_ethusdt.ndjson.zst"
ROWS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(0, 1), st.sampled_from("ab"), st.booleans())
)


def drawn(rows):
    number, time_ms, trades = 100, 1_700_000_000_000, []
    for id_step, ms_step, price, maker in rows:
        number, time_ms = number + id_step, time_ms + ms_step
        trades.append(trade(number, time_ms, {"a": "1.00", "b": "2.00"}[price], maker=maker))
    return trades


def by_definition(trades):
    """Group all trades at once."""
    steps = [b.id - a.id for a, b in zip([None, *trades], trades, strict=False) if a]
    torn, parts = 0, []
    for one, step in zip(trades, [1, *steps], strict=True):
        torn += step != 1
        parts.append((torn, one))
    groups = groupby(
        parts, lambda row: (row[0], row[1].price, row[1].time_ms, row[1].buyer_is_maker)
    )
    return [[one for _, one in group] for _, group in groups]


def check(found, trades):
    groups = by_definition(trades)
    assert [one.id for one in found] == [trades[0].id + k for k in range(len(groups))]
    for one, group in zip(found, groups, strict=True):
        assert (one.first_id, one.last_id) == (group[0].id, group[-1].id)
        assert Decimal(one.quantity) == sum(Decimal(each.quantity) for each in group)
        told = (one.price, one.time_ms, one.buyer_is_maker, one.symbol)
        first = group[0]
        assert told == (first.price, first.time_ms, first.buyer_is_maker, first.symbol)


@given(ROWS.filter(bool), st.lists(st.integers(0, 50)))
def test_groups_are_the_same_however_trades_come(rows, cuts):
    trades = drawn(rows)
    grouping, found, first = TradeGrouping(), [], 0
    for cut in [*sorted(cuts), len(trades)]:
        found += grouping.add(trades[first:cut])
        grouping = TradeGrouping(grouping.open)  # as if carried over
        grouping.add(trades[max(first - 2, 0) : cut])  # told again: nothing new
        first = max(first, cut)
    check([*found, grouping.open], trades)


def test_nothing_is_open_before_the_first_trade():
    assert TradeGrouping().add([]) == []
    assert TradeGrouping().open is None


@pytest.mark.capture
def test_real_trades_are_tiled(captures):
    for trades in captured_trades(captures / "ws" / USDM).values():
        grouping = TradeGrouping()
        found = [*grouping.add(trades), grouping.open]
        check(found, trades)
        assert all(b.first_id == a.last_id + 1 for a, b in pairwise(found))
        assert len(found) < len(trades)


@given(ROWS.filter(bool), st.lists(st.integers(0, 50)))
def test_what_only_follows_knows_the_same_open_group(rows, cuts):
    trades = drawn(rows)
    marks = sorted({0, *(cut for cut in cuts if cut < len(trades)), len(trades)})
    taking, following = TradeGrouping(), TradeGrouping()
    for first, stop in pairwise(marks):
        overlap = trades[max(0, first - 1) : stop]  # told before, as two connections do
        taking.add(overlap)
        following.follow(overlap if first % 2 else trades[first:stop])
        assert following.open == taking.open
