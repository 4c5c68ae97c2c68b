"""Shorthands: a rule in a few words, as `--fault` takes them.

    fault     = type [":" value ["~" jitter]] ["," attribute]... ["@" where ["," where]...]
    attribute = key "=" value                   of the toxic, of `where` or of `when`
    where     = word ["@" word]...              ws, rest, wsapi, up, down, a market, a SYMBOL,
              | key "=" value                   /route, GET /route, or last: a channel pattern
    anything may end with "!" share             the probability: !10% or !0.1

`value` is the first of the toxic's attributes that it fits. Quotes keep commas and @ in a value;
several numbers are joined by +. A channel pattern may hold @ itself: it goes up to the next comma.
"""

import re

import msgspec

from replayx.errors import InvalidPlan
from replayx.faults.document_reader import DocumentReader
from replayx.faults.registry import load_toxic, toxic_names
from replayx.faults.rule import Rule
from replayx.faults.rule_reader import WHEN_KEYS, WHERE_KEYS, Venues, read_rule
from replayx.limits import FAULT_SHORTHAND_CHARACTERS_MAX

_PIECE = re.compile(r"""(?:[^,"']|"[^"]*"|'[^']*')+""")
_HEAD_END = re.compile(r"""(?:[^@"']|"[^"]*"|'[^']*')*""")
_SHARE = re.compile(r"(.*)!(\d+(?:\.\d+)?%?|\.\d+)", re.DOTALL)
_SYMBOL = re.compile(r"[A-Z0-9_]{2,40}")
_CARRIERS = ("ws", "rest", "wsapi")
_DIRECTIONS = ("up", "down")
_ROUTE = re.compile(r"(?:[A-Z]{3,7} )?/.*")
# What `~` gives, by the name of the attribute: the first of these that a toxic has.
_JITTERS = ("jitter", "size_variation")


def parse_fault(text: str, *, venues: Venues) -> Rule:
    """Return the rule of a shorthand such as `latency:50ms~10ms@ws`. Its name may be "".

    Raises InvalidPlan.
    """
    reader = DocumentReader(f"fault {text[:80]!r}", is_text=True)
    if len(text) > FAULT_SHORTHAND_CHARACTERS_MAX:
        raise reader.problem(
            f"{len(text)} characters", expected=f"at most {FAULT_SHORTHAND_CHARACTERS_MAX}"
        )
    if not text:
        raise reader.problem("no fault", expected="one such as latency:50ms~10ms@ws")
    parts = _Parts(reader, venues)
    head = _HEAD_END.match(text)
    assert head is not None, "it matches nothing, too"
    if not head[0]:
        raise reader.problem("no type before @", expected="a toxic's, or a failure's")
    parts.take_head(_pieces(head[0], reader))
    if head.end() < len(text):
        if text[head.end()] != "@":
            raise reader.problem("a quote that is not closed", expected="another one behind it")
        for piece in _pieces(text[head.end() + 1 :], reader):
            parts.take_where(piece)
    return read_rule(parts.table(), reader.where, venues, is_text=True)


class _Parts:
    """What a shorthand has given so far."""

    def __init__(self, reader: DocumentReader, venues: Venues) -> None:
        self._reader = reader
        self._venues = venues
        self._type = ""
        self._plain: dict[str, object] = {}
        self._where: dict[str, object] = {}
        self._when: dict[str, object] = {}

    def table(self) -> dict[str, object]:
        """Return the rule as a plan has it."""
        return {"type": self._type, **self._plain, "where": self._where, "when": self._when}

    def take_head(self, pieces: list[str]) -> None:
        """Take what stands before the first @."""
        first, *others = (self._without_share(piece) for piece in pieces)
        self._type, colon, value = first.partition(":")
        if colon:
            self._take_value(_unquoted(value))
        for piece in others:
            self._take_pair(piece)

    def take_where(self, piece: str) -> None:
        """Take a part of what stands behind it."""
        piece = self._without_share(piece)
        if re.match(r"[a-z_]+=", piece):
            self._take_pair(piece, is_where=True)
            return
        words = piece.split("@")
        for place, word in enumerate(words):
            if not self._take_word(word):
                self._put(self._where, "channel", "@".join(words[place:]))
                return

    def _take_word(self, word: str) -> bool:
        """Take a word of the place; say whether it is any but a channel's."""
        if word in _CARRIERS:
            self._put(self._where, "carrier", word)
        elif word in _DIRECTIONS:
            self._put(self._where, "direction", f"{word}stream")
        elif word in self._venues:
            self._put(self._where, "market", word)
        elif _ROUTE.fullmatch(word):
            self._put(self._where, "route", word)
        elif _SYMBOL.fullmatch(word):
            self._put(self._where, "symbol", word)
        else:
            return False
        return True

    def _take_pair(self, piece: str, *, is_where: bool = False) -> None:
        """Take a key and a value: before the @ first of all the toxic's own, behind it last."""
        key, equals, value = piece.partition("=")
        if not equals:
            raise self._reader.problem(
                repr(piece), expected="a key and a value such as jitter=10ms, or @ before a place"
            )
        is_own = not is_where and key in self._attributes()
        if key in WHEN_KEYS and not is_own:
            self._put(self._when, key, _when_value(key, _unquoted(value)))
        elif key in WHERE_KEYS and not is_own:
            self._put(self._where, key, _unquoted(value))
        else:
            self._put(self._plain, key, _unquoted(value))

    def _take_value(self, text: str) -> None:
        if self._type not in toxic_names():
            return  # a failure has no value, and what is nothing at all is told so in a moment
        attributes = self._attributes()
        if not attributes:
            raise self._reader.problem(f"the value {text!r}", expected=f"{self._type} alone")
        spread = next((one for one in _JITTERS if one in attributes), None)
        if "~" in text and spread is not None:
            text, _, jitter = text.rpartition("~")
            self._put(self._plain, spread, jitter)
        self._put(self._plain, self._fitting(text), text)

    def _fitting(self, text: str) -> str:
        """Return the first attribute that takes a value; the very first if none does."""
        fields = msgspec.structs.fields(load_toxic(self._type))
        for field in fields:
            if text.isdecimal() and _is_number(field.type):
                return field.name  # a number out of its range is no text for the next one
            try:
                self._reader.value(field.type, text)
            except InvalidPlan:
                continue
            return field.name
        return fields[0].name

    def _attributes(self) -> tuple[str, ...]:
        if self._type not in toxic_names():
            return ()
        return tuple(field.name for field in msgspec.structs.fields(load_toxic(self._type)))

    def _without_share(self, piece: str) -> str:
        match = _SHARE.fullmatch(piece)
        if match is None:
            return piece
        self._put(self._when, "probability", match[2])
        return match[1]

    def _put(self, table: dict[str, object], key: str, value: object) -> None:
        if key in table:
            raise self._reader.problem(f"{key} is given twice", expected="once")
        table[key] = value


def _pieces(text: str, reader: DocumentReader) -> list[str]:
    """Return what stands between commas, but not those in quotes."""
    pieces: list[str] = []
    place = 0
    while place <= len(text):
        match = _PIECE.match(text, place)
        piece = match[0] if match else ""
        if not piece:
            raise reader.problem("nothing between two commas, or behind the last")
        pieces.append(piece)
        place += len(piece) + 1
        if place <= len(text) and text[place - 1] != ",":
            raise reader.problem("a quote that is not closed", expected="another one behind it")
    return pieces


def _is_number(kind: object) -> bool:
    return isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.IntType)


def _unquoted(value: str) -> str:
    is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def _when_value(key: str, value: str) -> object:
    return value.split("+") if key == "nth" else value
