"""Answers that tell of limits: refusals, and answers with the limits and counts that are kept."""

from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.failures import fail, wsapi_failure
from replayx.venues.binance.limit_texts import (
    TOO_MANY_CONNECTIONS,
    limit_row,
    period_of,
    rows_json,
    too_many_connections_text,
    usage_headers,
)
from replayx.venues.binance.pools import WSAPI_WEIGHT
from replayx.venues.binance.replies import error
from replayx.venues.fault_side import FailureContext
from replayx.venues.rate_side import Breach, LimitRule, Usage
from replayx.venues.venue import HttpReply, HttpRequest, RequestKey, WsApiRequest

Usages = tuple[Usage, ...]

_TOO_MANY_REQUESTS = 429
_BANNED = 418
_REFUSED_MIN = 400
_COUNTED = ("x-mbx-used-weight", "x-mbx-order-count")
_RETOLD = (*_COUNTED, "retry-after")
_LIMITS = b'"rateLimits":['
# Derivatives docs: answers of these tell no weight.
_UNWEIGHED = ("/fapi/v1/fundingRate", "/fapi/v1/fundingInfo")


def limited(dialect: Dialect, breach: Breach, usages: Usages) -> HttpReply:
    """Return the refusal of a request that broke a limit, or is banned."""
    if breach.rule is not None and breach.rule.kind == "CONNECTIONS":
        text = too_many_connections_text(breach.rule)
        refusal = error(dialect, _TOO_MANY_REQUESTS, TOO_MANY_CONNECTIONS, text)
    else:
        refusal = fail(dialect, _word(breach), _context(breach))
    kept = (pair for pair in refusal.headers if not pair[0].lower().startswith(_RETOLD))
    told = usage_headers(usages, with_orders=False)
    headers = (*kept, *told, ("Retry-After", str(breach.wait_s)))
    return HttpReply(refusal.status, refusal.body, headers)


def limited_message(
    dialect: Dialect, request: WsApiRequest, breach: Breach, usages: Usages
) -> bytes:
    """Return the refusal of a WS-API request that broke a limit, or is banned."""
    message = wsapi_failure(dialect, _word(breach), _context(breach), request)
    is_of_orders = breach.rule is not None and breach.rule.kind == "ORDERS"
    return _recounted(dialect, request, message, usages, with_orders=is_of_orders)


def _word(breach: Breach) -> str:
    if breach.rule is None:
        return "ip_banned"
    return "too_many_orders" if breach.rule.kind == "ORDERS" else "too_many_requests"


def _context(breach: Breach) -> FailureContext:
    wait_ms = breach.until_ms - breach.venue_ms
    rule = breach.rule
    if rule is None:
        return FailureContext(breach.venue_ms, wait_ms)
    interval = period_of(rule.period_ns).text
    return FailureContext(breach.venue_ms, wait_ms, limit=rule.limit, interval=interval)


def told_limits(dialect: Dialect, key: RequestKey, usages: Usages) -> HttpReply | None:
    """Answer `GET rateLimit/order`; None: something else is asked for."""
    if key != RequestKey("GET", f"{dialect.api}/rateLimit/order", ()):
        return None
    orders = [usage for usage in usages if usage.rule.kind == "ORDERS"]
    # Spot tells what is used, USDⓈ-M the limits alone (derivatives docs).
    is_counted = not dialect.diffs_are_linked
    rows = (limit_row(rule, used if is_counted else None) for rule, used in orders)
    headers = (("Content-Type", dialect.content_type), ("Server", dialect.server))
    return HttpReply(200, rows_json(rows), headers)


