"""Time zones as Binance writes them: `0`, `8`, `-1:00`, `05:45`, `+08:00`."""

import re

# rest-api.md, klines: "Supported values for timeZone"; the range is [-12:00 to +14:00] inclusive.
_ZONE = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?")
_MS_PER_MINUTE = 60_000
_MINUTES_MIN = -12 * 60
_MINUTES_MAX = 14 * 60


def zone_ms(text: str) -> int | None:
    """Return a time zone's offset from UTC; None: no such zone."""
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups(default="0")
    offset = int(hours) * 60 + int(minutes)
    if sign == "-":
        offset = -offset
    return offset * _MS_PER_MINUTE if _MINUTES_MIN <= offset <= _MINUTES_MAX else None
