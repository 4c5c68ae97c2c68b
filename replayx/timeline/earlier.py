"""What a source brought before one of its batches."""

from collections import OrderedDict

from replayx.cassette.frame_batch import FrameBatch
from replayx.limits import EARLIER_BATCHES_MAX
from replayx.timeline.source import Source


class Earlier:
    """Finds batches before a batch. Those that passed last are remembered, so it rarely reads."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._passed: OrderedDict[int, FrameBatch] = OrderedDict()

    def note(self, batch: FrameBatch) -> None:
        """Remember a batch that is being played."""
        self._passed[batch.ordinal] = batch
        self._passed.move_to_end(batch.ordinal)
        if len(self._passed) > EARLIER_BATCHES_MAX:
            self._passed.popitem(last=False)

    def before(self, batch: FrameBatch) -> FrameBatch | None:
        """Return the last batch before it that has messages. Raises CassetteError."""
        for ordinal in range(batch.ordinal - 1, -1, -1):
            one = self._passed.get(ordinal)
            if one is None:
                one = self._source.batch(ordinal)
                self.note(one)
            if one.count:
                return one
        return None

    def since(self, batch: FrameBatch, from_ns: int) -> list[FrameBatch]:
        """Return the batches before it with messages from `from_ns` on. Raises CassetteError."""
        found: list[FrameBatch] = []
        one = self.before(batch)
        while one is not None and one.at[-1] >= from_ns:
            found.append(one)
            one = self.before(one)
        return found[::-1]
