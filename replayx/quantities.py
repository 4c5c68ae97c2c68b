"""Durations, sizes and times as people write them."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from types import MappingProxyType

from replayx.clock import NS_PER_MS, NS_PER_S
from replayx.errors import InvalidOption

DURATION_UNITS = MappingProxyType(
    {
        "ns": 1,
        "us": 1_000,
        "ms": NS_PER_MS,
        "s": NS_PER_S,
        "m": 60 * NS_PER_S,
        "h": 3600 * NS_PER_S,
        "d": 86_400 * NS_PER_S,
    }
)
_BYTE_UNITS = MappingProxyType(
    {
        "": 1,
        "b": 1,
        **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
        **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
    }
)
_PART = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
# `1e999999999` would be a number too: one that takes minutes to write down.
_RATIO = re.compile(r"(\d{1,12}|\d{0,12}\.\d{1,12})(?:/(\d{1,12}))?x?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def _scaled(number: str, unit: int) -> int:
    """Return `number` units, exactly: floats lose nanoseconds."""
    whole, _, fraction = number.partition(".")
    return int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def parse_duration_ns(text: str) -> int:
    """Return a duration such as `10m`, `1h30m` or `0.5s` in ns. Raises InvalidOption."""
    compact = text.strip().lower()
    parts = _PART.findall(compact)
    known = all(unit in DURATION_UNITS for _, unit in parts)
    if not parts or not known or "".join(map("".join, parts)) != compact:
        raise InvalidOption(f"the duration {text!r}", expected="one such as 10s, 1.5m or 1h30m")
    return sum(_scaled(number, DURATION_UNITS[unit]) for number, unit in parts)


def parse_speed(text: str, *, where: str = "--speed") -> Fraction | None:
    """Return a speed as an exact ratio, None for `max`. Raises InvalidOption."""
    if text == "max":
        return None
    match = _RATIO.fullmatch(text)
    divisor = int(match[2] or 1) if match else 0
    speed = Fraction(match[1]) / divisor if match and divisor else Fraction(0)
    if speed <= 0:
        raise InvalidOption(
            f"the speed {text!r}",
            expected="a number above 0 such as 1, 0.5 or 10, or max",
            where=where,
        )
    return speed


def parse_bytes(text: str) -> int:
    """Return a size such as `64KiB` or `1GB` in bytes. Raises InvalidOption."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None or match[2] not in _BYTE_UNITS:
        raise InvalidOption(f"the size {text!r}", expected="one such as 500MB or 1GiB")
    return _scaled(match[1], _BYTE_UNITS[match[2]])


def parse_instant_ns(text: str, start_ns: int) -> int:
    """Return a time in ns since 1970: ISO, epoch (s, ms, us or ns), or an offset from `start_ns`.

    Raises InvalidOption.
    """
    if re.fullmatch(r"\d+", text):
        return int(text) * _epoch_unit(len(text))
    if re.fullmatch(r"[\d.]+[a-zA-Z][\w.]*", text):
        return start_ns + parse_duration_ns(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidOption(
            f"the time {text!r}", expected="ISO 8601, a Unix time, or an offset such as 90s"
        ) from error
    since = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.fromtimestamp(0, UTC)
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000


def _epoch_unit(digits: int) -> int:
    """Return the ns of a Unix time's unit, told by its length: 13 digits are ms until 2286."""
    for most, unit in ((11, NS_PER_S), (14, NS_PER_MS), (17, 1_000)):
        if digits <= most:
            return unit
    return 1


def duration_text(duration_ns: int) -> str:
    """Return a duration for people: `5m 46.1s`."""
    seconds = duration_ns / NS_PER_S
    if seconds < 60:
        return f"{seconds:.3g}s" if seconds else "0s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{int(minutes)}m {rest:.1f}s"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}h {minutes}m {int(rest)}s"


def bytes_text(count: int) -> str:
    """Return a size for people: `2.1 MiB`."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def time_text(at_ns: int) -> str:
    """Return a time for people, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{at_ns % NS_PER_S // NS_PER_MS:03d}Z"
