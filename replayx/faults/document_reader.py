"""Reading a document that people write: every mistake is one line that says what, where and
which word is nearest.
"""

import math
import re
from collections.abc import Collection
from difflib import get_close_matches
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from replayx.errors import InvalidPlan
from replayx.faults.attributes import read_attribute

# How alike words are that somebody may have meant: difflib's own measure.
_NEAR = 0.6
# More words than these are not listed in an error.
_LISTED_MAX = 16
# What `ValidationError` says: "Expected `int` >= 1", "Expected `int`, got `str` - at `$[0]`".
_EXPECTED = re.compile(r"Expected (.+?)(?:, got .*?)?(?: - at `\$.*`)?")
_AT = re.compile(r" - at `\$.*`")


class DocumentReader(NamedTuple):
    """Reads what stands at `where`. `is_text`: every value is text, as in a shorthand."""

    where: str
    is_text: bool = False

    def at(self, key: str) -> "DocumentReader":
        """Return what reads the value of a key."""
        return DocumentReader(f"{self.where}: {key}", self.is_text)

    def problem(
        self, found: str, *, expected: str | None = None, hint: str | None = None
    ) -> InvalidPlan:
        """Return the error that tells a mistake."""
        return InvalidPlan(found, expected=expected, where=self.where, hint=hint)

    def unknown(
        self, word: str, words: Collection[str], what: str, *, hint: str | None = None
    ) -> InvalidPlan:
        """Return the error for a word that is none of `words`."""
        found = f"the {what} {_shown(word)} is not known"
        return self.problem(found, expected=nearest(word, words), hint=hint)

    def table(self, written: object, words: Collection[str]) -> dict[str, object]:
        """Return a table that may have the keys `words`. Raises InvalidPlan."""
        if not isinstance(written, dict):
            raise self.problem(_shown(written), expected="a table of keys and values")
        for key in written:
            if key not in words:
                raise self.unknown(str(key), words, "key")
        return written

    def value(self, kind: object, written: object) -> object:
        """Return a value as `kind`, any type that msgspec converts to. Raises InvalidPlan."""
        words = _words_of(kind)
        if words and written is not None and written not in words:
            raise self.problem(_shown(written), expected=nearest(str(written), words))
        if isinstance(written, float) and not math.isfinite(written):
            raise self.problem(_shown(written), expected="a finite number")
        if self.is_text and isinstance(written, str) and get_origin(kind) is tuple:
            written = written.split("+")
        try:
            return msgspec.convert(
                written,
                kind,
                strict=not self.is_text,
                dec_hook=read_attribute,
            )
        except msgspec.ValidationError as problem:
            raise self._invalid(str(problem), written) from problem

    def _invalid(self, told: str, written: object) -> InvalidPlan:
        match = _EXPECTED.fullmatch(told)
        if match is not None:
            return self.problem(_shown(written), expected=match[1].replace("`", ""))
        return self.problem(_AT.sub("", told))


def is_near(word: str, words: Collection[str]) -> bool:
    """Say whether somebody may have meant one of `words`."""
    return bool(get_close_matches(word.lower(), sorted(words), n=1, cutoff=_NEAR))


def nearest(word: str, words: Collection[str]) -> str:
    """Return which of `words` somebody may have meant: the nearest, else all of them."""
    near = get_close_matches(word.lower(), sorted(words), n=2, cutoff=_NEAR)
    if near:
        return " or ".join(near)
    listed = sorted(words)
    if len(listed) <= _LISTED_MAX:
        return ", ".join(listed)
    return f"one of {len(listed)} words such as {', '.join(listed[:3])}"


def _words_of(kind: object) -> tuple[str, ...]:
    """Return the words of a closed set; none if it is no such set."""
    if get_origin(kind) is Annotated:
        return _words_of(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        others = [one for one in get_args(kind) if one is not NoneType]
        return _words_of(others[0]) if len(others) == 1 else ()
    if get_origin(kind) is Literal:
        return tuple(str(word) for word in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(one.value) for one in kind)
    return ()


def _shown(written: object) -> str:
    """Return a value for people: not all of it if it is long."""
    text = repr(written)
    return text if len(text) <= 60 else f"{text[:60]}..."
