"""Delta debugging: the smallest part of a list that still fails.

The algorithm is ddmin (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input,
2002): what is left out in halves, then in ever smaller pieces, until no single item can go.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def ddmin(items: Sequence[_T], fails: Callable[[Sequence[_T]], bool]) -> list[_T]:
    """Return a part of `items` that fails and of which no single item can be left out.

    `items` fail as they are; `fails` is asked of parts, in their order.
    """
    kept, pieces = list(items), 2
    while len(kept) >= 2:
        size = -(-len(kept) // pieces)
        parts = [kept[k : k + size] for k in range(0, len(kept), size)]
        failing = next((part for part in parts if fails(part)), None)
        if failing is not None:
            kept, pieces = failing, 2
            continue
        rests = ([*kept[:k], *kept[k + size :]] for k in range(0, len(kept), size))
        # Of two parts the rests are the parts again.
        rest = None if len(parts) == 2 else next((one for one in rests if fails(one)), None)
        if rest is not None:
            kept, pieces = rest, max(pieces - 1, 2)
        elif size == 1:
            break
        else:
            pieces = min(2 * pieces, len(kept))
    return kept


def least(low: int, high: int, resolution: int, fails: Callable[[int], bool]) -> int:
    """Return about the least number above `low` that fails, found by halving; `high` fails."""
    while high - low > resolution:
        middle = (low + high) // 2
        if fails(middle):
            high = middle
        else:
            low = middle
    return high
