"""A market's history: what the tape tells of it, at any instant.

`build` passes over the tape once. Then every instant is near to a key-frame: the state before a
segment, and at most one chunk of each source to go on from there.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.sidecar import SidecarReader, SidecarWriter
from replayx.clock import NS_PER_MS
from replayx.errors import CassetteError, LimitExceeded, ReplayxError, StorageFailure
from replayx.limits import MARKET_IN_MEMORY_BYTES
from replayx.market.book import Book
from replayx.market.book_reader import BookReader
from replayx.market.candles import CandleRows
from replayx.market.chunks import Chunks
from replayx.market.codec import Codec, Fact
from replayx.market.events import (
    AggTrade,
    Candle,
    FeedKind,
    MarketEvent,
    MarketFeed,
    Trade,
    of_type,
)
from replayx.market.facts import Facts
from replayx.market.index_file import IndexFile
from replayx.market.instant import Instant
from replayx.market.latest import LatestReader
from replayx.market.market_at import MarketAt
from replayx.market.market_index import MarketIndex, MemoryBlobs
from replayx.market.market_pass import MarketPass, Progress, Warn, candles_told
from replayx.market.market_view import Increments
from replayx.market.segments import Cut, Piece
from replayx.market.told_candles import ToldCandles
from replayx.market.trade_log import in_order
from replayx.market.trade_reader import TradeReader
from replayx.market.trade_sums import AnyTrade
from replayx.timeline.source import Source


class SymbolState(NamedTuple):
    """What is known of a symbol before a chunk: its book, and the aggregated trade that is open.

    The book is a copy. Without deltas or trades on the tape these are None.
    """

    book: Book | None
    open_group: AggTrade | None


class Built(NamedTuple):
    """Where the index is kept (empty: in memory), and whether it was made just now."""

    path: str
    is_new: bool


class MarketHistory:
    """One market of a tape. Build it once; then one thread at a time may ask."""

    def __init__(
        self, market: str, sources: Sequence[Source], codec: Codec, facts: Iterable[Fact] = ()
    ) -> None:
        self.market = market
        self.is_built = False
        self._is_made = False
        self._sources = sources
        self._symbols: tuple[str, ...] | None = None
        self._facts = Facts(facts)
        self._chunks = Chunks(market, sources, codec)
        self._file = IndexFile.of(market, sources)
        self._opened: SidecarReader | None = None
        self._built = Built("", is_new=False)
        self._use(MemoryBlobs().read)

    def build(
        self, progress: Progress | None = None, *, keep: bool = False, warn: Warn | None = None
    ) -> Built:
        """Find the index beside the cassettes, or pass over the tape to make it.

        It is kept beside them if they are large, or with `keep`. `progress` is told how many
        messages more were passed, `warn` of a file that could not be used, and of damage behind
        which nothing is known. With `keep` raises CassetteError, StorageFailure, LimitExceeded.
        """
        built = self.make(progress, keep=keep, warn=warn)
        self.is_built = True
        return built

    def make(
        self, progress: Progress | None = None, *, keep: bool = False, warn: Warn | None = None
    ) -> Built:
        """Do what `build` does, but let nobody know: then that takes no time, and whoever plays
        the tape can say at which moment the history was there. Raises what it raises.
        """
        if not self._is_made:
            warn = warn or _unheard
            self._built = self._found(warn) or self._made(progress or _unwatched, warn, keep=keep)
            self._chunks.forget()
            self._is_made = True
        return self._built

    def close(self) -> None:
        """Close the index's file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    # ---- what was recorded

    def feeds(self) -> tuple[MarketFeed, ...]:
        """Return what the streams on the tape tell, each once."""
        return tuple(dict.fromkeys(feed for feeds in self._chunks.feeds for feed in feeds.values()))

    def symbols(self) -> tuple[str, ...]:
        """Return the symbols of which the tape tells anything, in alphabetical order."""
        if self._symbols is None:
            streamed = (feed.symbol for feed in self.feeds())
            self._symbols = tuple(sorted(dict.fromkeys((*streamed, *self._facts.symbols()))))
        return self._symbols

    def decoded(
        self, source: int, batch: FrameBatch, feed: MarketFeed
    ) -> list[tuple[int, MarketEvent]]:
        """Return what a chunk's messages of one feed tell, with their places in the chunk.

        Raises CassetteError.
        """
        told = self._chunks.decoded(source, batch, feed)
        return list(zip(told.places, told.events, strict=True))

    # ---- instants

    def at(self, position_ns: int, *, shift_ms: int = 0, now_ms: int | None = None) -> MarketAt:
        """Return the market at a position: with everything that was received until then.

        `now_ms` is the client's time; left out, it is the tape's. Raises CassetteError.
        """
        assert self.is_built, "a history is built before it is asked"
        segment = self._index.segments.at(position_ns)
        pieces = self._index.segments.pieces(segment) if segment >= 0 else ()
        stopped = tuple(self._chunks.stop_at(piece, position_ns) for piece in pieces)
        return self._view(Cut(segment, position_ns, stopped), shift_ms, now_ms)

    def before(
        self, source: int, ordinal: int, *, shift_ms: int = 0, now_ms: int | None = None
    ) -> MarketAt:
        """Return the market before the first message of a chunk. Raises CassetteError."""
        return self._view(self._cut_before(source, ordinal), shift_ms, now_ms)

    def state_before(self, source: int, ordinal: int, symbol: str) -> SymbolState:
        """Return a symbol's state before the first message of a chunk. Raises CassetteError."""
        cut = self._cut_before(source, ordinal)
        book = self.books.book(symbol, cut)
        log = self._index.trades.get(symbol)
        open_group = None if log is None else log.open_before(log.rows_through(cut.segment - 1))
        return SymbolState(None if book is None else book.copy(), open_group)

    # ---- for MarketAt

    def candles(self, symbol: str) -> CandleRows:
        """Return a symbol's candle rows."""
        return self._index.candles_of(symbol)

    def instant(self, symbol: str, cut: Cut, *, now_ms: int, shift_ms: int) -> Instant:
        """Return the instant of a cut, with what its segment told about a symbol so far."""
        candles = candles_told(self._chunks, cut.pieces, symbol)
        for feed in self._facts.feeds_of(FeedKind.CANDLE, symbol):
            told = None if feed.zone_ms else self._facts.latest(feed, cut.at_ns)
            if told is not None:
                rows = of_type(told[1], Candle)
                told_ms = told[0] // NS_PER_MS
                candles.append(ToldCandles(feed.interval, rows, told_ms, is_answer=True))
        tail = self._trades_of(symbol, cut.pieces)
        return Instant(now_ms, cut.segment, shift_ms, tail, candles)

    def increments(self, symbol: str) -> Increments | None:
        """Return the steps of prices and sizes seen on the whole tape."""
        return self._index.steps.get(symbol)

    # ---- the index

    def _found(self, warn: Warn) -> Built | None:
        """Take the index from its file, if there is one that is right."""
        if self._file is None:
            return None
        try:
            file = self._file.open()
            if file is None:
                return None
            self._opened = file
            self._use(file.read)
            self._file.fill(self._index, file)
        except ReplayxError as error:
            self.close()
            warn(f"the market's index is made again: {error}")
            return None
        return Built(self._file.where, is_new=False)

    def _made(self, progress: Progress, warn: Warn, *, keep: bool) -> Built:
        """Pass over the tape, in memory or with a file beside it."""
        file = self._file
        if file is not None and (keep or file.cassette_bytes > MARKET_IN_MEMORY_BYTES):
            try:
                return self._kept(file, progress)
            except (StorageFailure, LimitExceeded, CassetteError) as error:
                if keep:
                    raise
                warn(f"the market's index is not kept: {error}")
        blobs = MemoryBlobs()
        self._use(blobs.read)
        MarketPass(self._index, self._chunks, self._facts, blobs.write).run(progress, warn)
        return Built("", is_new=True)

    def _kept(self, file: IndexFile, progress: Progress) -> Built:
        writer = SidecarWriter(file.path)
        try:
            self._use(MemoryBlobs().read)
            MarketPass(self._index, self._chunks, self._facts, writer.write).run(progress)
            writer.finish(file.table(self._index))
        except BaseException:
            writer.abandon()
            raise
        self._opened = SidecarReader(file.path)
        self._use(self._opened.read)
        file.fill(self._index, self._opened)
        return Built(file.where, is_new=True)

    # ---- cuts

    def _use(self, read_blob: Callable[[int], bytes]) -> None:
        self._index = MarketIndex(read_blob, self._run_trades)
        self.trades = TradeReader(self._index, self._chunks)
        self.latest = LatestReader(self._index, self._chunks, self._facts)
        self.books = BookReader(self._index, self._chunks, self._facts, self.latest.event)

    def _view(self, cut: Cut, shift_ms: int, now_ms: int | None) -> MarketAt:
        if now_ms is None:
            now_ms = cut.at_ns // NS_PER_MS + shift_ms
        return MarketAt(self, cut, shift_ms=shift_ms, now_ms=now_ms)

    def _cut_before(self, source: int, ordinal: int) -> Cut:
        segment = self._index.segments.of_chunk(source, ordinal)
        pieces = self._index.segments.pieces(segment)
        nothing = tuple(piece._replace(stop=piece.first) for piece in pieces)
        # Answers that came with its first message are not known before it.
        return Cut(segment, self._index.segments.starts[segment] - 1, nothing)

    def _trades_of(self, symbol: str, pieces: Sequence[Piece]) -> Sequence[AnyTrade]:
        """Return what candles are made of: trades, or aggregated ones where that is all."""
        if (FeedKind.TRADE, symbol) in self._chunks.families:
            return in_order(of_type(self._chunks.events(pieces, (FeedKind.TRADE, symbol)), Trade))
        events = self._chunks.events(pieces, (FeedKind.AGG_TRADE, symbol))
        return in_order(of_type(events, AggTrade))

    def _run_trades(self, symbol: str, run: int) -> Sequence[AnyTrade]:
        return self._trades_of(symbol, self._index.segments.pieces(run))


def _unheard(message: str) -> None:
    """Take a warning that nobody asked for."""
    del message


def _unwatched(count: int) -> None:
    del count
