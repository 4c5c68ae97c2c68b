"""Moving the numbers of whole batches: what looks alike at once, the rest one by one.

A message is changed by the plan that its venue makes for it. Where a plan holds for every payload
of its layout the layout is kept, and the messages of the channel that fit it go together from then
on. Channels with the same layouts go together, however many there are.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from replayx.cassette.damage import Damage
from replayx.cassette.frame_batch import FrameBatch
from replayx.cassette.records import Channel, ChannelKind
from replayx.limits import CHANNELS_MAX, LAYOUTS_MAX
from replayx.timeline.layouts import PADDING, Indexes, Layout, Text
from replayx.timeline.places import Place, Plan

# Payloads on which the ways to divide a new layout are tried.
_TRIED = 32
# Messages looked at one by one before it is tried again whether the others fit by now.
_ONE_BY_ONE = 16

# Layouts kept of one channel: those of a trade differ in one word, true or false.
_OF_A_CHANNEL = 8

# Blocks of memory kept for batches: those read ahead, the one being sent, and one behind it.
_BLOCKS = 8

_QUIET = -1


PlanMaker = Callable[[Channel, bytes], Plan | None]


class Misfit(NamedTuple):
    """A message that was not changed: the digits of a number would not keep their width."""

    k: int
    plan: Plan
    digits: bytes


class Mover:
    """Changes batches of one source. `plan` returns None for a channel that never changes."""

    def __init__(self, channels: Mapping[int, Channel], plan: PlanMaker) -> None:
        self._channels = channels
        self._plan = plan
        self._memory = _Memory()
        self._layouts: list[Layout] = []
        # Layouts by what is added to how many digits.
        self._alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
        # Channels are in one group if they have the same layouts, by number.
        self._groups: list[tuple[int, ...]] = [()]
        self._group = np.full(CHANNELS_MAX, _QUIET, dtype=np.int64)
        self._prefix = np.zeros(CHANNELS_MAX, dtype=np.int64)
        self._suffix = np.zeros(CHANNELS_MAX, dtype=np.int64)
        for number, channel in channels.items():
            if channel.kind in (ChannelKind.STREAM, ChannelKind.USER):
                self._group[number] = 0
            self._prefix[number] = len(channel.prefix)
            self._suffix[number] = len(channel.suffix)

    def moved(self, batch: FrameBatch) -> tuple[memoryview, list[Misfit]]:
        """Return the batch's frames changed, and the messages whose numbers did not keep their
        width: those are as they were.
        """
        size = len(batch.recorded)
        memory = self._memory.of(size + PADDING)
        text = np.frombuffer(memory, dtype=np.uint8)[: size + PADDING]
        text[size:] = 0
        text[:size] = np.frombuffer(batch.recorded, dtype=np.uint8)
        misfits: list[Misfit] = []
        if batch.count:
            work = _Work(text, batch, self._prefix, self._suffix)
            rest = np.flatnonzero(self._group[work.channel] != _QUIET)
            tried: set[tuple[int, int]] = set()
            while len(rest):
                rest = self._move_alike(work, rest, tried)
                misfits += self._move_some(work, rest[:_ONE_BY_ONE], rest, tried)
                rest = rest[_ONE_BY_ONE:]
        return memoryview(memory)[:size], misfits

    # ---- alike

    def _move_alike(self, work: "_Work", rest: Indexes, tried: set[tuple[int, int]]) -> Indexes:
        """Change what fits the layouts of its channel; return the others."""
        groups = self._group[work.channel[rest]]
        left = []
        for group in range(_QUIET, len(self._groups)):
            which = rest[groups == group]
            if not len(which):
                continue
            for number in self._groups[group] if group != _QUIET else ():
                if (group, number) not in tried and len(which):
                    tried.add((group, number))
                    which = work.move(self._layouts[number], which)
            if group != _QUIET:
                left.append(which)
        together = np.concatenate(left) if left else rest[:0]
        together.sort()
        return together

    # ---- one by one

    def _move_some(
        self, work: "_Work", some: Indexes, rest: Indexes, tried: set[tuple[int, int]]
    ) -> list[Misfit]:
        """Change some messages one by one; those like them in `rest` may go together then."""
        misfits: list[Misfit] = []
        for k in some.tolist():
            number = int(work.channel[k])
            if self._group[number] == _QUIET:
                continue
            text = work.payload(k)
            plan = self._plan(self._channels[number], text)
            if plan is None:
                self._group[number] = _QUIET
                continue
            changed = moved_text(text, plan)
            if isinstance(changed, Place):
                misfits.append(Misfit(k, plan, text[changed.start : changed.stop]))
                continue
            if plan.holds and plan.places and self._learn(work, k, plan, rest):
                # Others of its new group may have been looked at already, it was not.
                group = int(self._group[number])
                tried.difference_update([pair for pair in tried if pair[0] == group])
            work.put(k, changed)
        return misfits

    def _learn(self, work: "_Work", k: int, plan: Plan, rest: Indexes) -> bool:
        """Find the layout of message k, or make it; say whether it is new to its channel."""
        number = int(work.channel[k])
        known = self._groups[self._group[number]]
        alike = rest[work.channel[rest] == number]
        alike = alike[alike >= k][:_TRIED]
        index = self._known(work, k, plan)
        if index is None and len(known) < _OF_A_CHANNEL and len(self._layouts) < LAYOUTS_MAX:
            index = self._made(work, k, plan, alike)
        if index is None or index in known or len(known) >= _OF_A_CHANNEL:
            return False
        self._join(number, (*known, index))
        return True

    def _known(self, work: "_Work", k: int, plan: Plan) -> int | None:
        """Return the layout that message k has, if it is known."""
        text = work.payload(k)
        one = np.array([k])
        for index in self._alike.get(_signature(plan), ()):
            layout = self._layouts[index]
            if layout.describes(text, plan.places) and work.fit_count(layout, one):
                return index
        return None

    def _made(self, work: "_Work", k: int, plan: Plan, alike: Indexes) -> int | None:
        text = work.payload(k)
        ways = [
            layout
            for split in range(len(plan.places) + 1)
            if (layout := Layout.learned(text, plan.places, plan.adds, split)) is not None
        ]
        if not ways:
            return None
        # The shortest of those that fit most: what is not looked at cannot differ.
        best = max(ways, key=lambda one: (work.fit_count(one, alike), -one.bytes_min))
        self._layouts.append(best)
        index = len(self._layouts) - 1
        self._alike.setdefault(_signature(plan), []).append(index)
        return index

    def _join(self, number: int, layouts: tuple[int, ...]) -> None:
        if layouts not in self._groups:
            self._groups.append(layouts)
        self._group[number] = self._groups.index(layouts)


_Signature = tuple[tuple[int, int], ...]


def _signature(plan: Plan) -> _Signature:
    digits = (place.stop - place.start for place in plan.places)
    return tuple(zip(digits, plan.adds, strict=True))


class _Memory:
    """Memory for batches, used again once nobody looks at it: fresh pages cost more than all else
    that is done here.
    """

    def __init__(self) -> None:
        self._blocks: list[bytearray] = []

    def of(self, size: int) -> bytearray:
        """Return at least `size` bytes that nobody looks at."""
        for block in self._blocks:
            if len(block) >= size and _is_free(block):
                return block
        block = bytearray(size)
        self._blocks = [block, *self._blocks[: _BLOCKS - 1]]
        return block


def _is_free(block: bytearray) -> bool:
    """Say whether there is no view of a block: only then may it change its size."""
    try:
        block.pop()
    except BufferError:
        return False
    block.append(0)
    return True


def moved_text(text: bytes, plan: Plan) -> bytes | Place:
    """Return a payload changed, or the place of the number that does not keep its width."""
    changed = bytearray(text)
    for place, add in zip(plan.places, plan.adds, strict=True):
        digits = b"%d" % (int(text[place.start : place.stop]) + add)
        if len(digits) != place.stop - place.start or digits.startswith(b"-"):
            return place
        changed[place.start : place.stop] = digits
    return bytes(changed)


class _Work:
    """A batch being changed: its text, and where the payloads are, without their envelopes."""

    def __init__(
        self,
        text: Text,
        batch: FrameBatch,
        prefix: Indexes,
        suffix: Indexes,
    ) -> None:
        size = len(text) - PADDING
        self._text = text
        self._recorded = np.frombuffer(batch.recorded, dtype=np.uint8)
        self.channel = np.frombuffer(batch.channel, dtype=np.uint16)
        stop = np.cumsum(np.frombuffer(batch.lengths, dtype=np.uint32), dtype=np.int64)
        if int(stop[-1]) != size:
            raise batch.damaged(Damage(f"frame lengths that sum to {stop[-1]}", f"{size}"))
        start = np.concatenate((np.zeros(1, dtype=np.int64), stop[:-1]))
        second = text[start + 1]
        header = np.where(second < 126, 2, np.where(second == 126, 4, 10))
        self._start = start + header + prefix[self.channel]
        self._stop = stop - suffix[self.channel]

    def payload(self, k: int) -> bytes:
        """Return a payload as it stands."""
        return self._text[self._start[k] : self._stop[k]].tobytes()

    def put(self, k: int, payload: bytes) -> None:
        """Replace a payload by another one as long."""
        self._text[self._start[k] : self._stop[k]] = np.frombuffer(payload, dtype=np.uint8)

    def fit_count(self, layout: Layout, which: Indexes) -> int:
        """Return how many messages fit a layout."""
        return int(layout.fits(self._text, self._start[which], self._stop[which]).sum())

    def move(self, layout: Layout, which: Indexes) -> Indexes:
        """Change the messages that fit a layout; return the others."""
        start, stop = self._start[which], self._stop[which]
        fits = layout.fits(self._text, start, stop)
        if not fits.all():
            start, stop = start[fits], stop[fits]
        kept = layout.move(self._text, start, stop)
        if kept.all():
            return which[~fits]
        for first, last in zip(start[~kept].tolist(), stop[~kept].tolist(), strict=True):
            self._text[first:last] = self._recorded[first:last]
        return np.concatenate((which[~fits], which[fits][~kept]))
