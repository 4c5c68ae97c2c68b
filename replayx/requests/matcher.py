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


class Matcher(Generic[_K]):
    """Recordings by request key. Looking one up costs the same for ten and for a million."""

    def __init__(self, recordings: Iterable[tuple[_K, Recording]]) -> None:
        """Take (key, recording) pairs in any order."""
        self._recordings: dict[_K, list[Recording]] = {}
        for key, recording in sorted(recordings, key=_pair_at_ns):
            self._recordings.setdefault(key, []).append(recording)

    def by_time(self, key: _K, position_ns: int) -> Recording | None:
        """Return the answer in force at `position_ns`."""
        recordings = self._recordings.get(key)
        if recordings is None:
            return None
        return recordings[max(0, bisect_right(recordings, position_ns, key=_at_ns) - 1)]

    def nth(self, key: _K, ordinal: int, *, repeat_last: bool) -> Recording | None:
        """Return the answer to the request that is the `ordinal`-th with its key, from 0."""
        recordings = self._recordings.get(key)
        if recordings is None:
            return None
        if ordinal < len(recordings):
            return recordings[ordinal]
        return recordings[-1] if repeat_last else None

    def of(self, key: _K) -> list[Recording]:
        """Return every answer to a key, in time order."""
        return self._recordings.get(key, [])

    def keys(self) -> list[_K]:
        """Return every key that has an answer."""
        return list(self._recordings)


def _at_ns(recording: Recording) -> int:
    return recording.ref.at_ns


def _pair_at_ns(pair: tuple[object, Recording]) -> int:
    return pair[1].ref.at_ns
