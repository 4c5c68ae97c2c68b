"""Comparing an answer with what it must be, and saying where they differ."""

from decimal import Decimal, InvalidOperation
from typing import NamedTuple


class Number(NamedTuple):
    """A text of exactly this value, however it is padded."""

    value: Decimal


class Near(NamedTuple):
    """A text of this value rounded, up or down, to the decimals it has."""

    value: Decimal


class Either(NamedTuple):
    """One of these answers."""

    answers: tuple["ValueOf", ...]


class Anything:
    """Whatever stands there."""


ANY = Anything()

ValueOf = (
    dict[str, "ValueOf"]
    | list["ValueOf"]
    | str
    | int
    | bool
    | Number
    | Near
    | Either
    | Anything
    | None
)


def differences(found: object, expected: ValueOf, where: str = "") -> list[str]:
    """Return what is not as expected. Names must stand in the order expected, too."""
    if isinstance(expected, Anything):
        return []
    if isinstance(expected, Either):
        told = [differences(found, one, where) for one in expected.answers]
        return [] if [] in told else told[0]
    if isinstance(expected, Number | Near):
        return [] if _has_value(found, expected) else [f"{where}: {found!r}, not {expected}"]
    if type(found) is not type(expected):
        return [f"{where}: {found!r}, not {expected!r}"]
    if isinstance(expected, dict):
        if list(found) != list(expected):
            return [f"{where}: names {list(found)}, not {list(expected)}"]
        pairs = [(name, found[name], expected[name]) for name in expected]
    elif isinstance(expected, list):
        if len(found) != len(expected):
            told = f"from {found[:1]}, not from {expected[:1]}"
            return [f"{where}: {len(found)} rows, not {len(expected)}: {told}"]
        pairs = [(str(k), *both) for k, both in enumerate(zip(found, expected, strict=True))]
    else:
        return [] if found == expected else [f"{where}: {found!r}, not {expected!r}"]
    return [
        told for name, one, other in pairs for told in differences(one, other, f"{where}/{name}")
    ]


def _has_value(found: object, expected: Number | Near) -> bool:
    if not isinstance(found, str) or "E" in found.upper():
        return False
    try:
        value = Decimal(found)
    except InvalidOperation:
        return False
    if isinstance(expected, Number):
        return value == expected.value
    return abs(value - expected.value) < Decimal(1).scaleb(int(value.as_tuple().exponent))
