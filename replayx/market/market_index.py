"""What one pass over a tape finds out of a market, so that any instant is near to it."""

from array import array
from collections.abc import Callable, Sequence

from replayx.market.book_frames import BookFrames
from replayx.market.candles import CandleRows
from replayx.market.events import FeedKind
from replayx.market.market_view import Increments
from replayx.market.segments import Segments
from replayx.market.trade_log import GroupedLog, TradeLog
from replayx.market.trade_sums import AnyTrade

RunTrades = Callable[[str, int], Sequence[AnyTrade]]


class MemoryBlobs:
    """Packed key-frames in memory."""

    def __init__(self) -> None:
        self._blobs: list[bytes] = []

    def __len__(self) -> int:
        return len(self._blobs)

    def write(self, blob: bytes) -> int:
        """Keep a blob and return its number."""
        self._blobs.append(blob)
        return len(self._blobs) - 1

    def read(self, number: int) -> bytes:
        """Return a blob."""
        return self._blobs[number]


class MarketIndex:
    """The market's state before every segment: key-frames, rows and where messages are."""

    def __init__(self, read_blob: Callable[[int], bytes], run_trades: RunTrades) -> None:
        self._read_blob = read_blob
        self._run_trades = run_trades
        self.segments = Segments()
        # By source and channel: the chunks that have messages of it.
        self.ordinals: dict[tuple[int, int], array[int]] = {}
        self.books: dict[str, BookFrames] = {}
        self.trades: dict[str, GroupedLog] = {}
        self.agg_trades: dict[str, TradeLog] = {}
        self.candles: dict[str, CandleRows] = {}
        # Trades that answers told from before the first of the stream, in the order of ids.
        self.past: dict[tuple[FeedKind, str], list[AnyTrade]] = {}
        self.steps: dict[str, Increments] = {}

    def book_of(self, symbol: str) -> BookFrames:
        """Return a symbol's key-frames."""
        return self.books.setdefault(symbol, BookFrames(self._read_blob))

    def candles_of(self, symbol: str) -> CandleRows:
        """Return a symbol's candle rows."""
        rows = self.candles.get(symbol)
        if rows is None:
            rows = CandleRows(symbol, lambda run: self._run_trades(symbol, run))
            self.candles[symbol] = rows
        return rows
