"""Request keys: what makes two requests to Binance the same.

Dropped: what changes with every call (timestamp, recvWindow, signature) and the ids a client makes
up for its orders. Evened out: parameter order, percent-encoding, where a parameter stands (query or
form; the query wins, rest-api.md), a default that is spelled out, the order of a JSON list, the
trailing zeros of an order's numbers, and on futures the case of a symbol.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import unquote, unquote_plus

import msgspec

from replayx.venues.binance.dialect import Dialect
from replayx.venues.venue import HttpRequest, RequestKey

_VOLATILE = frozenset(
    (
        *("timestamp", "recvWindow", "signature"),
        *("apiKey", "returnRateLimits"),  # WS API parameters
        # Made up by the client for each order; all the others end in ClientOrderId.
        *("clientOrderId", "clientAlgoId", "origClientOrderIdList", "newClientStrategyId"),
    )
)
_CLIENT_ID = "ClientOrderId"
# Parameters that are decimal numbers: price, quantity, stopPrice, aboveIcebergQty, callbackRate ...
_DECIMAL = ("rice", "uantity", "Qty", "callbackRate", "amount")
_NUMBER = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?")
_SYMBOLS = frozenset({"symbol", "symbols", "pair"})

_encode = msgspec.json.encode


def request_key(dialect: Dialect, request: HttpRequest) -> RequestKey:
    """Return what identifies an HTTP request for matching."""
    path, _, query = request.target.partition("?")
    if "%" in path:
        path = unquote(path)
    parts = query.split("&") if query else []
    if request.body:
        parts += request.body.decode(errors="replace").split("&")
    return _key(dialect, request.method, path, map(_pair, parts))


def parameter_key(
    dialect: Dialect, method: str, path: str, params: dict[str, object]
) -> RequestKey:
    """Return the key of a request whose parameters came as JSON (the WS API)."""
    pairs = ((name, _as_text(value)) for name, value in params.items() if value is not None)
    return _key(dialect, method, path, pairs)


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    if "%" in part or "+" in part:
        return unquote_plus(name), unquote_plus(value)
    return name, value


def _key(dialect: Dialect, method: str, path: str, pairs: Iterable[tuple[str, str]]) -> RequestKey:
    params: dict[str, str] = {}
    for name, value in pairs:
        if name and name not in _VOLATILE and name not in params and _CLIENT_ID not in name:
            params[name] = _canonical(dialect, name, value)
    defaults = dialect.defaults.get(path)
    kept = (pair for pair in params.items() if not defaults or pair not in defaults)
    return RequestKey(method, path, tuple(sorted(kept)))


def _canonical(dialect: Dialect, name: str, value: str) -> str:
    """Return the one form of all values that mean the same."""
    if dialect.symbols_fold_case and name in _SYMBOLS:
        value = value.upper()
    if value.startswith("["):
        return _canonical_list(value)
    if name.endswith(_DECIMAL):
        return _canonical_number(value)
    if name == "permissions":  # rest-api.md: a name, or a list of names
        return _canonical_list(_encode([value]).decode())
    return value


def _canonical_number(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if not match:
        return text
    sign, whole, fraction = match.groups(default="")
    fraction = fraction.rstrip("0")
    number = (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
    return f"-{number}" if sign == "-" and number != "0" else number


def _canonical_list(text: str) -> str:
    """Return a JSON list with its elements in order; text that is none, as it is."""
    try:
        elements: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    if not isinstance(elements, list):
        return text
    return "[" + ",".join(sorted(_canonical_element(each) for each in elements)) + "]"


def _canonical_element(element: object) -> str:
    """Return an element of a list; an order of `batchOrders` without what the client made up."""
    if not isinstance(element, dict):
        return _encode(element, order="sorted").decode()
    kept = {
        name: _canonical_number(_as_text(value)) if name.endswith(_DECIMAL) else value
        for name, value in element.items()
        if name not in _VOLATILE and _CLIENT_ID not in name
    }
    return _encode(kept, order="sorted").decode()


def _as_text(value: object) -> str:
    """Return a JSON value as the same parameter is written in a query."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        # Never in exponent form: the query has 0.0000001.
        return format(Decimal(repr(value)), "f")
    return _encode(value).decode()