def metered(dialect: Dialect, key: RequestKey, reply: HttpReply, usages: Usages) -> HttpReply:
    """Return an answer with the counts that are kept, and exchangeInfo with the limits."""
    kept = (pair for pair in reply.headers if not pair[0].lower().startswith(_COUNTED))
    # rest-api.md: successful orders are sure to tell the count.
    with_orders = reply.status < _REFUSED_MIN and _is_order(key)
    told = [] if key.path in _UNWEIGHED else usage_headers(usages, with_orders=with_orders)
    body = reply.body
    if tells_limits(dialect, key) and reply.status < _REFUSED_MIN:
        rules = [usage.rule for usage in usages if usage.rule.is_told]
        body = _with_limits(body, rows_json(map(limit_row, rules)))
    return HttpReply(reply.status, body, (*kept, *told))


def tells_limits(dialect: Dialect, key: RequestKey) -> bool:
    """Say whether the body of an answer lists the limits."""
    return key.path == f"{dialect.api}/exchangeInfo"


def metered_message(
    dialect: Dialect, key: RequestKey, request: WsApiRequest, message: bytes, usages: Usages
) -> bytes:
    """Return a WS-API answer with the counts that are kept, and exchangeInfo with the limits."""
    message = _recounted(dialect, request, message, usages, with_orders=_is_order(key))
    if not tells_limits(dialect, key):
        return message
    return _with_limits(message, rows_json(map(limit_row, _wsapi_rules(usages))))


def metered_failure(
    dialect: Dialect,
    word: str,
    request: HttpRequest | WsApiRequest,
    answer: HttpReply | bytes,
    usages: Usages,
) -> HttpReply | bytes:
    """Return the answer of a failure with the counts that are kept, if it tells any of its own.

    Pages of gateways tell none. Who is refused for what he used is told that it was too much.
    """
    if dialect.failures[word].status in (_TOO_MANY_REQUESTS, _BANNED):
        return answer
    if isinstance(answer, bytes):
        assert isinstance(request, WsApiRequest), "only they are answered by a message"
        return _recounted(dialect, request, answer, usages, with_orders=False)
    kept = tuple(pair for pair in answer.headers if not pair[0].lower().startswith(_COUNTED))
    if len(kept) == len(answer.headers):
        return answer
    told = usage_headers(usages, with_orders=False)
    return HttpReply(answer.status, answer.body, (*kept, *told))


def _wsapi_rules(usages: Usages) -> list[LimitRule]:
    """Return the limits that the WebSocket API lists: connections in place of raw requests."""
    kinds = ("REQUEST_WEIGHT", "ORDERS", "CONNECTIONS")
    return [
        usage.rule
        for usage in usages
        if usage.rule.kind in kinds and (usage.rule.is_told or usage.rule.kind == "CONNECTIONS")
    ]


def _recounted(
    dialect: Dialect, request: WsApiRequest, message: bytes, usages: Usages, *, with_orders: bool
) -> bytes:
    """Return a WS-API answer with these counts in `rateLimits`: orders first (web-socket-api.md).

    They stand at the end of what this venue's side makes.
    """
    cut = message.rfind(b"," + _LIMITS)
    if request.params.get("returnRateLimits") is False or cut < 0:
        return message
    orders = [one for one in usages if one.rule.kind == "ORDERS" and with_orders]
    weights = [one for one in usages if one.rule.kind == "REQUEST_WEIGHT"]
    if dialect.diffs_are_linked:  # its WebSocket API has a pool of its own
        weights = [one for one in weights if one.rule.pool == WSAPI_WEIGHT]
    rows = rows_json(limit_row(*usage) for usage in (*orders, *weights))
    return message[:cut] + b',"rateLimits":' + rows + b"}"


def _is_order(key: RequestKey) -> bool:
    return key.method in ("POST", "PUT") and "rder" in key.path and not key.path.endswith("/test")


def _with_limits(body: bytes, limits: bytes) -> bytes:
    """Return a body with another list of limits: the first one, which holds no lists."""
    start = body.find(_LIMITS)
    stop = body.find(b"]", start)
    if start < 0 or stop < 0:
        return body
    return body[: start + len(_LIMITS) - 1] + limits + body[stop + 1 :]
