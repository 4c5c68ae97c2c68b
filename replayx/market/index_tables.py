"""A market's index as bytes and back: everything in it but the key-frames, which are blobs."""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import zstandard

from replayx.cassette.packing import unpack_frame
from replayx.market.candles import CandlesState
from replayx.market.events import AggTrade, FeedKind, Trade, of_type
from replayx.market.market_index import MarketIndex
from replayx.market.market_view import Increments
from replayx.market.segments import Segments
from replayx.market.told_candles import IntervalState
from replayx.market.trade_holes import HolesState
from replayx.market.trade_log import GroupedLog, TradeLog
from replayx.market.trade_rows import RowsState
from replayx.market.trade_sums import Digits, TradeSum

_LEVEL = 6
_Columns = tuple[bytes, ...]


class _Candles(NamedTuple):
    """`CandlesState`, with sums as text: they may be larger than the 64 bits of msgpack."""

    digits: Digits
    runs: list[int]
    rows: str
    late: str
    holes: HolesState
    told: list[IntervalState]


class _Tables(msgspec.Struct, array_like=True, frozen=True):
    segments: _Columns
    ordinals: list[tuple[int, int, bytes]]
    books: dict[str, _Columns]
    trades: dict[str, tuple[_Columns, list[AggTrade], AggTrade | None]]
    agg_trades: dict[str, _Columns]
    past_trades: dict[str, list[Trade]]
    past_agg_trades: dict[str, list[AggTrade]]
    candles: dict[str, _Candles]
    steps: dict[str, Increments]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Tables).decode


def pack_tables(index: MarketIndex) -> bytes:
    """Return an index without its key-frames."""
    past = {kind: _past(index, kind) for kind in (FeedKind.TRADE, FeedKind.AGG_TRADE)}
    tables = _Tables(
        index.segments.packed(),
        [(*channel, column.tobytes()) for channel, column in index.ordinals.items()],
        {symbol: frames.packed() for symbol, frames in index.books.items()},
        {s: (tuple(log.packed()), log.opens, log.last) for s, log in index.trades.items()},
        {symbol: tuple(log.packed()) for symbol, log in index.agg_trades.items()},
        {symbol: of_type(told, Trade) for symbol, told in past[FeedKind.TRADE].items()},
        {symbol: of_type(told, AggTrade) for symbol, told in past[FeedKind.AGG_TRADE].items()},
        {symbol: _packed_candles(rows.state()) for symbol, rows in index.candles.items()},
        index.steps,
    )
    return zstandard.ZstdCompressor(level=_LEVEL).compress(_encode(tables))


def unpack_tables(packed: bytes, index: MarketIndex, blob_count: int) -> None:
    """Fill an empty index. Raises ValueError, Damage if it is not one."""
    tables = _decode(unpack_frame(packed))
    index.segments = Segments.unpacked(tables.segments)
    count = len(index.segments)
    for source, channel, column in tables.ordinals:
        index.ordinals[source, channel] = array("I", column)
    for symbol, columns in tables.books.items():
        index.book_of(symbol).unpack(columns, blob_count)
    for symbol, (columns, opens, last) in tables.trades.items():
        log = index.trades[symbol] = GroupedLog(last)
        log.unpack(columns, count)
        log.opens = opens
        if len(opens) != len(log):
            raise ValueError("groups that are not one a row")
    for symbol, columns in tables.agg_trades.items():
        index.agg_trades.setdefault(symbol, TradeLog()).unpack(columns, count)
    for symbol, trades in tables.past_trades.items():
        index.past[FeedKind.TRADE, symbol] = list(trades)
    for symbol, groups in tables.past_agg_trades.items():
        index.past[FeedKind.AGG_TRADE, symbol] = list(groups)
    for symbol, candles in tables.candles.items():
        index.candles_of(symbol).restore(_unpacked_candles(candles))
    index.steps = tables.steps


def _past(index: MarketIndex, kind: FeedKind) -> dict[str, list[Trade | AggTrade]]:
    return {symbol: told for (of, symbol), told in index.past.items() if of is kind}


def _packed_candles(state: CandlesState) -> _Candles:
    digits, runs, rows, late, holes = state.rows
    return _Candles(digits, runs, _text(rows), _text(late), holes, state.told)


def _unpacked_candles(packed: _Candles) -> CandlesState:
    rows, late = _sums(packed.rows), _sums(packed.late)
    if len(rows) != len(packed.runs):
        raise ValueError("sums that are not one a run and second")
    return CandlesState(
        RowsState(packed.digits, packed.runs, rows, late, packed.holes), packed.told
    )


def _text(sums: Sequence[TradeSum]) -> str:
    return "\n".join(",".join(map(str, column)) for column in zip(*sums, strict=True))


def _sums(text: str) -> list[TradeSum]:
    if not text:
        return []
    columns = [list(map(int, line.split(","))) for line in text.split("\n")]
    return list(map(TradeSum, *columns))
