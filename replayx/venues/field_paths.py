"""Finding numbers in JSON text by their path, without decoding it or changing a byte of it.

    E T                  members of an object            k.t   a member's member
    []T                  the members of each element     [0] [6]  elements of an array
    T=grid t=trade       what kind of number it is; a time if nothing is said

Members are looked for only as long as any is missing, so a long rest costs nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from replayx.timeline.places import GRID_TIME, TIME, TIME_DIGITS, Grid, Located, Place

_MEMBER = re.compile(rb'\s*"((?:[^"\\]|\\.)*)"\s*:\s*')
_NEXT = re.compile(rb"\s*([,\]}])")
_SPACE = re.compile(rb"\s*")
_TEXT = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_SCALAR = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\s,\]}"]+')
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
# A whole number, also as text; -1 and 0 stand for "no time" and "no trade".
_NUMBER = re.compile(rb'"?(-?[0-9]+)(?=["\s,\]}])')

_OPENING = b"[{"
_BRACE, _BRACKET = ord("{"), ord("[")


class Leaf(NamedTuple):
    """A number."""

    kind: str


class Members(NamedTuple):
    """An object's members."""

    nodes: Mapping[bytes, "Node"]


class Elements(NamedTuple):
    """Some elements of an array, by their place; or each of them."""

    nodes: Mapping[int, "Node"]
    each: "Node | None" = None


class ByWord(NamedTuple):
    """An object whose members depend on the text of one of them."""

    member: bytes
    nodes: Mapping[bytes, "Node"]
    otherwise: "Node | None" = None


class EitherForm(NamedTuple):
    """An object, or an array of such objects."""

    node: "Node"


Node = Leaf | Members | Elements | ByWord | EitherForm

_KINDS = {"": TIME, "grid": GRID_TIME}.items()


def compile_paths(paths: str) -> Node:
    """Return the tree of space-separated paths, as the module's docstring has them."""
    return _tree([_parts(path) for path in paths.split()])


def _parts(path: str) -> tuple[Sequence[str], str]:
    path, _, kind = path.partition("=")
    steps = [step for step in re.findall(r"\[[0-9]*\]|[^.\[\]]+", path) if step]
    return steps, dict(_KINDS).get(kind, kind)


def _tree(paths: Iterable[tuple[Sequence[str], str]]) -> Node:
    below: dict[str, list[tuple[Sequence[str], str]]] = {}
    for steps, kind in paths:
        if not steps:
            return Leaf(kind)
        below.setdefault(steps[0], []).append((steps[1:], kind))
    nodes = {step: _tree(rest) for step, rest in below.items()}
    if all(step.startswith("[") for step in nodes):
        places = {int(step[1:-1]): node for step, node in nodes.items() if step != "[]"}
        return Elements(places, nodes.get("[]"))
    return Members({step.encode(): node for step, node in nodes.items()})


class _NotJson(Exception):
    """The text is not what it should be."""


