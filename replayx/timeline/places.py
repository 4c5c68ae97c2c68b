"""Numbers in payloads that are moved: times, which are rebased, and the ids of counters.

A place says where in a payload's text such a number stands and how it moves. Only digits are ever
replaced, so undoing a move gives back the bytes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from replayx.errors import InvalidOption
from replayx.market.interval import Interval

TIME = "time"  # moves by the constant
GRID_TIME = "grid time"  # a candle's bound: moves by whole intervals
# Ids of a symbol's counters.
TRADE_ID, AGG_TRADE_ID, BOOK_ID = "trade", "agg", "book"

_MS_DIGITS = 13
# Digits of a time, by its unit, from 2001 to 2286: how often the unit fits into a millisecond.
_PER_MS = ((_MS_DIGITS, 1), (16, 1_000), (19, 1_000_000))
SECONDS_DIGITS = 10
TIME_DIGITS = frozenset((SECONDS_DIGITS, *(digits for digits, _ in _PER_MS)))

# From here to there a time has as many digits as one of today.
TIME_MIN_NS = 10**18
TIME_MAX_NS = 10**19


class Shift(NamedTuple):
    """The one constant added to every time. `anchor_ms` is a time of the tape: months differ in
    length, so monthly candles all move by as many months as it does.
    """

    ms: int
    anchor_ms: int = 0


class Grid(NamedTuple):
    """Where candles begin: an interval, in a zone `zone_ms` east of UTC."""

    interval: Interval
    zone_ms: int = 0


class Place(NamedTuple):
    """A number: `text[start:stop]` are its digits. `kind`: TIME, GRID_TIME, or a counter's name."""

    start: int
    stop: int
    kind: str = TIME
    grid: Grid | None = None


class Located(NamedTuple):
    """The numbers in one payload that move, in the order of the text.

    is_whole: all that can be there are there, so that a payload of the same layout has no others.
    """

    places: tuple[Place, ...]
    is_whole: bool = False


class Plan(NamedTuple):
    """How one payload changes: what is added to the number at each place.

    holds: so do all that look alike.
    """

    places: Sequence[Place]
    adds: Sequence[int]
    holds: bool


def time_step(digits: int, shift_ms: int) -> int:
    """Return what moves a time of so many digits by `shift_ms`. Seconds move by whole seconds."""
    if digits == SECONDS_DIGITS:
        # Towards zero, so that moving back undoes it.
        return -(-shift_ms // 1000) if shift_ms < 0 else shift_ms // 1000
    for known, per_ms in _PER_MS:
        if digits == known:
            return shift_ms * per_ms
    raise AssertionError(f"no time has {digits} digits")


def moved(number: int, place: Place, shift: Shift) -> int:
    """Return the time at a place moved; the bounds of candles by whole intervals."""
    digits = place.stop - place.start
    if place.grid is None:
        return number + time_step(digits, shift.ms)
    per_ms = dict(_PER_MS).get(digits)
    if per_ms is None:
        return number
    time_ms, rest = divmod(number, per_ms)
    return moved_bound(time_ms, place.grid, shift) * per_ms + rest


def moved_bound(time_ms: int, grid: Grid, shift: Shift) -> int:
    """Return a candle's first or last millisecond moved by whole intervals."""
    interval, zone_ms = grid
    start_ms = interval.start_of(time_ms, zone_ms)
    next_ms = interval.next_start(time_ms, zone_ms)
    if time_ms == next_ms - 1:  # the end of a candle is inclusive
        start_ms = next_ms
    moved_ms = interval.moved(start_ms, shift.ms, shift.anchor_ms, zone_ms)
    return moved_ms + time_ms - start_ms


def is_constant(place: Place) -> bool:
    """Say whether all numbers at such a place move by the same."""
    return place.grid is None or not place.grid.interval.months


def with_times_moved(text: bytes, places: Iterable[Place], shift: Shift) -> bytes:
    """Return `text` with the times at `places` moved. Raises InvalidOption if one gets longer."""
    changed = bytearray(text)
    for place in places:
        old = text[place.start : place.stop]
        new = b"%d" % moved(int(old), place, shift)
        if len(new) != len(old) or new.startswith(b"-"):
            raise leaves_range(old, shift)
        changed[place.start : place.stop] = new
    return bytes(changed)


def leaves_range(digits: bytes, shift: Shift) -> InvalidOption:
    """Return the error for a time that does not keep its number of digits."""
    return InvalidOption(
        f"{digits.decode()} moved by {shift.ms} ms has not {len(digits)} digits any more",
        expected="times between 2001-09-09 and 2286-11-20",
        where="--rebase",
    )
