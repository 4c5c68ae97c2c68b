"""The differences of shocked books, told otherwise once and kept, packed: each needs the book."""

from collections.abc import Mapping

import msgspec
import zstandard

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel
from replayx.errors import LimitExceeded
from replayx.limits import SHOCK_BYTES_MAX
from replayx.market.events import BookDelta, BookSnapshot, MarketFeed
from replayx.market.history import MarketHistory
from replayx.market.shocked_book import ShockedBook
from replayx.market.shocked_symbol import ShockedSymbol
from replayx.market.soundness import sound
from replayx.session.shock_ids import inner, places_of
from replayx.timeline.source import Source
from replayx.venues.venue import Venue

# All levels of a book.
_DEEP = 1 << 30


class DeltaStream:
    """A channel of differences of a shocked symbol, followed from the first step on."""

    def __init__(
        self,
        channel: Channel,
        feed: MarketFeed,
        venue: Venue,
        symbol: ShockedSymbol,
        history: MarketHistory,
    ) -> None:
        self._channel = channel
        self._feed = feed
        self._venue = venue
        self._symbol = symbol
        self._history = history
        by_id = symbol.timetables.by_id
        assert by_id is not None, "differences have ids"
        self._timetable = by_id
        self._book: ShockedBook | None = None

    @property
    def is_over(self) -> bool:
        """Whether what comes now is as it was."""
        return self._book is not None and self._timetable.is_over(self._book.last_id)

    def told(self, batch: FrameBatch) -> dict[int, bytes]:
        """Return what the messages of a batch say instead, the next one of its source."""
        channel = self._channel
        places = places_of(batch, channel.number)
        payloads = [inner(batch, k, channel) for k in places]
        events = sound(self._venue.decode(self._feed, payloads))
        found = {}
        for k, payload, event in zip(places, payloads, events, strict=True):
            if not isinstance(event, BookDelta):
                continue
            told = self._follow(event, batch.at[k])
            if told is not event:
                changed = self._venue.retold(payload, told)
                found[k] = channel.prefix + changed + channel.suffix
        return found

    def _follow(self, delta: BookDelta, at_ns: int) -> BookDelta:
        if self._book is None:
            self._book = ShockedBook(self._symbol.grid, self._timetable, self._recorded(at_ns - 1))
        if not self._book.joins(delta):
            # Some are missing: what else is recorded may know them.
            self._book.load(self._recorded(at_ns))
        return self._book.told(delta)

    def _recorded(self, at_ns: int) -> BookSnapshot | None:
        """Return the book as it was."""
        return self._history.at(at_ns).book(self._feed.symbol, _DEEP)


class ShockedDeltas:
    """What differences of one source say instead, by batch."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}
        self._bytes = 0

    def read(self, source: Source, streams: Mapping[int, DeltaStream], from_ns: int) -> None:
        """Read a source from a time on, until all streams are as they were.

        Raises CassetteError, LimitExceeded.
        """
        open_ones = dict(streams)
        packer = zstandard.ZstdCompressor()
        for batch in source.batches(from_ns) if streams else ():
            told: dict[int, bytes] = {}
            for number, stream in list(open_ones.items()):
                if number in batch.channel_frames:
                    told.update(stream.told(batch))
                    if stream.is_over:
                        del open_ones[number]
            if told:
                self._keep(batch.ordinal, packer.compress(msgspec.msgpack.encode(told)))
            if not open_ones:
                return

    def of(self, ordinal: int) -> Mapping[int, bytes]:
        """Return what messages of a batch say instead."""
        packed = self._packed.get(ordinal)
        if packed is None:
            return {}
        text = zstandard.ZstdDecompressor().decompress(packed)
        return msgspec.msgpack.decode(text, type=dict[int, bytes])

    def _keep(self, ordinal: int, packed: bytes) -> None:
        self._packed[ordinal] = packed
        self._bytes += len(packed)
        if self._bytes > SHOCK_BYTES_MAX:
            raise LimitExceeded(
                f"book differences of more than {SHOCK_BYTES_MAX} bytes under a shock",
                expected="a shorter shock, or one of fewer symbols (where.symbol)",
            )