class _Walk:
    """One search through a text."""

    def __init__(self, text: bytes, grid: Grid | None) -> None:
        self.text = text
        self.grid = grid
        self.places: list[Place] = []
        self.is_whole = True

    def value(self, at: int, node: Node, *, to_end: bool) -> int:
        """Search the value at `at`; return where it ends, unless nobody asks (`to_end`)."""
        text = self.text
        if at >= len(text):
            raise _NotJson
        if isinstance(node, EitherForm):
            array = text[at] == _BRACKET
            node = Elements({}, node.node) if array else node.node
        if isinstance(node, ByWord):
            node = self._by_word(at, node) or Members({})
        if isinstance(node, Leaf):
            self._leaf(at, node)
        elif isinstance(node, Members) and text[at] == _BRACE:
            return self._members(at + 1, node.nodes, to_end=to_end)
        elif isinstance(node, Elements) and text[at] == _BRACKET:
            # An array may have more or fewer elements the next time.
            self.is_whole = False
            return self._elements(at + 1, node)
        else:
            self.is_whole = False
        return self.skip(at) if to_end else at

    def _leaf(self, at: int, leaf: Leaf) -> None:
        found = _NUMBER.match(self.text, at)
        is_time = leaf.kind in (TIME, GRID_TIME)
        digits = len(found[1]) if found else 0
        is_number = found is not None and not found[1].startswith(b"-")
        if found is None or not is_number or (is_time and digits not in TIME_DIGITS):
            self.is_whole = False
            return
        grid = self.grid if leaf.kind == GRID_TIME else None
        kind = leaf.kind if grid is not None or not is_time else TIME
        self.places.append(Place(found.start(1), found.end(1), kind, grid))

    def _members(self, at: int, nodes: Mapping[bytes, Node], *, to_end: bool) -> int:
        missing = len(nodes)
        while missing and (member := _MEMBER.match(self.text, at)) is not None:
            node = nodes.get(member[1])
            at = member.end()
            if node is None:
                at = self.skip(at)
            else:
                missing -= 1
                at = self.value(at, node, to_end=to_end or missing > 0)
            if missing:
                at, mark = self._next(at)
                if mark != b",":
                    break
        else:
            if missing:  # an empty object
                self.is_whole = False
            return self._close(at) if to_end else at
        self.is_whole = False
        return at

    def _elements(self, at: int, node: Elements) -> int:
        place = 0
        first = _SPACE.match(self.text, at)
        assert first is not None
        at = first.end()
        if self.text[at : at + 1] == b"]":
            return at + 1
        while True:
            child = node.nodes.get(place, node.each)
            at = self.skip(at) if child is None else self.value(at, child, to_end=True)
            at, mark = self._next(at)
            if mark != b",":
                return at
            space = _SPACE.match(self.text, at)
            assert space is not None
            at = space.end()
            place += 1

    def _by_word(self, at: int, node: ByWord) -> Node | None:
        word = _word(self.text, at, node.member)
        return node.otherwise if word is None else node.nodes.get(word)

    def _next(self, at: int) -> tuple[int, bytes]:
        found = _NEXT.match(self.text, at)
        if found is None:
            raise _NotJson
        return found.end(), found[1]

    def skip(self, at: int) -> int:
        """Return where the value at `at` ends."""
        if self.text[at : at + 1] not in (b"{", b"["):
            found = _SCALAR.match(self.text, at)
            if found is None:
                raise _NotJson
            return found.end()
        return self._close(at + 1)

    def _close(self, at: int) -> int:
        """Return where the object or array ends in which `at` is."""
        depth = 1
        for mark in _MARK.finditer(self.text, at):
            first = mark[0][:1]
            if first in (b"{", b"["):
                depth += 1
            elif first in (b"}", b"]"):
                depth -= 1
                if not depth:
                    return mark.end()
        raise _NotJson


def _word(text: bytes, at: int, member: bytes) -> bytes | None:
    """Return the text of an object's member, None if it has none."""
    if text[at : at + 1] != b"{":
        return None
    walk = _Walk(text, None)
    at += 1
    while (found := _MEMBER.match(text, at)) is not None:
        at = found.end()
        if found[1] == member:
            word = _TEXT.match(text, at)
            return word[1] if word else None
        at, mark = walk._next(walk.skip(at))
        if mark != b",":
            break
    return None


def locate(text: bytes, node: Node, *, grid: Grid | None = None) -> Located:
    """Return where in a JSON text the numbers of a tree stand; none if it is not JSON.

    `grid` is where the candles in it begin; unless it is given their bounds move like all times.
    """
    walk = _Walk(text, grid)
    start = _SPACE.match(text)
    assert start is not None
    try:
        walk.value(start.end(), node, to_end=False)
    except _NotJson:
        return Located(())
    return Located(tuple(sorted(walk.places)), walk.is_whole)
