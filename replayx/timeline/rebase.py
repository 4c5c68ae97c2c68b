"""Rebasing: every time in what is served moves by one constant.

A batch is changed once, where it is read ahead, for all connections. What was recorded stays beside
it: whoever decodes reads that, and adds the constant to the times.
"""

import copy
from collections.abc import Callable, Iterator, Mapping

from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel
from replayx.timeline.places import (
    GRID_TIME,
    TIME,
    Located,
    Place,
    Plan,
    Shift,
    is_constant,
    leaves_range,
    moved,
)
from replayx.timeline.source import Source

# Returns where the times in a payload of a channel stand; None: its messages never hold any.
TimeFinder = Callable[[Channel, bytes], Located | None]


class RebasedSource:
    """A source whose batches are served with their times moved by `shift`."""

    def __init__(self, source: Source, times: TimeFinder, shift: Shift) -> None:
        self.channels: Mapping[int, Channel] = source.channels
        self.start_ns = source.start_ns
        self.end_ns = source.end_ns
        self.shift = shift
        self._source = source
        self._times = times
        # What it needs takes longer to load than all of replayx: nobody else loads it, and here
        # it is before the tape runs.
        from replayx.timeline.mover import Mover  # noqa: PLC0415

        self._mover = Mover

    def batches(self, from_ns: int) -> Iterator[FrameBatch]:
        """Yield the batches that end at or after `from_ns`.

        Raises InvalidOption if a time does not keep its number of digits.
        """
        shift = self.shift  # of this reading: another one may have another
        if not shift.ms:
            yield from self._source.batches(from_ns)
            return

        def plan(channel: Channel, payload: bytes) -> Plan | None:
            located = self._times(channel, payload)
            return None if located is None else shift_plan(payload, located, shift)

        mover = self._mover(self.channels, plan)
        for batch in self._source.batches(from_ns):
            frames, misfits = mover.moved(batch)
            if misfits:
                raise leaves_range(misfits[0].digits, shift)
            changed = copy.copy(batch)  # another timeline may serve the same batch as it is
            changed.frames = frames
            yield changed

    def batch(self, ordinal: int) -> FrameBatch:
        """Return the batch at a place as it was recorded, for whoever decodes it."""
        return self._source.batch(ordinal)


def shift_plan(payload: bytes, located: Located, shift: Shift) -> Plan:
    """Return how the times in a payload change."""
    places = [place for place in located.places if place.kind in (TIME, GRID_TIME)]
    adds = [time_add(payload, place, shift) for place in places]
    return Plan(places, adds, located.is_whole and all(map(is_constant, places)))


def time_add(payload: bytes, place: Place, shift: Shift) -> int:
    """Return what is added to the time at a place."""
    number = int(payload[place.start : place.stop])
    return moved(number, place, shift) - number
