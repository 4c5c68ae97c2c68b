"""Looping: the tape again and again, with times and ids that go on.

In lap n every time is n tape lengths later, and every id of a counter n times as much higher as the
counter counts in one lap. A counter belongs to a symbol: its trades, its aggregated trades, and
the changes of its book, which differences, quotes and snapshots share.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel
from replayx.clock import NS_PER_MS
from replayx.limits import LATENCY_NS
from replayx.timeline.places import (
    BOOK_ID,
    GRID_TIME,
    SECONDS_DIGITS,
    TIME,
    TIME_MAX_NS,
    Located,
    time_step,
)
from replayx.timeline.source import Source

# Times of messages are numbers of 64 bits.
_LAST_NS = (1 << 63) - 1


class CounterName(NamedTuple):
    """Whose counter it is. `kind`: a place's."""

    market: str
    symbol: str
    kind: str


class Subject(NamedTuple):
    """What a channel is about, and how well it tells a counter's ends: the lowest rank does."""

    symbol: str
    rank: int


class Ends(NamedTuple):
    """A channel's first and last payload on the tape, without their envelopes."""

    first: bytes
    last: bytes


# Return what a channel is about, None if that is no one symbol; and its numbers, ids included.
SubjectOf = Callable[[Channel], Subject | None]
NumberFinder = Callable[[Channel, bytes], Located | None]


class Loop(NamedTuple):
    """How a tape goes on.

    spans: by how much a counter is higher in the next lap. ends: by (market, channel).
    """

    start_ns: int
    length_ns: int
    laps: int
    spans: Mapping[CounterName, int]
    ends: Mapping[tuple[str, str], Ends]

    @property
    def end_ns(self) -> int:
        """When the last lap ends."""
        return self.start_ns + self.laps * self.length_ns - 1

    @property
    def length_ms(self) -> int:
        """How long a lap is."""
        return self.length_ns // NS_PER_MS

    def lap_of(self, position_ns: int) -> tuple[int, int]:
        """Return which lap a position is in, and the same place in the first one."""
        lap = min(max(0, position_ns - self.start_ns) // self.length_ns, self.laps - 1)
        return lap, position_ns - lap * self.length_ns

    def id_step(self, lap: int, counter: CounterName) -> int:
        """Return by how much a counter is higher in a lap than in the first one."""
        return lap * self.spans.get(counter, 0)


def measure(
    sources: Iterable[Source], subject_of: SubjectOf, numbers: NumberFinder, *, laps: int | None
) -> Loop:
    """Pass over a tape once and return how it goes on. Raises CassetteError.

    `laps` None: without end, which is the last time that a chunk can tell (in 2262).
    """
    survey = _Survey(subject_of, numbers)
    start_ns, end_ns = TIME_MAX_NS, 0
    for source in sources:
        start_ns, end_ns = min(start_ns, source.start_ns), max(end_ns, source.end_ns)
        for batch in source.batches(source.start_ns):
            survey.add(source.channels, batch)
    lasts_ns = max(end_ns - start_ns, 0)
    # The first message comes as long after the last as messages come on the average, in whole ms.
    gap_ns = max(lasts_ns // max(survey.count, 1), NS_PER_MS)
    lasts_ns = max(lasts_ns, survey.told_ns(lasts_ns + LATENCY_NS))
    length_ns = -(-(lasts_ns + gap_ns) // NS_PER_MS) * NS_PER_MS
    laps_max = max(1, (_LAST_NS - start_ns) // length_ns)
    laps = laps_max if laps is None else min(laps, laps_max)
    return Loop(start_ns, length_ns, laps, survey.spans(), survey.ends)


class _Survey:
    """Finds the first and last message of each channel, and the ids in them."""

    def __init__(self, subject_of: SubjectOf, numbers: NumberFinder) -> None:
        self.count = 0
        self.ends: dict[tuple[str, str], Ends] = {}
        self._subject_of = subject_of
        self._numbers = numbers
        self._ranges: dict[tuple[CounterName, int], tuple[int, int]] = {}
        self._channels: dict[tuple[str, str], Channel] = {}

    def add(self, channels: Mapping[int, Channel], batch: FrameBatch) -> None:
        """Take a batch; the batches of a source come in order."""
        self.count += batch.count
        numbers = batch.channel.tolist()
        backwards = numbers[::-1]
        for number in batch.channel_frames:
            channel = channels[number]
            subject = self._subject_of(channel)
            if subject is None:
                continue
            first, last = numbers.index(number), len(numbers) - 1 - backwards.index(number)
            texts = [self._inner(batch, k, channel) for k in (first, last)]
            for text in texts:
                self._note(channel, subject, text)
            key = (channel.market, channel.name)
            known = self.ends.get(key)
            self._channels[key] = channel
            self.ends[key] = Ends(known.first if known else texts[0], texts[1])

    @staticmethod
    def _inner(batch: FrameBatch, k: int, channel: Channel) -> bytes:
        payload = bytes(batch.payload(k))
        return payload[len(channel.prefix) : len(payload) - len(channel.suffix)]

    def _note(self, channel: Channel, subject: Subject, text: bytes) -> None:
        located = self._numbers(channel, text)
        for place in () if located is None else located.places:
            if place.kind in (TIME, GRID_TIME):
                continue
            number = int(text[place.start : place.stop])
            key = (CounterName(channel.market, subject.symbol, place.kind), subject.rank)
            low, high = self._ranges.get(key, (number, number))
            self._ranges[key] = (min(low, number), max(high, number))

    def told_ns(self, max_ns: int) -> int:
        """Return how long a channel lasts at most by the times it tells.

        A message that was long on its way at the beginning, and one that was not at the end, tell
        of more time than passed between them. What is above `max_ns` is no time of a message.
        """
        durations = [0]
        for key, ends in self.ends.items():
            first, last = (self._times_ns(self._channels[key], text) for text in ends)
            durations += [b - a for a, b in zip(first, last, strict=False)]
        return max(duration for duration in durations if duration <= max_ns)

    def _times_ns(self, channel: Channel, text: bytes) -> list[int]:
        located = self._numbers(channel, text)
        digits = [
            text[place.start : place.stop]
            for place in (() if located is None else located.places)
            if place.kind == TIME and place.stop - place.start != SECONDS_DIGITS
        ]
        return [int(one) * NS_PER_MS // time_step(len(one), 1) for one in digits]

    def spans(self) -> dict[CounterName, int]:
        """Return how far each counter counts in a lap: the next one goes on behind it.

        A place is left free between the laps, for what joins the end to the beginning.
        """
        best: dict[CounterName, int] = {}
        for (name, rank), (low, high) in sorted(self._ranges.items(), key=lambda one: -one[0][1]):
            del rank
            best[name] = high - low + 1 + (name.kind == BOOK_ID)
        return best
