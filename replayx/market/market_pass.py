"""The pass over a tape that makes a market's index: every chunk once, in the total order."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from replayx.clock import NS_PER_MS
from replayx.errors import CassetteError
from replayx.market.book_frames import BookFrameWriter
from replayx.market.book_pass import BookPass
from replayx.market.chunks import Chunks, Family
from replayx.market.events import (
    AggTrade,
    BookDelta,
    Candle,
    FeedKind,
    MarketEvent,
    Trade,
    of_type,
)
from replayx.market.facts import Facts
from replayx.market.market_index import MarketIndex
from replayx.market.past_pass import PastPass
from replayx.market.segments import Piece
from replayx.market.step_pass import SPARE_KINDS, StepPass
from replayx.market.told_candles import ToldCandles
from replayx.market.trade_log import GroupedLog, TradeLog, in_order
from replayx.timeline.merge import Run, merge

Progress = Callable[[int], None]
Warn = Callable[[str], None]
_FROM_THE_BEGINNING = -(1 << 63)


class MarketPass:
    """Reads all chunks once and fills an index."""

    def __init__(
        self, index: MarketIndex, chunks: Chunks, facts: Facts, write_blob: Callable[[bytes], int]
    ) -> None:
        self._index = index
        self._chunks = chunks
        self._facts = facts
        self._write_blob = write_blob
        self._symbols = [one for kind, one in chunks.families if kind is FeedKind.BOOK_DELTA]
        self._books: dict[str, BookPass] = {}
        self._steps = StepPass()
        self._pieces: dict[int, Piece] = {}
        self._start_ns = 0
        self._past = PastPass(index, chunks.families, facts)

    def run(self, progress: Progress, warn: Warn | None = None) -> None:
        """Do it all. `progress` is told how many messages were passed. Raises CassetteError.

        With `warn` a tape that is damaged is passed as far as it can be read, and that is told.
        """
        self._past.read()
        for run in self._runs(warn):
            if run.first == 0:
                self._end_segment(run.batch.at[0])
                self._start_ns = run.batch.at[0]
                self._chunks.hold(run.source, run.batch)
                self._note_channels(run.source, run.batch.ordinal, run.batch.channel_frames)
            self._extend(run.source, run.batch.ordinal, run.first, run.stop)
            progress(run.stop - run.first)
        self._end_segment(None)
        self._past.finish()
        self._take_steps_of_answers()
        self._index.steps.update(self._steps.found())

    def _runs(self, warn: Warn | None) -> Iterator[Run]:
        try:
            yield from merge(self._chunks.sources, _FROM_THE_BEGINNING)
        except CassetteError as error:
            if warn is None:
                raise
            warn(f"the market is known up to the damage: {error}")

    def _extend(self, source: int, ordinal: int, first: int, stop: int) -> None:
        piece = self._pieces.get(source)
        if piece is not None:
            assert (piece.ordinal, piece.stop) == (ordinal, first), "a segment in two chunks"
            first = piece.first
        self._pieces[source] = Piece(source, ordinal, first, stop)

    def _note_channels(self, source: int, ordinal: int, channels: Iterable[int]) -> None:
        feeds = self._chunks.feeds[source]
        for number in channels:
            if number in feeds:
                self._index.ordinals.setdefault((source, number), array("I")).append(ordinal)

    # ---- segments

    def _end_segment(self, next_ns: int | None) -> None:
        """Take in what the segment told that ends before `next_ns`; None: with the tape."""
        if not self._pieces:
            return
        pieces = tuple(self._pieces.values())
        segment = len(self._index.segments)
        self._index.segments.append(self._start_ns, pieces)
        self._pieces = {}
        told = self._families(pieces)
        for family in told:
            kind, symbol = family
            if kind is FeedKind.TRADE:
                self._take_trades(segment, symbol, self._chunks.events(pieces, family))
            elif kind is FeedKind.AGG_TRADE:
                self._take_agg_trades(segment, symbol, self._chunks.events(pieces, family))
            elif kind is FeedKind.CANDLE:
                self._take_candles(segment, pieces, symbol)
        for symbol in self._symbols:
            is_told = (FeedKind.BOOK_DELTA, symbol) in told
            self._follow_book(segment, pieces if is_told else (), symbol, next_ns)
        for family in told:
            if family[0] in SPARE_KINDS and self._steps.lacks(family[1]):
                self._steps.take(family[1], self._chunks.events(pieces, family))
        self._past.take_candles(segment, next_ns)

    def _families(self, pieces: Sequence[Piece]) -> dict[Family, None]:
        """Return what pieces tell, in a fixed order."""
        found: dict[Family, None] = {}
        for piece in pieces:
            feeds = self._chunks.feeds[piece.source]
            batch = self._chunks.batch(piece.source, piece.ordinal)
            for number in batch.channel_frames:
                if number in feeds:
                    found[feeds[number].kind, feeds[number].symbol] = None
        return found

    def _take_trades(self, segment: int, symbol: str, events: list[MarketEvent]) -> None:
        told = of_type(events, Trade)
        if not told:
            return
        log = self._index.trades.get(symbol)
        if log is None:
            log = GroupedLog(self._past.anchor(symbol, min(trade.id for trade in told)))
            self._index.trades[symbol] = log
        trades = in_order(told)
        log.group(segment, trades)
        self._steps.take(symbol, trades)
        self._index.candles_of(symbol).add_trades(segment, trades)

    def _take_agg_trades(self, segment: int, symbol: str, events: list[MarketEvent]) -> None:
        told = of_type(events, AggTrade)
        if not told:
            return
        self._index.agg_trades.setdefault(symbol, TradeLog()).add(segment, in_order(told))
        self._steps.take(symbol, told)
        if (FeedKind.TRADE, symbol) not in self._chunks.families:
            self._index.candles_of(symbol).add_trades(segment, in_order(told))

    def _take_candles(self, segment: int, pieces: Sequence[Piece], symbol: str) -> None:
        rows = self._index.candles_of(symbol)
        for told in candles_told(self._chunks, pieces, symbol):
            rows.add_candles(segment, told)

    def _follow_book(
        self, segment: int, pieces: Sequence[Piece], symbol: str, next_ns: int | None
    ) -> None:
        book = self._books.get(symbol)
        if book is None:
            writer = BookFrameWriter(self._index.book_of(symbol), self._write_blob)
            book = BookPass(symbol, writer, self._facts.snapshots(symbol))
            self._books[symbol] = book
        family = (FeedKind.BOOK_DELTA, symbol)
        due_ns = book.next_ns()
        if due_ns is None or (next_ns is not None and due_ns >= next_ns):
            if pieces:
                deltas = of_type(self._chunks.events(pieces, family), BookDelta)
                self._steps.take(symbol, deltas)
                book.follow(deltas)
        else:
            self._follow_with_snapshots(segment, book, pieces, next_ns)
        book.end_segment(segment)

    def _follow_with_snapshots(
        self, segment: int, book: BookPass, pieces: Sequence[Piece], next_ns: int | None
    ) -> None:
        rows = self._chunks.timed(pieces, (FeedKind.BOOK_DELTA, book.symbol))
        times = [at_ns for at_ns, _ in rows]
        deltas = [event for _, event in rows]
        self._steps.take(book.symbol, deltas)
        done = 0
        while (due_ns := book.next_ns()) is not None and (next_ns is None or due_ns < next_ns):
            # Everything received at the snapshot's time or before is known with it.
            stop = bisect_left(times, due_ns + 1, done)
            book.follow(of_type(deltas[done:stop], BookDelta))
            book.take_snapshot(segment)
            done = stop
        book.follow(of_type(deltas[done:], BookDelta))

    def _take_steps_of_answers(self) -> None:
        """Take the steps of symbols of which answers tell, and streams at most quotes."""
        for feed in [one for one in self._facts.feeds() if self._steps.lacks(one.symbol)]:
            told = self._facts.first(feed)
            if told is not None:
                self._steps.take(feed.symbol, told[1])


def candles_told(chunks: Chunks, pieces: Sequence[Piece], symbol: str) -> list[ToldCandles]:
    """Return the candles that streams tell in pieces of a segment, in order."""
    found: list[tuple[int, ToldCandles]] = []
    for piece in pieces:
        members = chunks.members((FeedKind.CANDLE, symbol), piece.source)
        batch = chunks.batch(piece.source, piece.ordinal)
        for feed in dict.fromkeys(members.values()):
            if feed.zone_ms:
                continue  # begins on another grid
            told = chunks.decoded(piece.source, batch, feed).between(piece.first, piece.stop)
            found += [
                (batch.at[k], ToldCandles(feed.interval, [event], batch.at[k] // NS_PER_MS))
                for k, event in zip(told.places, told.events, strict=True)
                if isinstance(event, Candle)
            ]
    return [told for _, told in sorted(found, key=_when_told)]


def _when_told(row: tuple[int, ToldCandles]) -> int:
    return row[0]
