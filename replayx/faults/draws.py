"""Draws: chance with random access, by seed, rule, link, message and column.

Numbers are made in blocks, each a stream of its own: message 1,000,000 gets its numbers without
those of the messages before it, and a rule that is added late decides as if it had been there.
"""

from collections.abc import Sequence

from replayx import rng

# To seed a stream costs as much as about 200 numbers of it; a flow of one message takes a block.
BLOCK_COUNT = 512


class Chance:
    """The numbers of one rule on one link of a seed, by column and by index of a message."""

    def __init__(self, seed: int, rule: str, link: str) -> None:
        self.seed = seed
        self._name = f"{link}|{rule}"
        self._last: dict[int, tuple[int, list[float]]] = {}

    def column(self, number: int, index: int, count: int) -> Sequence[float]:
        """Return numbers `index` to `index + count` of a column."""
        stop = index + count
        column: list[float] = []
        for ordinal in range(index // BLOCK_COUNT, (stop - 1) // BLOCK_COUNT + 1):
            start = ordinal * BLOCK_COUNT
            column += self._block(number, ordinal)[max(0, index - start) : stop - start]
        return column

    def row(self, columns: int, index: int) -> list[float]:
        """Return the numbers of one message in the first `columns` columns."""
        ordinal, place = divmod(index, BLOCK_COUNT)
        return [self._block(number, ordinal)[place] for number in range(columns)]

    def _block(self, number: int, ordinal: int) -> list[float]:
        last = self._last.get(number)
        if last is None or last[0] != ordinal:
            name = f"{self._name}|{number}|{ordinal}"
            last = self._last[number] = (ordinal, rng.numbers(self.seed, name, BLOCK_COUNT))
        return last[1]


class FlowDraws:
    """The numbers of the messages of one flow."""

    __slots__ = ("_chance", "_count", "_index")

    def __init__(self, chance: Chance, index: int, count: int) -> None:
        self._chance = chance
        self._index = index
        self._count = count

    def column(self, number: int) -> Sequence[float]:
        """Return draw `number` of each message, all in [0, 1)."""
        return self._chance.column(number, self._index, self._count)
