"""A view: which channels a subscriber wants, in which envelope; runs projected onto it.

A run whose channels are all wanted as they were recorded is passed on as it is: one slice of the
chunk, no Python per message. Any other run is projected once for all connections of the view:
what is not wanted is left out. What follows from a message is put beside it when it is sent, no
sooner: to make it takes so long that others would wait for a whole chunk's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, compress
from typing import NamedTuple, Protocol

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel, ChannelKind
from replayx.framing import frame, frame_header, header_bytes
from replayx.timeline.merge import Run
from replayx.timeline.messages import Messages

# Channel name -> (prefix, suffix): what stands around the stream's payload for this subscriber.
Wanted = Mapping[str, tuple[bytes, bytes]]

_SERVED = (ChannelKind.STREAM, ChannelKind.USER)


class Envelopes(NamedTuple):
    """How a recorded channel becomes a wanted one; `same` if nothing changes."""

    same: bool
    old_prefix: int
    old_suffix: int
    prefix: bytes
    suffix: bytes


class Insertion(NamedTuple):
    """A stream's message that was not recorded: it stands beside message k of a batch.

    `is_before`: message k only shows that its time has come; else it tells what k did.
    """

    k: int
    is_before: bool
    channel: str
    payload: bytes


class Insert(Protocol):
    """Tells what stands beside the messages of a source's batch."""

    def __call__(
        self, source: int, batch: FrameBatch, *, first: int = 0, stop: int | None = None
    ) -> Sequence[Insertion]:
        """Return what stands beside messages `first` to `stop` (None: all), in order."""
        ...


class Projection:
    """Some messages of a batch, ready to send; `origin` are their positions in the batch."""

    def __init__(self, frames: memoryview, end: list[int], origin: list[int]) -> None:
        self._frames = frames
        self._end = end
        self._origin = origin

    def places(self, first: int, stop: int) -> tuple[int, int]:
        """Return which messages stand for messages `first` to `stop` of the batch."""
        return bisect_left(self._origin, first), bisect_left(self._origin, stop)

    def place(self, one: Insertion) -> int:
        """Return in front of which message one has to stand."""
        return (bisect_left if one.is_before else bisect_right)(self._origin, one.k)

    def frames(self, start: int, end: int) -> memoryview:
        """Return the frames of messages `start` to `end` of those that are wanted."""
        return self._frames[self._end[start] : self._end[end]]

    def ends(self, start: int, end: int) -> tuple[memoryview, Sequence[int]]:
        """Return all frames, and where those of messages `start` to `end` begin and end."""
        return self._frames, self._end[start : end + 1]

    def origins(self, start: int, end: int) -> Sequence[int]:
        """Return which messages of the batch these are."""
        return self._origin[start:end]


