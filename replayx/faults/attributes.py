"""Attributes of toxics as people write them: `50ms`, `64KiB`, `10KB/s`, `10%` and `0.1`.

Numbers with a unit are exact integers inside: a plan that is written out reads back the same.
"""

import re
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from replayx.errors import InvalidOption
from replayx.limits import FAULT_COUNT_MAX, FAULT_DURATION_NS_MAX, FAULT_RATE_BYTES_MAX
from replayx.quantities import DURATION_UNITS, parse_bytes, parse_duration_ns

# Python reads `1e999` and `nan` as numbers as well; a share is a plain decimal.
_SHARE = re.compile(r"(\d{1,3}|\d{0,3}\.\d{1,15})\s*(%?)")

# How many: messages that overtake one, copies, pieces.
Count = Annotated[int, Meta(ge=1, le=FAULT_COUNT_MAX)]


class Duration(int):
    """A duration in ns, written `50ms` or `1m30s`."""

    @classmethod
    def read(cls, written: object) -> "Duration":
        """Return what a plan says. Raises ValueError."""
        if isinstance(written, cls):
            return written
        if not isinstance(written, str):
            raise ValueError(f"the duration {written!r}; expected text with a unit, such as '50ms'")
        duration_ns = _parsed(parse_duration_ns, written)
        if duration_ns > FAULT_DURATION_NS_MAX:
            raise ValueError(f"the duration {written!r}; expected at most 365d")
        return cls(duration_ns)

    @property
    def text(self) -> str:
        """The duration in the largest unit of which it is a whole number."""
        fitting = (unit for unit, size in DURATION_UNITS.items() if int(self) % size == 0)
        unit = max(fitting, key=DURATION_UNITS.__getitem__) if self else "s"
        return f"{int(self) // DURATION_UNITS[unit]}{unit}"


class Size(int):
    """A number of bytes, written `1500`, `64KiB` or `10MB`."""

    @classmethod
    def read(cls, written: object) -> "Size":
        """Return what a plan says. Raises ValueError."""
        if isinstance(written, cls):
            return written
        if isinstance(written, bool) or not isinstance(written, str | int):
            raise ValueError(f"the size {written!r}; expected a number of bytes or '64KiB'")
        size = _parsed(parse_bytes, str(written))
        if size > FAULT_RATE_BYTES_MAX:
            raise ValueError(f"the size {written!r}; expected at most 1TB")
        return cls(size)

    @property
    def text(self) -> str:
        """The number of bytes, in the unit that makes it the shortest whole number."""
        size = int(self)
        fitting = [
            f"{size // thousand**power}{prefix}{suffix}"
            for thousand, suffix in ((1000, "B"), (1024, "iB"))
            for power, prefix in enumerate("KMG", 1)
            if size and size % thousand**power == 0
        ]
        return min(fitting, key=len, default=str(size))


class Rate(Size):
    """Bytes per second, written `10KB/s` or `10KB`."""

    @classmethod
    def read(cls, written: object) -> "Rate":
        """Return what a plan says. Raises ValueError."""
        if isinstance(written, str):
            written = written.strip().removesuffix("/s")
        return cls(Size.read(written))

    @property
    def text(self) -> str:
        """The rate with its unit."""
        return f"{super().text}{'' if super().text[-1] == 'B' else 'B'}/s"


class Ratio(float):
    """A share or a probability between 0 and 1, written `0.1` or `10%`."""

    @classmethod
    def read(cls, written: object) -> "Ratio":
        """Return what a plan says. Raises ValueError."""
        share = _share(written)
        if share is None or not 0 <= share <= 1:
            raise ValueError(f"the share {written!r}; expected 0 to 1, or '0%' to '100%'")
        return cls(share)


def read_attribute(kind: type, written: object) -> object:
    """Return an attribute from what a plan says: the `dec_hook` of msgspec. Raises ValueError."""
    if issubclass(kind, Duration | Size | Ratio):
        return kind.read(written)
    # What msgspec asks of a hook that does not know a type.
    raise NotImplementedError(f"{kind} is no kind of attribute")


def write_attribute(attribute: object) -> object:
    """Return what a plan says for an attribute: the `enc_hook` of msgspec."""
    if isinstance(attribute, Duration | Size):
        return attribute.text
    if isinstance(attribute, Ratio):
        return float(attribute)
    # What msgspec asks of a hook that does not know a type.
    raise NotImplementedError(f"{attribute!r} is no attribute")


def _parsed(parse: Callable[[str], int], written: str) -> int:
    # msgspec adds the path of the attribute to a ValueError, and to no other.
    try:
        return parse(written)
    except InvalidOption as problem:
        raise ValueError(str(problem)) from problem


def _share(written: object) -> float | None:
    if isinstance(written, bool):
        return None
    if isinstance(written, int | float):
        return float(written)
    match = _SHARE.fullmatch(written.strip()) if isinstance(written, str) else None
    if match is None:
        return None
    return float(match[1]) / (100 if match[2] else 1)
