"""Where candles begin and end, in the calendar of a time zone."""

from datetime import UTC, datetime

MINUTE_MS = 60_000
DAY_MS = 86_400_000

SPOT = (
    "1s",
    "1m",
    "3m",
    "5m",
    "15m",
    "30m",
    "1h",
    "2h",
    "4h",
    "6h",
    "8h",
    "12h",
    "1d",
    "3d",
    "1w",
    "1M",
)
USDM = SPOT[1:]

_UNIT_MS = (("s", 1000), ("m", MINUTE_MS), ("h", 60 * MINUTE_MS), ("d", DAY_MS), ("w", 7 * DAY_MS))
_MONDAY_MS = 4 * DAY_MS  # 1970-01-05, the first Monday


def bounds(interval: str, time_ms: int, zone_ms: int = 0) -> tuple[int, int]:
    """Return the first and the last millisecond of the candle that holds a time."""
    local_ms = time_ms + zone_ms
    count, unit = int(interval[:-1]), interval[-1]
    if unit == "M":
        start_ms, next_ms = _month(local_ms)
    else:
        size_ms = count * dict(_UNIT_MS)[unit]
        origin_ms = _MONDAY_MS if unit == "w" else 0
        start_ms = (local_ms - origin_ms) // size_ms * size_ms + origin_ms
        next_ms = start_ms + size_ms
    return start_ms - zone_ms, next_ms - zone_ms - 1


def _month(local_ms: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(local_ms // 1000, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return tuple(int(one.timestamp()) * 1000 for one in (day, day.replace(year=year, month=month)))
