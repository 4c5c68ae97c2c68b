"""Grouping trades into aggregated trades, where the venue's own were not recorded."""

from collections.abc import Iterable, Sequence
from operator import attrgetter, ne

from replayx.market.events import AggTrade, Trade
from replayx.market.scaled import sum_texts

_TIME, _PRICE = attrgetter("time_ms"), attrgetter("price")
_SIDE = attrgetter("buyer_is_maker")


class TradeGrouping:
    """Groups trades as they come; `open` is the group that the next trade may still belong to.

    Ids count up from the first trade's id, one a group: the same whoever asks, provided that the
    grouping began with the first trade of the tape, or with what another left `open`.
    """

    def __init__(self, open_group: AggTrade | None = None) -> None:
        self.open = open_group

    def add(self, trades: Iterable[Trade]) -> list[AggTrade]:
        """Take trades in the order of their ids and return the groups that they end.

        A trade that was there before (an id not above the last) is left out.
        """
        ended: list[AggTrade] = []
        group = self.open
        held: list[Trade] = []  # what has come to the group, beside what it was when it was open
        for trade in trades:
            last_id = held[-1].id if held else (-1 if group is None else group.last_id)
            if group is None:
                group = _begun(trade.id, trade)
            elif trade.id <= last_id:
                continue
            elif trade.id == last_id + 1 and _alike(group, trade):
                held.append(trade)
            else:
                ended.append(_grown(group, held))
                group = _begun(group.id + 1, trade)
                held = []
        self.open = None if group is None else _grown(group, held)
        return ended

    def follow(self, trades: Sequence[Trade]) -> None:
        """Take trades as `add` does, where nobody asks for the groups that they end: quicker."""
        group, count = self.open, len(trades)
        joins = count and (group is None or trades[0].id == group.last_id + 1)
        if not joins or trades[-1].id - trades[0].id != count - 1:
            self.add(trades)  # some are missing, or were there before
            return
        kinds = list(zip(map(_TIME, trades), map(_PRICE, trades), map(_SIDE, trades), strict=True))
        is_other = list(map(ne, kinds, kinds[1:]))
        others = sum(is_other)
        if group is None:
            group = _begun(trades[0].id, trades[0])
        elif not _alike(group, trades[0]):
            group = _begun(group.id + 1, trades[0])
        elif not others:
            self.open = _grown(group, list(trades))
            return
        first = count - 1 - is_other[::-1].index(True) if others else 0
        last = _begun(group.id + others, trades[first])
        self.open = _grown(last, list(trades[first + 1 :]))


def _alike(group: AggTrade, trade: Trade) -> bool:
    """Say whether a trade has a group's price, maker's side and time.

    A venue tells one aggregated trade for each price at which one order was filled. The order is
    not told with a trade; fills of one order bear one time and one side.
    """
    return (
        trade.time_ms == group.time_ms
        and trade.price == group.price
        and trade.buyer_is_maker == group.buyer_is_maker
    )


def _begun(group_id: int, trade: Trade) -> AggTrade:
    return AggTrade(
        symbol=trade.symbol,
        id=group_id,
        price=trade.price,
        quantity=trade.quantity,
        first_id=trade.id,
        last_id=trade.id,
        time_ms=trade.time_ms,
        buyer_is_maker=trade.buyer_is_maker,
    )


def _grown(group: AggTrade, trades: list[Trade]) -> AggTrade:
    if not trades:
        return group
    return AggTrade(
        symbol=group.symbol,
        id=group.id,
        price=group.price,
        quantity=sum_texts([group.quantity, *(trade.quantity for trade in trades)]),
        first_id=group.first_id,
        last_id=trades[-1].id,
        time_ms=group.time_ms,
        buyer_is_maker=group.buyer_is_maker,
    )
