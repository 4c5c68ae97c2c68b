"""Attribution: which channel a message from Binance belongs to.

A combined message names its stream; that is read from its first bytes. A bare payload is matched
by its event type, symbol and interval against what the connection subscribed to. Some payloads
name neither (spot's bookTicker has no type, partial depth not even a symbol): they are attributed
only where one subscribed stream can be meant, and are opaque otherwise.

Market data is not decoded: this runs for every message of a recording. Unusual spacing or key
order is decoded, and gives the same answer.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import is_user_channel, kind_of
from replayx.venues.venue import NO_ENVELOPE, Carried, Envelope, Role, Subscription

# The name of the channel of private events that the WS API carries.
WSAPI_USER_CHANNEL = "userDataStream"

_OPAQUE = Carried("", "opaque", NO_ENVELOPE)
_REPLY = Carried("", "reply", NO_ENVELOPE)
_WSAPI_EVENT = Carried(WSAPI_USER_CHANNEL, "user", NO_ENVELOPE)

_COMBINED = b'{"stream":"'
_DATA = b'","data":'
_COMBINED_LOOSE = re.compile(rb'\s*\{\s*"stream"\s*:\s*"([^"\\]+)"\s*,\s*"data"\s*:\s*')
# Replies to commands; errors are documented flat (web-socket-streams.md), and seen wrapped.
_REPLY_STARTS = (b'{"result":', b'{"error":', b'{"id":', b'{"code":')
_WSAPI_EVENT_START = (b'{"subscriptionId":', b'{"event":')

# user-data-stream.md, the derivatives docs, and what older captures hold.
USER_EVENTS = frozenset(
    (
        *("outboundAccountPosition", "outboundAccountInfo", "balanceUpdate", "executionReport"),
        *("listStatus", "externalLockUpdate", "eventStreamTerminated", "listenKeyExpired"),
        *("ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "TRADE_LITE", "ALGO_UPDATE", "MARGIN_CALL"),
        *("ACCOUNT_CONFIG_UPDATE", "STRATEGY_UPDATE", "GRID_UPDATE"),
        *("CONDITIONAL_ORDER_TRIGGER_REJECT", "MARGIN_LEVEL_STATUS_CHANGE"),
        *("USER_LIABILITY_CHANGE", "openOrderLoss", "liabilityChange", "riskLevelChange"),
    )
)


class _Facts(NamedTuple):
    """What a bare payload says of itself."""

    event: str
    symbol: str = ""
    interval: str = ""
    contract: str = ""
    is_array: bool = False


class _Combined(msgspec.Struct, forbid_unknown_fields=True):
    stream: str
    data: msgspec.Raw


_decode_combined = msgspec.json.Decoder(_Combined).decode


def carried(dialect: Dialect, subscription: Subscription, payload: bytes) -> Carried:
    """Return the channel of a message received on a connection."""
    if subscription.role is Role.WS_API:
        return _WSAPI_EVENT if payload.startswith(_WSAPI_EVENT_START) else _REPLY
    if payload.startswith(_COMBINED):
        end = payload.find(b'"', len(_COMBINED))
        # An event's data is an object or an array, so anything else has more than two keys.
        if payload.startswith(_DATA, end) and payload.endswith((b"}}", b"]}")):
            return _combined(payload[: end + len(_DATA)])
    if payload.startswith(_REPLY_STARTS):
        return _REPLY
    facts = _read_fast(payload)
    if facts is None:
        return _decoded(dialect, subscription, payload)
    return _attribute(dialect, subscription.channels, facts)


@lru_cache(maxsize=8192)
def _combined(prefix: bytes) -> Carried:
    """Return what a usual combined message is, by what stands before its data."""
    name = prefix[len(_COMBINED) : -len(_DATA)].decode(errors="replace")
    return _named(name, Envelope(prefix, b"}"))


@lru_cache(maxsize=8192)
def _named(name: str, envelope: Envelope = NO_ENVELOPE) -> Carried:
    return Carried(name, "user" if is_user_channel(name) else "stream", envelope)


def _field(payload: bytes, key: bytes) -> str:
    """Return the text after `key`, which ends in a quote; empty if it is not there."""
    start = payload.find(key)
    if start < 0:
        return ""
    start += len(key)
    return payload[start : payload.find(b'"', start)].decode(errors="replace")


def _read_fast(payload: bytes) -> _Facts | None:
    """Read a payload of Binance's usual form by searching; None: it has to be decoded."""
    if payload.startswith(b'{"lastUpdateId":'):
        return _Facts("partialDepth")
    is_array = payload.startswith(b"[{")
    at = payload.find(b'"e":"')
    # The event type of the payload itself, not of something inside it.
    if at >= 0 and payload.find(b"{", 2 if is_array else 1, at) >= 0:
        return None
    if at < 0 and not payload.startswith(b'{"u":'):
        return None
    event = _field(payload, b'"e":"') or "bookTicker"
    if event in ("kline", "continuous_kline"):
        return _Facts(
            event,
            _field(payload, b'"s":"') if event == "kline" else _field(payload, b'"ps":"'),
            _field(payload, b'"i":"'),
            _field(payload, b'"ct":"'),
        )
    return _Facts(event, _field(payload, b'"s":"'), is_array=is_array)


