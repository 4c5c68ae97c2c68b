"""Sequence numbers: whether a snapshot joins the diffs, and whether messages are missing.

Origin: "How to manage a local order book correctly", web-socket-streams.md as corrected 2025-11-12
and its USDⓈ-M counterpart. Payloads are searched, not decoded: this runs while recording.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from replayx.venues.binance.dialect import Dialect

_EVENT_TIME = re.compile(rb'"E":\s*([0-9]{1,19})[,}\s]')
_EVENT_TYPE = re.compile(rb'"e":\s*"([A-Za-z]+)"')
_FIRST = re.compile(rb'"U":\s*([0-9]+)')
_LAST = re.compile(rb'"u":\s*([0-9]+)')
_PREVIOUS = re.compile(rb'"pu":\s*([0-9]+)')
# Contiguous ids of one symbol: every trade, every aggregate trade.
_CONTIGUOUS = MappingProxyType(
    {
        b"trade": re.compile(rb'"t":\s*([0-9]+)'),
        b"aggTrade": re.compile(rb'"a":\s*([0-9]+)'),
    }
)
# 16 digits are microseconds (timeUnit=MICROSECOND), 13 milliseconds.
_MICROSECONDS_MIN = 10**15


class _Snapshot(msgspec.Struct):
    last: int = msgspec.field(name="lastUpdateId")


class _Diff(msgspec.Struct):
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")
    previous: int = msgspec.field(name="pu", default=-1)


class _Time(msgspec.Struct):
    server_time: int = msgspec.field(name="serverTime")


_decode_time = msgspec.json.Decoder(_Time).decode
_decode_snapshot = msgspec.json.Decoder(_Snapshot).decode
_decode_diff = msgspec.json.Decoder(_Diff).decode


def event_time_ms(payload: bytes) -> int | None:
    """Return the venue's own time in a payload, if it has one."""
    found = _EVENT_TIME.search(payload)
    if found is None:
        return None
    time = int(found[1])
    return time // 1000 if time >= _MICROSECONDS_MIN else time


def server_time_ms(body: bytes) -> int | None:
    """Return the time in an answer to GET time; None if there is none in it."""
    try:
        return _decode_time(body).server_time
    except msgspec.MsgspecError:
        return None


def bridges(dialect: Dialect, snapshot: bytes, diffs: Sequence[bytes]) -> bool | None:
    """Say whether a depth answer joins the diffs; None: more diffs are needed to tell."""
    try:
        book = _decode_snapshot(snapshot).last
    except msgspec.MsgspecError:
        return False  # an error answer joins nothing
    for payload in diffs:
        if _LAST.search(payload) is None:
            continue  # partial depth, on a channel somebody named so
        diff = _decode_diff(payload)
        if dialect.diffs_are_linked:
            if diff.last >= book:
                return diff.first <= book or diff.previous == book
        elif diff.last > book:
            return diff.first <= book + 1
    return None


def sequence_gap(dialect: Dialect, previous: bytes, payload: bytes) -> bool:
    """Say whether messages of one channel are missing between two payloads."""
    event = _EVENT_TYPE.search(payload)
    if event is None:
        return False
    if event[1] == b"depthUpdate":
        link, step = (_PREVIOUS, 0) if dialect.diffs_are_linked else (_FIRST, 1)
        return _breaks(_LAST.search(previous), link.search(payload), step)
    identity = _CONTIGUOUS.get(event[1])
    if identity is None:
        return False
    return _breaks(identity.search(previous), identity.search(payload), 1)


def _breaks(before: re.Match[bytes] | None, after: re.Match[bytes] | None, step: int) -> bool:
    if before is None or after is None:
        return False
    return int(after[1]) != int(before[1]) + step
