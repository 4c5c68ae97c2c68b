"""Moving the numbers of many payloads at once.

Payloads of one layout hold the same text but for their digits, from the beginning to the last
number there, and from the first number behind a part of any length to the end:

    {"e":"trade","E":1723161255343   ,"s":"BTCUSDT",...   "T":1723161255342,"m":true,"M":true}
    '------------ head -----------'                       '--------------- tail -------------'

A layout is learned from one payload and *checked on every other*, byte for byte, eight at a time;
head and tail are whole JSON tokens at the outer level of an object that has no other such numbers,
so what fits has its numbers exactly there. What fits no layout is left to the caller.

What takes time is to fetch from and store to thousands of addresses, hardly how much: a head, a
tail, or a number is fetched at once, in words of eight bytes. Numbers are added to as they stand,
eight digits in one addition (packed decimals: Knuth, TAOCP 4A, 7.1.3).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from replayx.timeline.places import Place

Text = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WORD = 8
# The last words of a text reach this far behind it.
PADDING = WORD
_DIGITS = frozenset(b"0123456789")
_DIGITS_MAX = 2 * WORD
# Two words hold these and no more than what is between a head's and a tail's number (`"T":`).
_TOGETHER_DIGITS_MIN = 12


class _Check(NamedTuple):
    """A word of a head or tail: what its bytes must be; digits may be any.

    With six added, the upper half of a byte that is no digit is no longer that of "0".
    """

    mask: np.uint64
    value: np.uint64
    six: np.uint64


class Number(NamedTuple):
    """A number of a head (offset from the start) or a tail (negative: from the end)."""

    offset: int
    digits: int
    add: int


class Layout:
    """Where numbers stand in payloads that look alike, and what is added to each."""

    def __init__(self, head: bytes, tail: bytes, numbers: Sequence[Number]) -> None:
        self.bytes_min = len(head) + len(tail)
        self._head = _checks(head)
        self._tail = _checks(tail)
        self._tail_bytes = len(tail)
        self._numbers = numbers
        self._together = _together(numbers)

    @classmethod
    def learned(
        cls, text: bytes, places: Sequence[Place], adds: Sequence[int], split: int
    ) -> "Layout | None":
        """Learn from a payload; the numbers before the `split`-th belong to the head.

        None if it cannot be divided there so that head and tail prove what they hold.
        """
        if any(_is_odd(text, place) for place in places):
            return None
        head_end = places[split - 1].stop + 1 if split else 0
        tail_start = len(text)
        if split < len(places):
            tail_start = text.rfind(b'"', 0, text.rfind(b'"', 0, places[split].start))
            # Inside a nested object one would not know whose member it is.
            if tail_start < head_end or _depth(text[tail_start:]) != 1:
                return None
        numbers = [
            Number(place.start - (len(text) if k >= split else 0), place.stop - place.start, add)
            for k, (place, add) in enumerate(zip(places, adds, strict=True))
        ]
        return cls(text[:head_end], text[tail_start:], numbers)

    def fits(self, text: Text, start: Indexes, stop: Indexes) -> Flags:
        """Say of each payload, from `start` to `stop`, whether it is of this layout.

        Behind the last one there is PADDING.
        """
        good: Flags = stop - start >= self.bytes_min
        long = np.flatnonzero(good)
        if len(long) < len(good):
            start, stop = start[long], stop[long]
        differs = np.zeros(len(long), dtype=np.uint64)
        for at, checks in ((stop - self._tail_bytes, self._tail), (start, self._head)):
            for word, check in zip(_words(text, at, len(checks)), checks, strict=True):
                if check.six:
                    differs |= ((word + check.six) & check.mask) ^ check.value
                differs |= (word & check.mask) ^ check.value
        good[long] = differs == 0
        return good

    def describes(self, text: bytes, places: Sequence[Place]) -> bool:
        """Say whether the numbers of a payload that fits stand where these places are."""
        return all(
            number.offset + (len(text) if number.offset < 0 else 0) == place.start
            for number, place in zip(self._numbers, places, strict=True)
        )

    def move(self, text: Text, start: Indexes, stop: Indexes) -> Flags:
        """Add to the numbers of payloads that fit; say of each whether all kept their width.

        Those that do not are left in parts: the caller has the text as it was.
        """
        good = np.ones(len(start), dtype=np.bool_)
        for numbers in self._together:
            first = numbers[0]
            at = [number.offset + (start if number.offset >= 0 else stop) for number in numbers]
            where = at[0] if len(at) == 1 else np.concatenate(at)
            kept = _add(text, where, first.digits, first.add)
            good &= kept.reshape(len(numbers), -1).all(axis=0)
        return good


def _together(numbers: Sequence[Number]) -> list[list[Number]]:
    """Return the numbers that are changed at once: of one width and by the same.

    Each alone where the words around one may hold digits of another.
    """
    groups: dict[tuple[int, int, int], list[Number]] = {}
    for number in numbers:
        is_close = any(
            0 < abs(other.offset - number.offset) < _DIGITS_MAX
            for other in numbers
            if (other.offset < 0) == (number.offset < 0)
        )
        alone = number.offset if is_close or number.digits < _TOGETHER_DIGITS_MIN else 0
        groups.setdefault((number.digits, number.add, alone), []).append(number)
    return list(groups.values())


def _is_odd(text: bytes, place: Place) -> bool:
    """Say whether a number is longer than two words, or written as text."""
    return place.stop - place.start > _DIGITS_MAX or text[place.start - 1] == ord('"')


def _depth(text: bytes) -> int:
    """Return how many objects and arrays are closed in `text` but not opened in it."""
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", text)
    return sum(bare.count(mark) for mark in (b"}", b"]")) - sum(
        bare.count(mark) for mark in (b"{", b"[")
    )


def _checks(text: bytes) -> list[_Check]:
    """Return the words that cover `text`."""
    return [_check(text[offset : offset + WORD]) for offset in range(0, len(text), WORD)]


def _check(part: bytes) -> _Check:
    mask = bytes(0xF0 if byte in _DIGITS else 0xFF for byte in part)
    value = bytes(byte & masked for byte, masked in zip(part, mask, strict=True))
    six = bytes(6 if byte in _DIGITS else 0 for byte in part)
    return _Check(_word(mask), _word(value), _word(six))


def _word(text: bytes) -> np.uint64:
    """Return a word that begins with `text`."""
    return np.uint64(int.from_bytes(text.ljust(WORD, b"\0"), "big"))


# ---- words


def _windows(text: Text, count: int) -> npt.NDArray[np.void]:
    """Return the text from each of its bytes on, `count` words long."""
    size = count * WORD
    return np.ndarray((len(text) - size + 1,), f"V{size}", text.data, strides=(1,))


def _words(text: Text, at: Indexes, count: int) -> Words:
    """Return `count` words that begin at each place, by their order; what is first is high."""
    if not count or not len(at):
        return np.zeros((count, len(at)), dtype=np.uint64)
    words = _windows(text, count)[at].view(">u8").reshape(-1, count)
    return words.T.astype(np.uint64, order="C")


def _put(text: Text, at: Indexes, words: Words) -> None:
    """Write words where `_words` found them."""
    count = len(words)
    rows = words.T.astype(">u8", order="C")
    _windows(text, count)[at] = rows.view(f"V{count * WORD}")[:, 0]


# ---- numbers


def _add(text: Text, at: Indexes, digits: int, add: int) -> Flags:
    """Add to the numbers at `at`; say of each whether it has as many digits as before."""
    count = 1 if digits <= WORD else 2
    where = at + (digits - count * WORD)
    words = _words(text, where, count)
    carry: Flags | None = None
    if count == 2:
        add, low = divmod(add, 10**WORD)
        carry = _add_digits(words[1], WORD, low, None)
    high_digits = digits - (count - 1) * WORD
    limit = 10**high_digits
    if not len(at) or not -limit <= add < limit:
        return np.zeros(len(at), dtype=np.bool_)
    carry = _add_digits(words[0], high_digits, add % limit, carry)
    _put(text, where, words)
    good: Flags = carry if add < 0 else ~carry
    if digits > 1:
        good &= words[0] & _low(high_digits) >= np.uint64(0x31 << 8 * (high_digits - 1))
    return good


def _add_digits(word: Words, digits: int, add: int, carry: Flags | None) -> Flags:
    """Add to the numbers that words end with, in place; return which do not hold the sum."""
    lows = _low(digits)
    # Digits that sum to ten or more with 0xF6 added overflow into the next one, and only these.
    bias = int.from_bytes(b"%0*d" % (digits, add), "big") + (_SPREAD >> 8 * (WORD - digits)) * 0x96
    total = word & lows
    total += np.uint64(bias)
    if carry is not None:
        total += carry
    top = np.uint64(8 * digits % 64)
    over: Flags = total < np.uint64(bias) if digits == WORD else (total >> top).astype(np.bool_)
    kept = total & np.uint64(_SPREAD * 0x80)
    kept >>= np.uint64(7)
    kept *= np.uint64(0xF6)
    total -= kept
    total += np.uint64(_SPREAD * 0x30)
    total &= lows
    word &= ~lows
    word |= total
    return over


_SPREAD = 0x0101010101010101


def _low(digits: int) -> np.uint64:
    """Return the mask of the last bytes of a word."""
    return np.uint64((1 << 8 * digits) - 1)
