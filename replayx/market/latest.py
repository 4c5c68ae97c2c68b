"""The newest of what is told again and again: quotes, tickers, mark prices."""

from bisect import bisect_right

from replayx.market.chunks import Chunks
from replayx.market.events import FeedKind, MarketEvent
from replayx.market.facts import Facts
from replayx.market.market_index import MarketIndex
from replayx.market.segments import Cut, Piece


class LatestReader:
    """Finds the newest event of a kind up to a cut: one chunk of each channel at most."""

    def __init__(self, index: MarketIndex, chunks: Chunks, facts: Facts) -> None:
        self._index = index
        self._chunks = chunks
        self._facts = facts

    def event(
        self, kind: FeedKind, symbol: str, cut: Cut, *, interval: str | None = None
    ) -> MarketEvent | None:
        """Return what a stream or an answer told last up to a cut. Raises CassetteError.

        `interval`: only of feeds with this one.
        """
        found: list[tuple[int, MarketEvent]] = []
        for source in range(len(self._chunks.sources)):
            for number, feed in self._chunks.members((kind, symbol), source).items():
                if interval is None or feed.interval == interval:
                    event = self._last_of(source, number, cut)
                    found += [event] if event else []
        for feed in self._facts.feeds_of(kind, symbol):
            if interval is None or feed.interval == interval:
                told = self._facts.latest(feed, cut.at_ns)
                found += [(told[0], told[1][-1])] if told else []
        return max(found, key=_when)[1] if found else None

    def _last_of(self, source: int, number: int, cut: Cut) -> tuple[int, MarketEvent] | None:
        """Return a channel's newest event up to a cut, and when it was received."""
        ordinals = self._index.ordinals.get((source, number))
        if ordinals is None:
            return None
        ordinal, stop = self._reached(source, cut)
        row = bisect_right(ordinals, ordinal) - 1
        while row >= 0:
            passed = ordinals[row]
            if passed < ordinal:
                stop = self._chunks.batch(source, passed).count
            found = self._chunks.last(Piece(source, passed, 0, stop), number)
            if found is not None:
                return found
            row -= 1
        return None

    def _reached(self, source: int, cut: Cut) -> tuple[int, int]:
        """Return the chunk of a source that a cut has reached, and how much of it has come."""
        for piece in cut.pieces:
            if piece.source == source:
                return piece.ordinal, piece.stop
        return self._index.segments.passed(source, cut.segment)


def _when(row: tuple[int, MarketEvent]) -> int:
    return row[0]
