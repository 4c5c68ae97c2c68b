"""What the chunks of a tape tell about one market: decoded when asked for, and kept for a while."""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel, ChannelKind
from replayx.framing import header_bytes
from replayx.limits import CHUNK_CACHE_COUNT, DECODED_EVENTS_BYTES
from replayx.market.codec import Codec
from replayx.market.events import FeedKind, MarketEvent, MarketFeed
from replayx.market.segments import Piece
from replayx.market.soundness import sound
from replayx.timeline.source import Source

_HEADERS = tuple(map(header_bytes, range(256)))  # by a frame's second byte
_ENTRY_BYTES = 256  # what even an empty list costs
# Messages decoded at once: the interpreter does nothing else meanwhile, and clients wait.
_DECODED_AT_ONCE = 512

Family = tuple[FeedKind, str]  # everything of one kind that is told about one symbol


class Told(NamedTuple):
    """What messages told: their places in the chunk, in order, and the events.

    `size` is how many bytes they were, in all of the chunk.
    """

    places: list[int]
    events: list[MarketEvent]
    size: int = 0

    def between(self, first: int, stop: int) -> "Told":
        """Return what the messages `first` to `stop` told."""
        start, end = bisect_left(self.places, first), bisect_left(self.places, stop)
        if end - start == len(self.places):
            return self
        return Told(self.places[start:end], self.events[start:end])


class _Unpacked:
    """A chunk, and where in it the messages of each channel are."""

    def __init__(self, batch: FrameBatch) -> None:
        self.batch = batch
        self._places: dict[int, list[int]] | None = None
        self._raw: bytes | None = None

    def places(self, number: int) -> list[int]:
        if self._places is None:
            self._places = {one: [] for one in self.batch.channel_frames}
            appends = {one: places.append for one, places in self._places.items()}
            for k, one in enumerate(self.batch.channel):
                appends[one](k)
        return self._places.get(number, [])

    def payloads(self, places: Sequence[int], channel: Channel) -> list[bytes | memoryview]:
        """Return what the channel's messages at these places say, without what stands around it."""
        if self._raw is None:
            self._raw = bytes(self.batch.recorded)
        # Every message of a tape comes by here: no call for each, and bytes, which are cut and
        # joined three times as fast as views.
        raw, end = self._raw, self.batch.end
        before, after = len(channel.prefix), len(channel.suffix)
        starts = [end[k] for k in places]
        heads = [start + _HEADERS[raw[start + 1]] + before for start in starts]
        stops = [end[k + 1] - after for k in places]
        return [raw[head:stop] for head, stop in zip(heads, stops, strict=True)]


