"""Finding secrets by name in any text: JSON at any depth and level of escaping, forms, URLs.

Nothing is parsed and written again: what is found are the places of values, so that everything
else stays byte for byte what it was. JSON inside a JSON string has its quotes escaped; a quote is
matched together with its backslashes, so every level of nesting looks alike.
"""

import re
from collections.abc import Collection, Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from replayx.cassette.pseudonym import JSON_UNIT, URL_UNIT

# What stands before a parameter's name: nothing, or a separator.
_BEFORE_NAME = frozenset(bytes((byte,)) for byte in b"?&;\"' \t\r\n") | {b""}
# A word may follow an escaped slash: `streams=a%2Fb`.
_WORD_START = rb"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"
# Letters and digits as `a`: whether there is a word of some length is one search in C.
_SHAPE = bytes(ord("a") if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))
_NEVER = rb"(?!)"
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPACE = re.compile(rb"\s*")
_COMMA_AFTER = re.compile(rb"\s*,")
_COMMA_BEFORE = re.compile(rb",\s*$")
_COLON = re.compile(rb"\s*:")


class Kind(Enum):
    """What is to be done with a secret."""

    IDENTIFIER = "identifier"
    ERASED = "erased"
    DROPPED = "dropped"


class Found(NamedTuple):
    """A secret value at [start, end); [outer_start, outer_end) includes its name and separator."""

    kind: Kind
    start: int
    end: int
    unit: re.Pattern[bytes]
    outer_start: int
    outer_end: int


class SecretFinder:
    """Finds the values of names that carry secrets."""

    def __init__(self, names: dict[str, Kind], token_lengths: Collection[int]) -> None:
        self._kinds = {name.encode(): kind for name, kind in names.items()}
        words = b"|".join(re.escape(name) for name in sorted(self._kinds, reverse=True)) or _NEVER
        # Matched against the text in lower case, whose places are the same: a pattern that begins
        # with one literal byte and ignores no case is searched five times as fast.
        self._json = re.compile(rb'"(?P<name>' + words + rb')(?P<quote>\\*")\s*:\s*')
        self._form = re.compile(rb"(?P<name>" + words + rb")=(?P<value>[^&\s\"'<>\\#;,]+)")
        lengths = rb"|".join(
            rb"[A-Za-z0-9]{%d}" % length for length in sorted(token_lengths, reverse=True)
        )
        self._shortest = b"a" * min(token_lengths, default=0)
        self._token = re.compile(
            rb"(?:(?<![A-Za-z0-9])|(?<=%%[0-9A-Fa-f]{2}))(?:%s)(?![A-Za-z0-9])"
            % (lengths or _NEVER)
        )

    def in_json(self, text: bytes) -> Iterator[Found]:
        """Yield the values of secret names in JSON, in order, not overlapping."""
        position = 0
        for match in self._json.finditer(text.lower()):
            quote = match["quote"]
            start = match.start() - len(quote) + 1
            if start < position or not text.startswith(quote, start):
                continue
            kind = self._kinds[match["name"]]
            end = _value_end(text, match.end(), quote)
            if kind is Kind.DROPPED:
                outer = _with_comma(text, start, end)
                yield Found(kind, match.end(), end, JSON_UNIT, *outer)
                end = outer[1]
            else:
                for leaf in _leaves(text, match.end(), end, quote):
                    yield Found(kind, *leaf, JSON_UNIT, *leaf)
            position = end

    def in_form(self, text: bytes) -> Iterator[Found]:
        """Yield the values of secret names in forms, queries and URLs."""
        for match in self._form.finditer(text.lower()) if b"=" in text else ():
            if text[match.start() - 1 : match.start()] not in _BEFORE_NAME:
                continue
            kind = self._kinds[match["name"]]
            start, end = match.span("value")
            if kind is Kind.DROPPED and text[end : end + 1] == b"&":
                yield Found(kind, start, end, URL_UNIT, match.start("name"), end + 1)
            else:
                outer = match.start() - (text[match.start() - 1 : match.start()] == b"&")
                yield Found(kind, start, end, URL_UNIT, outer, end)

    def tokens(self, text: bytes) -> Iterator[Found]:
        """Yield words of the length of a key, wherever they stand."""
        if not self._shortest or self._shortest not in text.translate(_SHAPE):
            return
        for match in self._token.finditer(text):
            yield Found(Kind.IDENTIFIER, *match.span(), URL_UNIT, *match.span())


@lru_cache(maxsize=16)
def _string_end(quote: bytes) -> re.Pattern[bytes]:
    """Match what remains of a JSON string after its opening quote, up to the closing one."""
    if quote == b'"':
        return re.compile(rb'(?:[^"\\]|\\.)*', re.DOTALL)
    return re.compile(rb".*?(?=(?<!\\)" + re.escape(quote) + rb"|\Z)", re.DOTALL)


def _string(text: bytes, at: int, quote: bytes) -> tuple[int, int]:
    """Return where the content of the string whose quote is at `at` starts and ends."""
    match = _string_end(quote).match(text, at + len(quote))
    assert match is not None, "both patterns match the empty string"
    return match.span()


def _value_end(text: bytes, at: int, quote: bytes) -> int:
    if text.startswith(quote, at):
        return min(len(text), _string(text, at, quote)[1] + len(quote))
    if text[at : at + 1] in (b"[", b"{"):
        return _nested_end(text, at, quote)
    number = _NUMBER.match(text, at)
    return number.end() if number else at


@lru_cache(maxsize=16)
def _marks(quote: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\\)" + re.escape(quote) + rb"|[\[\]{}]|-?\d[\d.eE+-]*")


def _nested_end(text: bytes, at: int, quote: bytes) -> int:
    """Return the end of the array or object that starts at `at`; the text's end if it has none."""
    depth = 0
    position = at
    while match := _marks(quote).search(text, position):
        mark = match[0]
        position = match.end()
        if mark == quote:
            position = min(len(text), _string(text, match.start(), quote)[1] + len(quote))
        elif mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if not depth:
                return position
    return len(text)


def _leaves(text: bytes, at: int, end: int, quote: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the strings and numbers in the value at [at, end), but for keys."""
    position = at
    while position < end and (match := _marks(quote).search(text, position, end)):
        position = match.end()
        if match[0] == quote:
            start, stop = _string(text, match.start(), quote)
            position = stop + len(quote)
            if stop > start and not _COLON.match(text, position):
                yield start, min(stop, end)
        elif match[0] not in b"[{]}":
            yield match.span()


def _with_comma(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the span of a JSON field together with one comma beside it."""
    if after := _COMMA_AFTER.match(text, end):
        return start, after.end()
    if before := _COMMA_BEFORE.search(text, max(0, start - 64), start):
        return before.start(), end
    return start, end
