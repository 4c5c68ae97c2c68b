"""How late messages came, against the times at which they were recorded."""

from collections.abc import Sequence
from typing import NamedTuple


class Pacing(NamedTuple):
    """Lateness in ms. `drift`: how much it grew from the first to the last message (regression)."""

    earliest: float
    p50: float
    p99: float
    drift: float


def lateness_ns(
    arrivals: Sequence[tuple[int, int]], due_ns: Sequence[int], started_ns: int
) -> list[int]:
    """Return how late each message was; `arrivals` has (when, messages so far) of every read."""
    late, seen = [], 0
    for now_ns, count in arrivals:
        late += [now_ns - started_ns - due for due in due_ns[seen:count]]
        seen = count
    return late


def judge(late_ns: Sequence[int], due_ns: Sequence[int]) -> Pacing:
    """Return what is told of a run."""
    ordered = sorted(late_ns)
    slope = _slope(due_ns, _capped(late_ns, ordered[len(ordered) * 9 // 10]))
    return Pacing(
        ordered[0] / 1e6,
        ordered[len(ordered) // 2] / 1e6,
        ordered[len(ordered) * 99 // 100] / 1e6,
        slope * (due_ns[-1] - due_ns[0]) / 1e6,
    )


def _capped(values: Sequence[int], most: int) -> list[int]:
    """Cut off what the machine's own pauses add: a few would bend the line."""
    return [min(value, most) for value in values]


def _slope(x: Sequence[int], y: Sequence[int]) -> float:
    """Return the slope of the least squares line."""
    count = len(x)
    middle_x, middle_y = sum(x) / count, sum(y) / count
    above = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    below = sum((a - middle_x) ** 2 for a in x)
    return above / below if below else 0.0