def _text(value: object, *keys: str) -> str:
    """Return the text at a path of keys in decoded JSON, empty if it is not there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _decoded(dialect: Dialect, subscription: Subscription, payload: bytes) -> Carried:
    """Attribute a message of unusual form."""
    loose = _COMBINED_LOOSE.match(payload)
    try:
        if loose:
            data = bytes(_decode_combined(payload).data)
            suffix = payload[loose.end() + len(data) :]
            return _named(loose[1].decode(), Envelope(loose[0], suffix))
        message = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _OPAQUE
    first = message[0] if isinstance(message, list) and message else message
    if not isinstance(first, dict) or "stream" in first:
        return _OPAQUE
    if not isinstance(message, list) and first.keys() & {"result", "error", "code"}:
        return _REPLY
    return _attribute(dialect, subscription.channels, _facts_of(message, first))


def _facts_of(message: object, first: dict[str, object]) -> _Facts:
    event = _text(first, "e")
    if not event and "lastUpdateId" in first:
        event = "partialDepth"
    elif not event and {"u", "s", "b", "a"} <= first.keys():
        event = "bookTicker"
    symbol = _text(first, "s") or _text(first, "o", "s")
    if event == "continuous_kline":
        symbol = _text(first, "ps")
    return _Facts(
        event, symbol, _text(first, "k", "i"), _text(first, "ct"), isinstance(message, list)
    )


def _attribute(dialect: Dialect, channels: dict[str, None], facts: _Facts) -> Carried:
    """Return the one subscribed channel that the facts fit."""
    if facts.event in USER_EVENTS:
        keys = [name for name in channels if is_user_channel(name)]
        return Carried(keys[0] if len(keys) == 1 else "", "user", NO_ENVELOPE)
    if facts.event == "partialDepth":
        candidates: tuple[str, ...] = tuple(filter(_is_partial_depth, channels))
    else:
        candidates = _candidates(dialect, facts)
    subscribed = [name for name in candidates if name in channels]
    if not subscribed and (not candidates or len(channels) == 1):
        subscribed = list(_possible(channels, candidates))
    if len(subscribed) == 1:
        return _named(subscribed[0])
    if not subscribed and len(candidates) == 1:
        # Sent before the venue saw an UNSUBSCRIBE, or pushed without being asked for.
        return _named(candidates[0])
    return _OPAQUE


def _is_partial_depth(name: str) -> bool:
    return kind_of(name) == "depth" and name.partition("@depth")[2][:1].isdigit()


def _possible(channels: dict[str, None], candidates: tuple[str, ...]) -> Iterable[str]:
    """Return the one channel of a connection, if a payload of these candidates may be its own."""
    if len(channels) != 1:
        return
    for name in channels:
        kinds = {kind_of(candidate) for candidate in candidates}
        symbols = {candidate.partition("@")[0] for candidate in candidates}
        if not candidates or (kind_of(name) in kinds and name.partition("@")[0] in symbols):
            yield name


def _candidates(dialect: Dialect, facts: _Facts) -> tuple[str, ...]:
    """Return every name that a payload with these facts can be carried under."""
    streams, event, symbol = dialect.streams, facts.event, facts.symbol.lower()
    if facts.is_array:
        return streams.arrays_by_event.get(event, ())
    if event == "kline":
        return f"{symbol}@kline_{facts.interval}", f"{symbol}@kline_{facts.interval}@+08:00"
    if event == "continuous_kline":
        return (f"{symbol}_{facts.contract.lower()}@continuousKline_{facts.interval}",)
    words = streams.by_event.get(event, ())
    whole = streams.whole_by_event.get(event, ())
    return _with_symbol(symbol, words) + whole


@lru_cache(maxsize=8192)
def _with_symbol(symbol: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{symbol}@{word}" for word in words)