class View:
    """What one or more connections of a market are subscribed to.

    `played` is how many messages it has given so far. `wanted` are its channels' envelopes.
    """

    def __init__(
        self,
        market: str,
        wanted: Wanted,
        sources: Sequence[Mapping[int, Channel]],
        *,
        insert: Insert | None = None,
        replaced: Collection[str] = (),
    ) -> None:
        """Take what is wanted, and the channels of the sources.

        `insert` tells the messages of wanted channels that were not recorded. Of `replaced`
        channels nothing recorded is served.
        """
        self.wanted = wanted
        self._insert = insert
        self._names = [{n: one.name for n, one in channels.items()} for channels in sources]
        served = {name: wanted[name] for name in wanted if name not in replaced}
        self._tables = [_table(market, served, channels) for channels in sources]
        self._run: Run | None = None
        self._projection: Projection | None = None
        self.played = 0

    @property
    def is_derived(self) -> bool:
        """Whether it has streams that were not recorded."""
        return self._insert is not None

    def frames(self, run: Run, first: int, stop: int, dropped: frozenset[int]) -> memoryview:
        """Return what this view gets of messages `first` to `stop` of the run's batch."""
        first, stop, insertions = self._given(run, first, stop, dropped)
        if insertions:
            return self._joined(run.batch, first, stop, insertions)
        return self._kept(run.batch, first, stop)

    def messages(self, run: Run, first: int, stop: int, dropped: frozenset[int]) -> Messages:
        """Return the same with its columns: what is asked for by `frames`, or by this, once."""
        first, stop, insertions = self._given(run, first, stop, dropped)
        origins = self._origins(first, stop)
        if insertions:
            return self._mixed(run, first, stop, insertions)
        batch, names, projection = run.batch, self._names[run.source], self._projection

        def lengths() -> tuple[memoryview, Sequence[int]]:
            if projection is not None:
                return projection.ends(first, stop)
            return batch.frames, batch.end[first : stop + 1]

        def at_ns() -> Sequence[int]:
            return [batch.at[k] for k in origins] if projection else batch.at[first:stop]

        return Messages(
            self._kept(batch, first, stop),
            stop - first,
            lengths=lengths,
            channel=lambda: [names[batch.channel[k]] for k in origins],
            at_ns=at_ns,
        )

    def _given(
        self, run: Run, first: int, stop: int, dropped: frozenset[int]
    ) -> tuple[int, int, Sequence[Insertion]]:
        """Return which messages are given, by their number in the projection, and what beside."""
        if self._run is None or self._run.batch is not run.batch or self._run.first != run.first:
            self._run = run
            self._projection = self._project(run, dropped)
        insertions: Sequence[Insertion] = ()
        if self._insert is not None:
            insertions = self._insert(run.source, run.batch, first=first, stop=stop)
        if self._projection is not None:
            first, stop = self._projection.places(first, stop)
        self.played += stop - first + len(insertions)
        return first, stop, insertions

    def _origins(self, first: int, stop: int) -> Sequence[int]:
        """Return which messages of the batch these are."""
        if self._projection is None:
            return range(first, stop)
        return self._projection.origins(first, stop)

    def _mixed(self, run: Run, first: int, stop: int, insertions: Sequence[Insertion]) -> Messages:
        """Return recorded messages with the insertions at their places, in columns."""
        batch, names = run.batch, self._names[run.source]
        end, channel, at_ns = [0], [], []
        origins, start = self._origins(first, stop), first
        for one in (*insertions, None):
            place = stop if one is None else self._place(one)
            for origin, number in zip(
                origins[start - first : place - first], range(start, place), strict=True
            ):
                end.append(end[-1] + len(self._kept(batch, number, number + 1)))
                channel.append(names[batch.channel[origin]])
                at_ns.append(batch.at[origin])
            start = place
            if one is not None:
                end.append(end[-1] + len(self._framed(one)))
                channel.append(one.channel)
                at_ns.append(batch.at[one.k])
        whole = self._joined(batch, first, stop, insertions)
        return Messages(
            whole,
            len(channel),
            lengths=lambda: (whole, end),
            channel=lambda: channel,
            at_ns=lambda: at_ns,
        )

    def _kept(self, batch: FrameBatch, first: int, stop: int) -> memoryview:
        """Return the frames of messages `first` to `stop` of those that were recorded."""
        if self._projection is not None:
            return self._projection.frames(first, stop)
        if stop - first == batch.count:
            return batch.frames
        return batch.frames[batch.end[first] : batch.end[stop]]

    def _project(self, run: Run, dropped: frozenset[int]) -> Projection | None:
        """Return what was recorded projected, or None if all of it is wanted as it is."""
        table = self._tables[run.source]
        envelopes = [table.get(number) for number in run.batch.channel_frames]
        wanted = [envelope for envelope in envelopes if envelope is not None]
        same = all(envelope.same for envelope in wanted)
        if same and len(wanted) == len(envelopes) and not dropped:
            return None
        numbers = [number for number in run.batch.channel_frames if number in table]
        mask = run.batch.carrying(numbers)
        keep = list(compress(range(run.first, run.stop), mask[run.first : run.stop]))
        if dropped:
            keep = [k for k in keep if k not in dropped]
        if same:
            end, frames = run.batch.end, run.batch.frames
            parts: list[bytes | memoryview] = [frames[end[k] : end[k + 1]] for k in keep]
        else:
            channel = run.batch.channel
            parts = [_enveloped(run.batch, k, table[channel[k]]) for k in keep]
        joined = b"".join(parts)
        return Projection(memoryview(joined), list(accumulate(map(len, parts), initial=0)), keep)

    def _joined(
        self, batch: FrameBatch, first: int, stop: int, insertions: Sequence[Insertion]
    ) -> memoryview:
        """Return frames that were recorded with the insertions at their places."""
        parts: list[bytes | memoryview] = []
        for one in insertions:
            place = self._place(one)
            parts += self._kept(batch, first, place), self._framed(one)
            first = place
        parts.append(self._kept(batch, first, stop))
        return memoryview(b"".join(parts))

    def _place(self, one: Insertion) -> int:
        """Return in front of which message an insertion has to stand."""
        if self._projection is not None:
            return self._projection.place(one)
        return one.k if one.is_before else one.k + 1

    def _framed(self, one: Insertion) -> bytes:
        prefix, suffix = self.wanted[one.channel]
        return frame(prefix + one.payload + suffix)


def _table(market: str, wanted: Wanted, channels: Mapping[int, Channel]) -> dict[int, Envelopes]:
    table: dict[int, Envelopes] = {}
    for number, channel in channels.items():
        envelope = wanted.get(channel.name) if channel.market == market else None
        if envelope is None or channel.kind not in _SERVED:
            continue
        prefix, suffix = envelope
        same = (prefix, suffix) == (channel.prefix, channel.suffix)
        table[number] = Envelopes(same, len(channel.prefix), len(channel.suffix), prefix, suffix)
    return table


def _enveloped(batch: FrameBatch, k: int, envelopes: Envelopes) -> bytes | memoryview:
    frames, start, stop = batch.frames, batch.end[k], batch.end[k + 1]
    if envelopes.same:
        return frames[start:stop]
    first = start + header_bytes(frames[start + 1]) + envelopes.old_prefix
    payload = frames[first : stop - envelopes.old_suffix]
    length = len(envelopes.prefix) + len(payload) + len(envelopes.suffix)
    header = frame_header(length, frames[start] & 0x0F)
    return b"".join((header, envelopes.prefix, payload, envelopes.suffix))
