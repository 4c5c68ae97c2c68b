"""Finding the recording that answers a request: a dict by key, then by time or in order.

- An answer that depends only on time (public market data) is the last recorded at or before the
  position; before the first one, the first one.
- A stateful one (orders, accounts) is played in order: the n-th request with a key gets the n-th
  answer; a query past the last gets the last again, a change past the last gets none.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from replayx.cassette.reader import InteractionRef

_K = TypeVar("_K")


class Recording(NamedTuple):
    """An interaction in one of the cassettes."""

    source: int
    ref: InteractionRef


class _Answers:
    """The recordings of one key in time order, and how many were played."""

    def __init__(self) -> None:
        self.ats: list[int] = []
        self.recordings: list[Recording] = []
        self.played = 0

    def by_time(self, position_ns: int) -> Recording:
        return self.recordings[max(0, bisect_right(self.ats, position_ns) - 1)]

    def in_order(self, *, repeat_last: bool) -> Recording | None:
        ordinal, self.played = self.played, self.played + 1
        if ordinal < len(self.recordings):
            return self.recordings[ordinal]
        return self.recordings[-1] if repeat_last else None


class Matcher(Generic[_K]):
    """Recordings by request key. Looking one up costs the same for ten and for a million."""

    def __init__(self, recordings: Iterable[tuple[_K, Recording]]) -> None:
        """Take (key, recording) pairs in any order."""
        self._answers: dict[_K, _Answers] = {}
        for key, recording in sorted(recordings, key=lambda pair: pair[1].ref.at_ns):
            answers = self._answers.setdefault(key, _Answers())
            answers.ats.append(recording.ref.at_ns)
            answers.recordings.append(recording)

    def by_time(self, key: _K, position_ns: int) -> Recording | None:
        """Return the answer in force at `position_ns`."""
        answers = self._answers.get(key)
        return None if answers is None else answers.by_time(position_ns)

    def in_order(self, key: _K, *, repeat_last: bool) -> Recording | None:
        """Return the next answer that was not played yet."""
        answers = self._answers.get(key)
        return None if answers is None else answers.in_order(repeat_last=repeat_last)

    def keys(self) -> list[_K]:
        """Return every key that has an answer."""
        return list(self._answers)
