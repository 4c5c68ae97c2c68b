"""What a derived stream tells in one chunk, made as far as it is asked for and kept.

Its messages stand beside those of the chunk, in order, so what comes later can be made later.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from replayx.limits import DERIVED_CACHE_BYTES
from replayx.timeline.view import Insertion

# An insertion itself takes about as much as a small payload.
_OWN_BYTES = 100


class Telling:
    """A stream's insertions into one chunk. `size` is how many bytes those made so far take.

    `is_shared`: it is kept for others, too.
    """

    def __init__(self, insertions: Iterator[Insertion], *, is_shared: bool = False) -> None:
        """Take insertions in the order of the messages that they stand beside."""
        self.size = _OWN_BYTES
        self.is_shared = is_shared
        self._coming = insertions
        self._made: list[Insertion] = []
        self._places: list[int] = []

    def between(self, first: int, stop: int) -> list[Insertion]:
        """Return what stands beside messages `first` to `stop` of the chunk.

        Raises CassetteError.
        """
        made, places = self._made, self._places
        while not places or places[-1] < stop:
            one = next(self._coming, None)
            if one is None:
                break
            assert not places or places[-1] <= one.k, "insertions come in order"
            made.append(one)
            places.append(one.k)
            self.size += len(one.payload) + _OWN_BYTES
        return made[bisect_left(places, first) : bisect_left(places, stop)]


class Tellings:
    """Those of the chunk that is played of each source: whoever plays it shares them."""

    def __init__(self) -> None:
        self._playing: dict[int, tuple[int, int]] = {}
        self._made: dict[tuple[int, str], Telling] = {}
        self._made_bytes = 0

    def play(self, source: int, chunk: tuple[int, int]) -> None:
        """Note which chunk of a source is played, by lap and ordinal."""
        if self._playing.get(source) != chunk:
            self._playing[source] = chunk
            for key in [key for key in self._made if key[0] == source]:
                self._let_go(key)

    def of(self, source: int, name: str, insertions: Iterator[Insertion]) -> Telling:
        """Return the telling of a stream in the chunk: one that is there, or a new one."""
        key = (source, name)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = Telling(insertions, is_shared=True)
            self._made_bytes += made.size
            while self._made_bytes > DERIVED_CACHE_BYTES and len(self._made) > 1:
                self._let_go(next(iter(self._made)))
        return made

    def between(self, tellings: Sequence[Telling], first: int, stop: int) -> list[Insertion]:
        """Return what several tell beside messages `first` to `stop`. Raises CassetteError."""
        told: list[Insertion] = []
        for one in tellings:
            size = one.size
            told += one.between(first, stop)
            if one.is_shared:
                self._made_bytes += one.size - size
        told.sort(key=_place)
        return told

    def clear(self) -> None:
        """Share none of them any more."""
        self._playing.clear()
        for key in tuple(self._made):
            self._let_go(key)

    def _let_go(self, key: tuple[int, str]) -> None:
        """Keep a telling no more; who has it at hand goes on with it."""
        made = self._made.pop(key)
        made.is_shared = False
        self._made_bytes -= made.size


def _place(insertion: Insertion) -> tuple[int, bool, str]:
    return insertion.k, not insertion.is_before, insertion.channel
