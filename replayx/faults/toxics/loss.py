"""loss: messages are lost, each by chance, in bursts, or by the ids that they tell.

Bursts are Gilbert's and Elliott's: the link is in a good or a bad state, and loses by its own
rate in each.

    good ── enter ──> bad          after each message
      ^───── leave ────┘
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.attributes import Ratio
from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Link
from replayx.faults.parts import left_out, standing
from replayx.faults.toxic import Draws, LinkToxic, Toxic
from replayx.market.events import AggTrade, BookDelta, BookSnapshot, BookTop, MarketEvent, Trade

_IDS = re.compile(r"(\d{1,18})(?:\.\.(\d{1,18}))?")


class Loss(Toxic, frozen=True, kw_only=True):
    """Messages are lost: all that the rule selects, a share of them, in bursts, or some ids.

    rate: how many are lost, in bursts if there are any. enter, leave: how probably a burst begins,
    and ends, behind a message. outside: how many are lost between bursts. ids: `157..160` or `157`:
    only messages that tell a trade or a change of the book with one of these ids.
    """

    type: ClassVar[str] = "loss"
    source: ClassVar[str] = "Gilbert 1960, Elliott 1963; netem(8): loss gemodel"
    draws: ClassVar[int] = 2

    rate: Ratio = Ratio(1)
    enter: Ratio = Ratio(0)
    leave: Ratio = Ratio(0)
    outside: Ratio = Ratio(0)
    ids: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for bursts that never end, and for ids that are none."""
        if self.enter and not self.leave:
            raise ValueError("enter without leave; expected both: a burst that ends")
        if not self.enter and (self.leave or self.outside):
            raise ValueError("leave or outside without enter; expected a burst that begins")
        if self.ids and not self.id_range():
            raise ValueError(f"ids {self.ids!r}; expected one such as '157', or '157..160'")

    def id_range(self) -> range:
        """Return the ids that are lost; empty if there are none."""
        match = _IDS.fullmatch(self.ids)
        return range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what loses messages of a link."""
        if link.carrier is Carrier.REST:
            return None
        return BurstyLink(self) if self.enter else LossyLink(self)


class LossyLink:
    """Loses each message by the same chance."""

    def __init__(self, loss: Loss) -> None:
        self._rate = float(loss.rate)
        self._ids = loss.id_range()

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Lose some of what fired."""
        if self._ids:
            fired = _telling(flow, fired, self._ids)
        if self._rate < 1:
            fired = _below(draws.column(0), self._rate, fired)
        return _lose(flow, fired)


class BurstyLink:
    """Is in a good state or in a bad one."""

    def __init__(self, loss: Loss) -> None:
        self._rates = (float(loss.outside), float(loss.rate))
        self._changes = (float(loss.enter), float(loss.leave))
        self._ids = loss.id_range()
        self._is_bad = False

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Lose some of what fired."""
        lost = self._lost(fired, draws)
        return _lose(flow, _telling(flow, lost, self._ids) if self._ids else lost)

    def _lost(self, fired: Sequence[int], draws: Draws) -> list[int]:
        losing, changing = draws.column(0), draws.column(1)
        is_bad = self._is_bad
        rate, change = self._rates[is_bad], self._changes[is_bad]
        lost: list[int] = []
        for k in fired:
            if losing[k] < rate:
                lost.append(k)
            if changing[k] < change:
                is_bad = not is_bad
                rate, change = self._rates[is_bad], self._changes[is_bad]
        self._is_bad = is_bad
        return lost


def _below(column: Sequence[float], rate: float, fired: Sequence[int]) -> Sequence[int]:
    if len(fired) == len(column):
        return [k for k, draw in enumerate(column) if draw < rate]
    return [k for k in fired if column[k] < rate]


def _lose(flow: Flow, lost: Sequence[int]) -> Sequence[int]:
    lost = standing(flow, lost)
    flow.parts = left_out(flow.parts, lost)
    return lost


def _telling(flow: Flow, fired: Sequence[int], ids: range) -> list[int]:
    """Return those messages that tell one of these ids."""
    return [k for k in fired if _overlaps(_told(flow, k), ids)]


def _overlaps(told: range, ids: range) -> bool:
    return max(told.start, ids.start) < min(told.stop, ids.stop)


def _told(flow: Flow, k: int) -> range:
    channel = flow.channel[k]
    feed = flow.venue.market_feed(channel) if flow.venue is not None and channel else None
    if flow.venue is None or feed is None:
        return range(0)
    event = flow.venue.decode(feed, [flow.payload(k)])[0]
    return range(0) if event is None else _ids(event)


def _ids(event: MarketEvent) -> range:
    match event:
        case BookDelta():
            return range(event.first_id, event.last_id + 1)
        case BookSnapshot() | BookTop():
            return range(event.last_id, event.last_id + 1)
        case Trade() | AggTrade():
            return range(event.id, event.id + 1)
    return range(0)
