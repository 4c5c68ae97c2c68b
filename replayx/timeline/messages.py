"""Messages of a view, in columns that are made when somebody first asks for them."""

from collections.abc import Callable, Sequence
from functools import cached_property


class Messages:
    """Messages back to back in `whole`; which channel each is of, and when it is on the tape."""

    def __init__(
        self,
        whole: memoryview,
        count: int,
        *,
        lengths: Callable[[], tuple[memoryview, Sequence[int]]],
        channel: Callable[[], Sequence[str]],
        at_ns: Callable[[], Sequence[int]],
    ) -> None:
        """Take the frames, and what makes the columns.

        `lengths` returns a buffer, and where in it each message begins and the last one ends.
        """
        self.whole = whole
        self.count = count
        self._make_lengths = lengths
        self._make_channel = channel
        self._make_at_ns = at_ns

    @cached_property
    def _lengths(self) -> tuple[memoryview, Sequence[int]]:
        return self._make_lengths()

    @property
    def frames(self) -> memoryview:
        """What `end` points into."""
        return self._lengths[0]

    @property
    def end(self) -> Sequence[int]:
        """Where in `frames` each message begins, and where the last one ends."""
        return self._lengths[1]

    @cached_property
    def channel(self) -> Sequence[str]:
        """The channel of each message."""
        return self._make_channel()

    @cached_property
    def at_ns(self) -> Sequence[int]:
        """The time on the tape of each message."""
        return self._make_at_ns()

    def cut(self, first: int, stop: int) -> memoryview:
        """Return the frames of messages `first` to `stop`."""
        if not first and stop == self.count:
            return self.whole
        frames, end = self._lengths
        return frames[end[first] : end[stop]]
