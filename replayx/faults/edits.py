"""Edits of an answer's body: a bit turned over, an end that is missing, JSON that is none.

The same draw makes the same edit of the same body.
"""

import re

from replayx.faults.round_trip import Edit

_NUMBER = re.compile(rb"(?<=[:,\[])-?\d+(?:\.\d+)?(?=[,}\]])")
_TEXT = re.compile(rb'(?<=[:,\[])"[^"\\]*"(?=[,}\]])')
_STRUCTURE = re.compile(rb"[{}\[\]:,]")

# How a body can be edited, and what a plan says for it.
HOWS = ("bit", "truncate", "json", "type")


def edited(body: bytes, edit: Edit) -> bytes:
    """Return a body after an edit; `edit.draw`, in [0, 1), picks where."""
    if not body:
        return body
    match edit.how:
        case "bit":
            return _flipped(body, int(edit.draw * len(body) * 8))
        case "truncate":
            return body[: int(edit.draw * len(body))]
        case "json":
            return _broken(body, edit.draw)
        case "type":
            return _retyped(body, edit.draw)
        case _:
            raise AssertionError(f"{edit.how} is none of {HOWS}")


def _flipped(body: bytes, bit: int) -> bytes:
    at, mask = bit // 8, 1 << bit % 8
    return body[:at] + bytes((body[at] ^ mask,)) + body[at + 1 :]


def _broken(body: bytes, draw: float) -> bytes:
    """Leave out a comma, a colon or a bracket; what has none loses its end."""
    places = [found.start() for found in _STRUCTURE.finditer(body)]
    at = places[int(draw * len(places))] if places else len(body) - 1
    return body[:at] + body[at + 1 :]


def _retyped(body: bytes, draw: float) -> bytes:
    """Say a number as text, or a text as null; what has neither becomes null."""
    found = [*_NUMBER.finditer(body), *_TEXT.finditer(body)]
    if not found:
        return b"null"
    one = found[int(draw * len(found))]
    value = b"null" if one[0].startswith(b'"') else b'"%b"' % one[0]
    return body[: one.start()] + value + body[one.end() :]
