"""Moving the numbers of many payloads at once.

Payloads of one layout hold the same text but for their digits, from the beginning to the last
number there, and from the first number behind a part of any length to the end:

    {"e":"trade","E":1723161255343   ,"s":"BTCUSDT",...   "T":1723161255342,"m":true,"M":true}
    '------------ head -----------'                       '--------------- tail -------------'

A layout is learned from one payload and *checked on every other*, byte for byte, eight at a time;
head and tail are whole JSON tokens at the outer level of an object that has no other such numbers,
so what fits has its numbers exactly there. What fits no layout is left to the caller.

Text is read and written in words of eight bytes at any address (little-endian whatever the
machine). Eight digits become a number in three multiplications (Lemire, "Quickly parsing eight
digits", 2018), and digits again by a table of four.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from replayx.timeline.places import Place

Words = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WORD = 8
# The last words of a text reach this far behind it.
PADDING = WORD
_DIGITS = frozenset(b"0123456789")
_TEN_8 = 10**8
_TEN_4 = 10**4
# Numbers of up to 19 digits fit into int64 with what is added to them; two words hold 16.
_DIGITS_MAX = 2 * WORD
# Two words hold these and less than the five bytes between two numbers (`,"T":`).
_TOGETHER_DIGITS_MIN = 12


def _each(byte: int) -> np.uint64:
    """Return a word of eight times the same byte."""
    return np.uint64(int.from_bytes(bytes([byte]) * WORD, "little"))


class _Check(NamedTuple):
    """A word of a head or tail: what its bytes must be; digits may be any.

    With six added, the upper half of a byte that is no digit is no longer that of "0".
    """

    offset: int
    mask: np.uint64
    value: np.uint64
    six: np.uint64
    is_full: bool  # the text has all eight bytes


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
        self._head_bytes = len(head)
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

    def fits(self, words: Words, start: Indexes, stop: Indexes) -> Flags:
        """Say of each payload, from `start` to `stop`, whether it is of this layout."""
        differs = np.zeros(len(start), dtype=np.uint64)
        if len(words) <= self.bytes_min:
            return np.zeros(len(start), dtype=np.bool_)
        end = len(words) - 1
        # Where a payload is too short, any place is looked at that there is.
        for base, checks in (
            (np.clip(stop - self._tail_bytes, 0, end - self._tail_bytes), self._tail),
            (np.minimum(start, end - self._head_bytes), self._head),
        ):
            for check in checks:
                word = words[check.offset :][base]
                if check.six:
                    differs |= ((word + check.six) & check.mask) ^ check.value
                    word &= check.mask
                word ^= check.value
                differs |= word if check.is_full else word & check.mask
        good: Flags = differs == 0
        good &= (stop - start) >= self.bytes_min
        return good

    def describes(self, text: bytes, places: Sequence[Place]) -> bool:
        """Say whether the numbers of a payload that fits stand where these places are."""
        return all(
            number.offset + (len(text) if number.offset < 0 else 0) == place.start
            for number, place in zip(self._numbers, places, strict=True)
        )

    def move(self, words: Words, start: Indexes, stop: Indexes) -> Flags:
        """Add to the numbers of payloads that fit; say of each whether all kept their width.

        Those that do not are left in parts: the caller has the text as it was.
        """
        good = np.ones(len(start), dtype=np.bool_)
        for numbers in self._together:
            first = numbers[0]
            at = [number.offset + (start if number.offset >= 0 else stop) for number in numbers]
            where = at[0] if len(at) == 1 else np.concatenate(at)
            kept = _add(words, where, first.digits, first.add)
            good &= kept.reshape(len(numbers), -1).all(axis=0)
        return good


def _together(numbers: Sequence[Number]) -> list[list[Number]]:
    """Return the numbers that are changed at once: of one width and by the same.

    Short ones each alone: the word around one may hold digits of the one before it.
    """
    groups: dict[tuple[int, int, int], list[Number]] = {}
    for number in numbers:
        alone = number.offset if number.digits < _TOGETHER_DIGITS_MIN else 0
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
    """Return the words that cover `text`; the last one overlaps the one before it."""
    last = max(len(text) - WORD, 0)
    offsets = [*range(0, last, WORD), last] if text else []
    return [_check(text, offset) for offset in offsets]


def _check(text: bytes, offset: int) -> _Check:
    part = text[offset : offset + WORD]
    mask = bytes(0xF0 if byte in _DIGITS else 0xFF for byte in part)
    value = bytes(byte & masked for byte, masked in zip(part, mask, strict=True))
    six = bytes(6 if byte in _DIGITS else 0 for byte in part)
    return _Check(offset, _word(mask), _word(value), _word(six), is_full=len(part) == WORD)


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# ---- numbers


def _add(words: Words, at: Indexes, digits: int, add: int) -> Flags:
    """Add to the numbers at `at`; say of each whether it has as many digits as before."""
    low_digits = min(digits, WORD)
    limit = 10**low_digits
    high_add, low_add = divmod(add, limit)
    low = _read(words, at + (digits - low_digits), low_digits)
    low += low_add
    carry = low >= limit
    if carry.any():
        low -= carry * limit
    high_digits = digits - low_digits
    if not high_digits:
        good: Flags = ~carry if high_add == 0 else np.zeros(len(at), dtype=np.bool_)
        good &= low >= 10 ** (digits - 1) if digits > 1 else good
        _write(words, at, low, low_digits)
        return good
    _write(words, at + high_digits, low, low_digits)
    return _add_high(words, at, high_digits, carry + high_add)


def _add_high(words: Words, at: Indexes, digits: int, add: Indexes) -> Flags:
    """Add to the leading digits of longer numbers; all numbers of a chunk often have the same."""
    limits = 10 ** (digits - 1), 10**digits
    where = at - (WORD - digits)
    kept = np.uint64(_kept(digits))
    word = words[where]
    leading = word & ~kept
    if len(at) and (leading == leading[0]).all():
        least, most = int(add.min()), int(add.max())  # a carry or none
        high = _read(words, at[:1], digits) + np.arange(least, most + 1)
        good: Flags = (high >= limits[0]) & (high < limits[1])
        texts = _text(np.where(good, high, 0)) & ~kept
        word &= kept
        if least == most:
            words[where] = word | texts[0]
            return np.full(len(at), good[0])
        words[where] = word | texts[add - least]
        kept_width: Flags = good[add - least]
        return kept_width
    high = _read(words, at, digits) + add
    good = (high >= limits[0]) & (high < limits[1])
    _write(words, at, np.where(good, high, 0), digits)
    return good


def _kept(digits: int) -> int:
    """Return the mask of the bytes before a number's digits in the word that ends with it."""
    return (1 << 8 * (WORD - digits)) - 1


