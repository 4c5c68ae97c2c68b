"""maintenance: a market is closed for a while, and says so."""

from collections.abc import Sequence
from typing import ClassVar

from replayx.faults.flow import Flow
from replayx.faults.link import Carrier, Direction, Link
from replayx.faults.parts import left_out, standing
from replayx.faults.round_trip import Halt, RoundTrip
from replayx.faults.toxic import Draws, LinkToxic, RequestToxic, Toxic

_SYMBOLS_MAX = 4096


class Maintenance(Toxic, frozen=True, kw_only=True):
    """A market is closed: orders are refused, its rules say so, and its streams are silent.

    Subscribing still works. status: what the rules say of the symbols: BREAK, HALT. symbols: which
    are closed; left out, all.
    """

    type: ClassVar[str] = "maintenance"
    source: ClassVar[str] = "enums.md, Symbol status; errors.md, -1016"

    status: str = "BREAK"
    symbols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a status that is none, or thousands of symbols."""
        if not self.status.replace("_", "").isalpha() or not self.status.isupper():
            raise ValueError(f"status {self.status!r}; expected one such as BREAK or HALT")
        if len(self.symbols) > _SYMBOLS_MAX:
            raise ValueError(f"{len(self.symbols)} symbols; expected at most {_SYMBOLS_MAX}")

    def on_link(self, link: Link) -> LinkToxic | None:
        """Return what silences streams."""
        is_there = link.carrier is Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _SilentStreams(self.symbols) if is_there else None

    def on_requests(self, link: Link) -> RequestToxic | None:
        """Return what refuses orders, and tells of it."""
        is_there = link.carrier is not Carrier.WS and link.direction is Direction.DOWNSTREAM
        return _ClosedMarket(Halt(self.status, self.symbols)) if is_there else None


class _SilentStreams:
    def __init__(self, symbols: tuple[str, ...]) -> None:
        self._symbols = frozenset(symbols)
        self._is_closed: dict[str, bool] = {}

    def apply(self, flow: Flow, fired: Sequence[int], draws: Draws) -> Sequence[int]:
        """Leave out what a closed market doesn't tell."""
        del draws
        if self._symbols:
            channel = flow.channel
            fired = [k for k in fired if self._closes(flow, channel[k])]
        gone = standing(flow, fired)
        flow.parts = left_out(flow.parts, gone)
        return gone

    def _closes(self, flow: Flow, channel: str) -> bool:
        if channel not in self._is_closed:
            feed = None if flow.venue is None else flow.venue.market_feed(channel)
            self._is_closed[channel] = feed is not None and feed.symbol in self._symbols
        return self._is_closed[channel]


class _ClosedMarket:
    def __init__(self, halt: Halt) -> None:
        self._halt = halt

    def apply(self, trip: RoundTrip, draws: Sequence[float]) -> bool:
        """Close the market to a request."""
        del draws
        trip.halt = self._halt
        return True
