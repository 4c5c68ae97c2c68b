"""What a stream of candles tells behind a beat: those that closed, and the one that is open."""

from collections.abc import Sequence

import msgspec

from replayx.limits import CLOSED_CANDLES_MAX
from replayx.market.events import Candle
from replayx.market.interval import Interval

# Trades reach a stream up to 220 ms after they happened (Binance, a busy minute of 2024-08-08). A
# candle is told as closed when the last of its trades can be expected to have come.
LATE_MS = 250


def candle_count(interval: Interval, from_ms: int, now_ms: int, *, zone_ms: int = 0) -> int:
    """Return how many candles lie from the one that holds `from_ms` to that of `now_ms`, bounded.

    After a long silence that is many: one message would tell them all.
    """
    count = 1
    start_ms = interval.next_start(from_ms, zone_ms)
    while start_ms <= now_ms and count < CLOSED_CANDLES_MAX:
        start_ms = interval.next_start(start_ms, zone_ms)
        count += 1
    return count


def candle_updates(
    rows: Sequence[Candle], before_ms: int, now_ms: int, *, is_changed: bool = False
) -> list[Candle]:
    """Return what is told at `now_ms` of the last candles, oldest first.

    Candles that ended since `before_ms`, the time of the message before, are closed, each once.
    The open one follows if something was traded since.
    """
    told = [
        msgspec.structs.replace(row, is_closed=True)
        for row in rows
        if before_ms <= row.end_ms < now_ms
    ]
    # What was traded in the first moments of a candle came before the one before it was closed.
    is_changed = is_changed if not told else True
    for row in rows:
        if row.end_ms >= now_ms:
            if is_changed and (row.trade_count or not told):
                told.append(msgspec.structs.replace(row, is_closed=False))
            break
    return told
