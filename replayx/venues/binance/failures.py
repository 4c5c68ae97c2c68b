"""Binance's failures in their exact wire form, over HTTP and over the WebSocket API."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from replayx.venues.binance import failure_pages
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.failure_words import Row
from replayx.venues.binance.replies import error, reply
from replayx.venues.binance.wsapi import wsapi_reply
from replayx.venues.fault_side import Failure, FailureContext
from replayx.venues.venue import HttpReply, WsApiRequest

_TOO_MANY = 429
_BANNED = 418
_RESTRICTED = 451
_UNKNOWN = -1000
_MINUTE_MS = 60_000
_ORDER_WINDOW_MS = 10_000
_ORDER_WINDOW = "10 SECOND"
# rest-api.md: bans "scale in duration for repeat offenders, from 2 minutes to 3 days".
_FIRST_BAN_MS = 120_000


def catalogue(dialect: Dialect) -> Mapping[str, Failure]:
    """Return what there is to show of a market's failures, by word."""
    return MappingProxyType(
        {
            word: Failure(word, row.summary, row.source, row.status, row.code)
            for word, row in dialect.failures.items()
        }
    )


def fail(dialect: Dialect, word: str, context: FailureContext) -> HttpReply:
    """Return the answer of a failure."""
    row = dialect.failures[word]
    if row.status == _RESTRICTED:
        return _restricted(dialect, row)
    if row.code is None:
        return _without_code(dialect, row, context)
    answer = error(dialect, row.status, row.code, _text(dialect, row, context))
    if row.status not in (_TOO_MANY, _BANNED):
        return answer
    # Whoever is refused for what he used has used more than there is.
    used = str((context.limit or dialect.weight_max) + 1)
    headers = [
        (name, used if name.startswith("x-mbx-used-weight") and row.code == -1003 else value)
        for name, value in answer.headers
    ]
    # In whole seconds, rounded up: who waits that long is not too early.
    headers.append(("Retry-After", str(-(-_retry_after_ms(row, context) // 1000))))
    return HttpReply(answer.status, answer.body, tuple(headers))


def wsapi_failure(
    dialect: Dialect, word: str, context: FailureContext, request: WsApiRequest
) -> bytes:
    """Return the answer of a failure over the WebSocket API.

    web-socket-api.md, "Response format": 429 and 418 say in `error.data` when to ask again.
    """
    row = dialect.failures[word]
    answer = fail(dialect, word, context)
    if row.code is None and row.text:  # what is a gateway's page over HTTP
        answer = error(dialect, row.status, _UNKNOWN, row.text)
    if row.status in (_TOO_MANY, _BANNED):
        wait_ms = _retry_after_ms(row, context)
        times = {"serverTime": context.venue_ms, "retryAfter": context.venue_ms + wait_ms}
        text = _text(dialect, row, context)
        body = msgspec.json.encode({"code": row.code, "msg": text, "data": times})
        answer = HttpReply(answer.status, body, answer.headers)
    return wsapi_reply(dialect, request, answer)


def _text(dialect: Dialect, row: Row, context: FailureContext) -> str:
    is_of_orders = row.code == -1015
    limit = context.limit or (dialect.orders_max if is_of_orders else dialect.weight_max)
    interval = context.interval or (_ORDER_WINDOW if is_of_orders else "1 MINUTE")
    until = context.venue_ms + _retry_after_ms(row, context)
    period = _period(interval)
    return row.text.format(limit=limit, interval=interval, period=period, until=until)


def _period(interval: str) -> str:
    """Return `1 MINUTE` as `minute`, and `5 MINUTE` as `5 minutes`."""
    number, _, word = interval.lower().partition(" ")
    return word if number == "1" else f"{number} {word}s"


def _retry_after_ms(row: Row, context: FailureContext) -> int:
    """Return how long to wait: as told, or to the end of the window, or of a first ban."""
    if context.retry_after_ms:
        return context.retry_after_ms
    if row.status == _BANNED:
        return _FIRST_BAN_MS
    window_ms = _ORDER_WINDOW_MS if row.code == -1015 else _MINUTE_MS
    return window_ms - context.venue_ms % window_ms


def _restricted(dialect: Dialect, row: Row) -> HttpReply:
    """Return the answer to a restricted country: the gateway's, indented, with code 0."""
    body = msgspec.json.format(msgspec.json.encode({"code": row.code, "msg": row.text}), indent=2)
    return HttpReply(row.status, body, (("Content-Type", dialect.content_type),))


def _without_code(dialect: Dialect, row: Row, context: FailureContext) -> HttpReply:
    if row.word == "waf":
        return failure_pages.blocked()
    if row.word == "not_found":
        return HttpReply(row.status, b"", (("Server", dialect.server),))
    if row.status != 503:
        return failure_pages.nginx_page(row.status, row.text)
    if not row.text:
        return failure_pages.unreachable_origin()
    gateways = {"timestamp": context.venue_ms, "path": context.path, "msg": row.text}
    return reply(dialect, row.status, msgspec.json.encode(gateways))
