"""A source that plays another one again and again."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

import zstandard

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.open_chunk import OpenChunk
from replayx.cassette.packing import decode_chunk, encode, pack_chunk, unpack_chunk
from replayx.cassette.records import Channel
from replayx.framing import frame, header_bytes
from replayx.timeline.loop import CounterName, Loop, NumberFinder, SubjectOf
from replayx.timeline.places import GRID_TIME, TIME, Plan, Shift, is_constant
from replayx.timeline.rebase import time_add
from replayx.timeline.source import Source

# The place of what is said before a lap: in no source.
SEAM = -1

# Given the lap and the shift: what a source says before it, (channel number, payload).
Seam = Callable[[int, int], Sequence[tuple[int, bytes]]]


class LoopSource:
    """Plays a source lap after lap. The shift of a rebase comes on top; `shift` may be set anew."""

    def __init__(
        self,
        source: Source,
        loop: Loop,
        numbers: NumberFinder,
        subject_of: SubjectOf,
        seam: Seam | None = None,
    ) -> None:
        self.channels: Mapping[int, Channel] = source.channels
        self.start_ns = source.start_ns
        self.end_ns = loop.end_ns
        self.shift = Shift(0)
        self._source = source
        self._loop = loop
        self._numbers = numbers
        self._subject_of = subject_of
        self._seam = seam
        # What it needs takes longer to load than all of replayx: nobody else loads it.
        from replayx.timeline.mover import Mover  # noqa: PLC0415

        self._mover = Mover

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`, lap after lap."""
        shift = self.shift  # of this reading: another one may have another
        lap, local_ns = self._loop.lap_of(from_ns)
        for number in range(lap, self._loop.laps):
            if number and self._seam is not None:
                messages = self._seam(number, shift.ms)
                at_ns = self._loop.start_ns + number * self._loop.length_ns
                if messages and at_ns >= from_ns:
                    yield _batch(at_ns, messages)
            yield from self._lap(number, shift, local_ns)
            local_ns = self._source.start_ns

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place as it was recorded, for whoever decodes it."""
        return self._source.batch(ordinal)

    def _lap(self, lap: int, shift: Shift, from_ns: int) -> Iterator[FrameBatch]:
        shift = shift._replace(ms=shift.ms + lap * self._loop.length_ms)
        if not lap and not shift.ms:
            yield from self._source.batches(from_ns)
            return
        mover = self._mover(self.channels, lambda *one: self._plan(*one, shift=shift, lap=lap))
        for batch in self._source.batches(from_ns):
            frames, misfits = mover.moved(batch)
            changed = copy.copy(batch)
            changed.__dict__.pop("at", None)  # counted from the start
            changed.start_ns += lap * self._loop.length_ns
            changed.end_ns += lap * self._loop.length_ns
            changed.frames = frames
            if misfits:
                _rebuild(changed, {one.k: one.plan for one in misfits}, self.channels)
            yield changed

    def _plan(self, channel: Channel, payload: bytes, *, shift: Shift, lap: int) -> Plan | None:
        located = self._numbers(channel, payload)
        if located is None:
            return None
        subject = self._subject_of(channel)
        places, adds = [], []
        for place in located.places:
            if place.kind in (TIME, GRID_TIME):
                adds.append(time_add(payload, place, shift))
            elif subject is None:
                continue  # one message about many symbols
            else:
                name = CounterName(channel.market, subject.symbol, place.kind)
                adds.append(self._loop.id_step(lap, name))
            places.append(place)
        holds = located.is_whole and len(places) == len(located.places)
        return Plan(places, adds, holds and all(map(is_constant, places)))


def _batch(at_ns: int, messages: Sequence[tuple[int, bytes]]) -> FrameBatch:
    """Return messages as a batch."""
    chunk = OpenChunk(at_ns)
    for number, payload in messages:
        chunk.append(at_ns, number, payload)
    packed = pack_chunk(chunk.seal(), zstandard.ZstdCompressor())
    batch = unpack_chunk(decode_chunk(encode(packed)), zstandard.ZstdDecompressor())
    batch.ordinal = SEAM
    return batch


def _rebuild(batch: FrameBatch, plans: Mapping[int, Plan], channels: Mapping[int, Channel]) -> None:
    """Put messages that got longer into a batch; it is then as if it had been recorded so."""
    parts: list[bytes | memoryview] = []
    for k in range(batch.count):
        whole = batch.frames[batch.end[k] : batch.end[k + 1]]
        if k in plans:
            channel = channels[batch.channel[k]]
            payload = bytes(whole[header_bytes(whole[1]) :])
            inner = payload[len(channel.prefix) : len(payload) - len(channel.suffix)]
            inner = _longer(inner, plans[k])
            whole = memoryview(frame(channel.prefix + inner + channel.suffix, whole[0] & 0x0F))
        parts.append(whole)
    batch.__dict__["end"] = list(accumulate(map(len, parts), initial=0))
    batch.frames = batch.recorded = memoryview(b"".join(parts))


def _longer(text: bytes, plan: Plan) -> bytes:
    parts, at = [], 0
    for place, add in zip(plan.places, plan.adds, strict=True):
        parts += [text[at : place.start], b"%d" % (int(text[place.start : place.stop]) + add)]
        at = place.stop
    return b"".join((*parts, text[at:]))