def _read(words: Words, at: Indexes, digits: int) -> Indexes:
    """Return numbers of up to eight digits."""
    # In place: this runs for every number of every message.
    word = words[at - (WORD - digits)]
    word &= _each(0x0F) & np.uint64(~_kept(digits) & (1 << 64) - 1)
    upper = word >> np.uint64(8)
    word *= np.uint64(10)
    word += upper
    np.right_shift(word, np.uint64(16), out=upper)
    upper &= _NUMBERS_OF_2
    word &= _NUMBERS_OF_2
    word *= np.uint64(100)
    word += upper
    np.right_shift(word, np.uint64(32), out=upper)
    upper &= _NUMBERS_OF_4
    word &= _NUMBERS_OF_4
    word *= np.uint64(10_000)
    word += upper
    word &= np.uint64(0xFFFFFFFF)
    return word.view(np.int64)


_NUMBERS_OF_2 = np.uint64(0x00FF00FF00FF00FF)
_NUMBERS_OF_4 = np.uint64(0x0000FFFF0000FFFF)


def _write(words: Words, at: Indexes, numbers: Indexes, digits: int) -> None:
    """Write numbers of up to eight digits, with leading zeros."""
    where = at - (WORD - digits)
    text = _text(numbers)
    if digits < WORD:
        kept = np.uint64(_kept(digits))
        text = (text & ~kept) | (words[where] & kept)
    words[where] = text


def _text(numbers: Indexes) -> Words:
    """Return numbers below 10**8 as words of eight digits."""
    upper = numbers // _TEN_4
    text: Words = _FOUR[upper] | (_FOUR[numbers - upper * _TEN_4] << np.uint64(32))
    return text


def _four_digits() -> Words:
    numbers = np.arange(_TEN_4, dtype=np.uint64)
    text = np.zeros(_TEN_4, dtype=np.uint64)
    for place in range(4):
        digit = numbers // np.uint64(10 ** (3 - place)) % np.uint64(10)
        text |= (digit + np.uint64(ord("0"))) << np.uint64(8 * place)
    text.setflags(write=False)
    return text


_FOUR = _four_digits()
