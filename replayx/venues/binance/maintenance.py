"""What Binance says when it goes down: symbols that are closed, and connections that will end.

Origin: enums.md ("Symbol status"), web-socket-streams.md and web-socket-api.md ("serverShutdown").
"""

import re

import msgspec

from replayx.venues.binance.dialect import Dialect
from replayx.venues.venue import HttpReply, RequestKey, Role, Subscription

# Spot and USDⓈ-M; in COIN-M's rules it is the contract that has a state.
_STATUS = re.compile(rb'"(status|contractStatus)":"[A-Z_]+"')
_SYMBOL = re.compile(rb'"symbol":"([^"]+)"')
_PLACING = frozenset({"POST", "PUT"})
_OK = 200


def halted(
    dialect: Dialect, key: RequestKey, reply: HttpReply, status: str, symbols: tuple[str, ...]
) -> HttpReply:
    """Return exchangeInfo with the state of these symbols, or of all; other answers as they are."""
    if key.path != f"{dialect.api}/exchangeInfo" or reply.status != _OK:
        return reply
    try:
        fields = msgspec.json.decode(reply.body, type=dict[str, msgspec.Raw])
        rows = msgspec.json.decode(fields["symbols"], type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
        return reply  # packed by the venue, or no exchangeInfo: nothing to say it in
    wanted = frozenset(symbol.encode() for symbol in symbols)
    states = [_with_status(bytes(row), status.encode(), wanted) for row in rows]
    fields["symbols"] = msgspec.Raw(b"[" + b",".join(states) + b"]")
    return HttpReply(reply.status, msgspec.json.encode(fields), reply.headers)


def _with_status(row: bytes, status: bytes, wanted: frozenset[bytes]) -> bytes:
    name = _SYMBOL.search(row)
    if wanted and (name is None or name[1] not in wanted):
        return row
    return _STATUS.sub(lambda found: b'"%b":"%b"' % (found[1], status), row, count=1)


def halt_refusal(key: RequestKey, *, is_whole: bool) -> str | None:
    """Return the word of the failure that an order gets while its symbol, or all, is closed."""
    is_order = "order" in key.path.lower() and not key.path.endswith("/test")
    if not is_order or key.method not in _PLACING:
        return None
    return "maintenance" if is_whole else "market_closed"


def shutdown_notice(dialect: Dialect, subscription: Subscription, venue_ms: int) -> bytes | None:
    """Return `serverShutdown` as this connection gets it, without having asked for it."""
    if not dialect.announces_shutdown:
        return None
    event = b'{"e":"serverShutdown","E":%d}' % venue_ms
    if subscription.role is Role.WS_API:
        return b'{"event":' + event + b"}"
    if subscription.combined:
        return b'{"stream":"!serverShutdown","data":' + event + b"}"
    return event