class Chunks:
    """The chunks of all sources, as far as they carry this market. One thread at a time."""

    def __init__(self, market: str, sources: Sequence[Source], codec: Codec) -> None:
        self.sources = sources
        self._codec = codec
        # By source: the feed of each channel that is understood.
        self.feeds: list[dict[int, MarketFeed]] = [
            {
                channel.number: feed
                for channel in source.channels.values()
                if channel.market == market
                and channel.kind is ChannelKind.STREAM
                and (feed := codec.market_feed(channel.name)) is not None
            }
            for source in sources
        ]
        self._members: dict[Family, list[dict[int, MarketFeed]]] = {}
        for number, feeds in enumerate(self.feeds):
            for channel, feed in feeds.items():
                family = (feed.kind, feed.symbol)
                members = self._members.setdefault(family, [{} for _ in sources])
                members[number][channel] = feed
        self._batches: OrderedDict[tuple[int, int], _Unpacked] = OrderedDict()
        self._told: OrderedDict[tuple[int, int, Family | MarketFeed], Told] = OrderedDict()
        self._kept = 0

    @property
    def families(self) -> tuple[Family, ...]:
        """What is told, by kind and symbol."""
        return tuple(self._members)

    def members(self, family: Family, source: int) -> Mapping[int, MarketFeed]:
        """Return the channels of a source that tell this."""
        members = self._members.get(family)
        return members[source] if members else {}

    def batch(self, source: int, ordinal: int) -> FrameBatch:
        """Return a chunk. Raises CassetteError."""
        return self._unpacked(source, ordinal).batch

    def hold(self, source: int, batch: FrameBatch) -> None:
        """Keep a chunk that is at hand."""
        self._keep((source, batch.ordinal), _Unpacked(batch))

    def forget(self) -> None:
        """Let go of everything that is kept: what a pass leaves behind serves nobody."""
        # One at a time: to free them all is one step of the interpreter, and takes 30 ms.
        while self._told:
            self._told.popitem()
        while self._batches:
            self._batches.popitem()
        self._kept = 0

    def told(self, source: int, ordinal: int, family: Family) -> Told:
        """Return what a chunk's messages of one family tell. Raises CassetteError."""
        return self._cached((source, ordinal, family), self.members(family, source))

    def decoded(self, source: int, batch: FrameBatch, feed: MarketFeed) -> Told:
        """Return what a chunk's messages of one feed tell. Raises CassetteError."""
        if (source, batch.ordinal) not in self._batches:
            self.hold(source, batch)
        numbers = {number: one for number, one in self.feeds[source].items() if one == feed}
        return self._cached((source, batch.ordinal, feed), numbers)

    def events(self, pieces: Sequence[Piece], family: Family) -> list[MarketEvent]:
        """Return what pieces of one segment tell, in the total order."""
        found = [
            (piece, told)
            for piece in pieces
            if self.members(family, piece.source)
            and (
                told := self.told(piece.source, piece.ordinal, family).between(
                    piece.first, piece.stop
                )
            ).places
        ]
        if len(found) <= 1:
            return found[0][1].events if found else []
        return [event for _, event in self._merged(found)]

    def timed(self, pieces: Sequence[Piece], family: Family) -> list[tuple[int, MarketEvent]]:
        """Return what pieces of one segment tell, with the times at which it was received."""
        return self._merged(
            [
                (piece, told.between(piece.first, piece.stop))
                for piece in pieces
                if self.members(family, piece.source)
                for told in [self.told(piece.source, piece.ordinal, family)]
            ]
        )

    def last(self, piece: Piece, number: int) -> tuple[int, MarketEvent] | None:
        """Return a channel's last event in a piece, and when it was received."""
        feed = self.feeds[piece.source][number]
        unpacked = self._unpacked(piece.source, piece.ordinal)
        places = unpacked.places(number)
        for place in range(bisect_left(places, piece.stop) - 1, -1, -1):
            k = places[place]
            if k < piece.first:
                return None
            (event,) = self._codec.decode(
                feed, unpacked.payloads([k], self.sources[piece.source].channels[number])
            )
            if event is not None:
                return unpacked.batch.at[k], event
        return None

    def stop_at(self, piece: Piece, at_ns: int) -> Piece:
        """Return what of a piece was received at or before a time."""
        at = self.batch(piece.source, piece.ordinal).at
        return piece._replace(stop=bisect_right(at, at_ns, piece.first, piece.stop))

    # ---- decoding

    def _merged(self, found: list[tuple[Piece, Told]]) -> list[tuple[int, MarketEvent]]:
        rows = []
        for piece, told in found:
            at = self.batch(piece.source, piece.ordinal).at
            rows += [
                (at[k], piece.source, k, event)
                for k, event in zip(told.places, told.events, strict=True)
            ]
        if len(found) > 1:
            rows.sort(key=_total_order)
        return [(at_ns, event) for at_ns, _, _, event in rows]

    def _cached(
        self, key: tuple[int, int, Family | MarketFeed], members: Mapping[int, MarketFeed]
    ) -> Told:
        told = self._told.get(key)
        if told is not None:
            self._told.move_to_end(key)
            return told
        told = self._told[key] = self._decode(key[0], key[1], members)
        self._kept += told.size
        while self._kept > DECODED_EVENTS_BYTES and len(self._told) > 1:
            self._kept -= self._told.popitem(last=False)[1].size
        return told

    def _decode(self, source: int, ordinal: int, members: Mapping[int, MarketFeed]) -> Told:
        unpacked = self._unpacked(source, ordinal)
        rows: list[tuple[int, MarketEvent]] = []
        several, size = 0, _ENTRY_BYTES
        for number, feed in members.items():
            places = unpacked.places(number)
            if not places:
                continue
            payloads = unpacked.payloads(places, self.sources[source].channels[number])
            events: list[MarketEvent | None] = []
            for first in range(0, len(payloads), _DECODED_AT_ONCE):
                some = payloads[first : first + _DECODED_AT_ONCE]
                events += sound(self._codec.decode(feed, some))
            size += sum(map(len, payloads))
            if len(members) == 1 and None not in events:
                return Told(places, cast("list[MarketEvent]", events), size)
            rows += [
                (k, event) for k, event in zip(places, events, strict=True) if event is not None
            ]
            several += 1
        if several > 1:
            rows.sort(key=_place)
        return Told([k for k, _ in rows], [event for _, event in rows], size)

    def _unpacked(self, source: int, ordinal: int) -> _Unpacked:
        key = (source, ordinal)
        unpacked = self._batches.get(key)
        if unpacked is None:
            unpacked = _Unpacked(self.sources[source].batch(ordinal))
            self._keep(key, unpacked)
        else:
            self._batches.move_to_end(key)
        return unpacked

    def _keep(self, key: tuple[int, int], unpacked: _Unpacked) -> None:
        self._batches[key] = unpacked
        while len(self._batches) > max(CHUNK_CACHE_COUNT, len(self.sources) + 1):
            self._batches.popitem(last=False)


def _total_order(row: tuple[int, int, int, MarketEvent]) -> tuple[int, int, int]:
    return row[:3]


def _place(row: tuple[int, MarketEvent]) -> int:
    return row[0]
