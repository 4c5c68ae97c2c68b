"""Streams that follow from others, message by message: best quotes and slower deltas of a book."""

from collections.abc import Iterable, Sequence

from replayx.market.book import Book
from replayx.market.events import UNLINKED, BookDelta, BookSnapshot, BookTop, Level


def tops(
    book: Book, symbol: str, told: Iterable[tuple[int, BookDelta | BookSnapshot]]
) -> list[tuple[int, BookTop]]:
    """Apply what is told to the book; return the best quotes behind each message changing them."""
    changes: list[tuple[int, BookTop]] = []
    best = book.best()
    for k, event in told:
        if isinstance(event, BookDelta):
            if book.apply(event) is None:
                continue
        else:
            book.load(event)
        now_best = book.best()
        if now_best != best:
            best = now_best
            changes.append((k, book.top(symbol)))
    return changes


def merged(deltas: Sequence[BookDelta]) -> list[BookDelta]:
    """Return consecutive deltas as one, or as one a piece where some are missing in between."""
    pieces: list[list[BookDelta]] = []
    for delta in deltas:
        if pieces and delta.last_id <= pieces[-1][-1].last_id:
            continue  # two connections carried it
        if pieces and _follows(pieces[-1][-1], delta):
            pieces[-1].append(delta)
        else:
            pieces.append([delta])
    return [_one(piece) for piece in pieces]


def _follows(previous: BookDelta, delta: BookDelta) -> bool:
    if delta.previous_id != UNLINKED:
        return delta.previous_id <= previous.last_id
    return delta.first_id <= previous.last_id + 1


def _one(piece: list[BookDelta]) -> BookDelta:
    if len(piece) == 1:
        return piece[0]
    first, last = piece[0], piece[-1]
    return BookDelta(
        first.symbol,
        first.first_id,
        last.last_id,
        _last_sizes(delta.bids for delta in piece),
        _last_sizes(delta.asks for delta in piece),
        last.time_ms,
        first.previous_id,
    )


def _last_sizes(sides: Iterable[tuple[Level, ...]]) -> tuple[Level, ...]:
    """Return each price once, with the size told last."""
    sizes: dict[str, str] = {}
    for levels in sides:
        sizes.update(levels)
    return tuple(sizes.items())
