"""Commands on a stream connection: SUBSCRIBE and its kin, with Binance's replies and errors.

Origin: web-socket-streams.md, "Live Subscribing/Unsubscribing to streams". Errors are documented
flat and seen wrapped in `error` with the request's id; the wrapped form is sent. Their texts come
from the venue's JSON parser: line and column are worked out as it would.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from replayx.venues.binance.streams import STREAMS_MAX
from replayx.venues.venue import Close, CommandOutcome, Subscription

_NULL = b"null"
_ID_LENGTH_MAX = 36
_INVALID_REQUEST = 2
_INVALID_JSON = 3
_TOO_MANY = 4

_BYTE_OF_ERROR = re.compile(r"\(byte (\d+)\)")
_encode = msgspec.json.encode


class _Invalid(Exception):
    """A request that is refused with an error reply."""

    def __init__(self, code: int, text: str, request_id: bytes = _NULL) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.request_id = request_id


class _Request(msgspec.Struct):
    method: str
    params: list[object]
    id: bytes


def command(subscription: Subscription, message: bytes) -> CommandOutcome:
    """Apply a client's message to its subscription and say what follows."""
    try:
        request = _parse(message)
        return _HANDLERS[request.method](subscription, request)
    except _Invalid as invalid:
        reply = error_reply(invalid.code, invalid.text, invalid.request_id)
        if invalid.code == _TOO_MANY:
            # Seen 2026-10: the 1025th stream is answered, then the connection is closed.
            return CommandOutcome(reply=reply, close=Close(1008, "Invalid request"))
        return CommandOutcome(reply=reply)


def error_reply(code: int, text: str, request_id: bytes) -> bytes:
    """Return an error as a stream connection sends it."""
    error = _encode({"code": code, "msg": text})
    return b'{"error":' + error + b',"id":' + request_id + b"}"


def _result(request: _Request, result: object = None) -> bytes:
    return b'{"result":' + _encode(result) + b',"id":' + request.id + b"}"


def _parse(message: bytes) -> _Request:
    fields = _fields_of(message)
    request_id = bytes(fields.get("id", _NULL))
    if not _is_id(request_id):
        raise _Invalid(_INVALID_REQUEST, "Invalid request: request ID must be an unsigned integer")
    end = _position(message, len(message))
    if "method" not in fields:
        raise _Invalid(
            _INVALID_REQUEST, f"Invalid request: missing field `method` at {end}", request_id
        )
    method: object = msgspec.json.decode(fields["method"])
    if method not in _HANDLERS:
        raise _Invalid(_INVALID_REQUEST, _unknown_variant(message, fields["method"]), request_id)
    params: object = msgspec.json.decode(fields.get("params", b"[]"))
    if params is None:
        params = []
    if not isinstance(params, list):
        raise _Invalid(
            _INVALID_REQUEST,
            f"Invalid request: invalid type: {_rust_type(params)}, expected a sequence at {end}",
            request_id,
        )
    return _Request(str(method), params, request_id)


def _fields_of(message: bytes) -> dict[str, msgspec.Raw]:
    try:
        value: object = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        found = _BYTE_OF_ERROR.search(str(problem))
        where = _position(message, int(found[1]) + 1 if found else len(message))
        raise _Invalid(_INVALID_JSON, f"Invalid JSON: expected value at {where}") from None
    if not isinstance(value, dict):
        end = _position(message, len(message))
        raise _Invalid(
            _INVALID_REQUEST,
            f"Invalid request: invalid type: {_rust_type(value)}, expected a map at {end}",
        )
    return msgspec.json.decode(message, type=dict[str, msgspec.Raw])


def _position(message: bytes, column: int) -> str:
    """Return a place in a message as serde_json says it."""
    before = message[:column]
    line = before.count(b"\n") + 1
    return f"line {line} column {column - (before.rfind(10) + 1)}"


def _is_id(text: bytes) -> bool:
    """Say whether an id is an integer of 64 bits, a string of at most 36 characters, or null."""
    value: object = msgspec.json.decode(text)
    if isinstance(value, str):
        return len(value) <= _ID_LENGTH_MAX
    if isinstance(value, int) and not isinstance(value, bool):
        return -(1 << 63) <= value < 1 << 63
    return value is None


def _rust_type(value: object) -> str:
    """Return how serde calls a JSON value's type."""
    if isinstance(value, bool):
        return "boolean"
    names = {int: "integer", float: "floating point", str: "string", list: "sequence", dict: "map"}
    return names.get(type(value), "null")


def _unknown_variant(message: bytes, method: msgspec.Raw) -> str:
    text = bytes(method)
    name = text.strip(b'"').decode(errors="replace")
    where = _position(message, message.find(text) + len(text))
    known = ", ".join(f"`{method}`" for method in _HANDLERS)
    return f"Invalid request: unknown variant `{name}`, expected one of {known} at {where}"


# ---- what each method does


def _names(request: _Request) -> list[str]:
    names = [name for name in request.params if isinstance(name, str)]
    if len(names) != len(request.params):
        raise _Invalid(_INVALID_REQUEST, "Invalid request: invalid stream", request.id)
    return names


def _subscribe(subscription: Subscription, request: _Request) -> CommandOutcome:
    """Add streams. Ones that do not exist are acknowledged and stay silent (seen 2026-10)."""
    new = dict.fromkeys(name for name in _names(request) if name not in subscription.channels)
    if len(subscription.channels) + len(new) > STREAMS_MAX:
        raise _Invalid(_TOO_MANY, "Too many subscriptions", request.id)
    subscription.channels.update(new)
    return CommandOutcome(reply=_result(request), changed=bool(new))


def _unsubscribe(subscription: Subscription, request: _Request) -> CommandOutcome:
    gone = [name for name in _names(request) if name in subscription.channels]
    for name in dict.fromkeys(gone):
        del subscription.channels[name]
    return CommandOutcome(reply=_result(request), changed=bool(gone))


def _list(subscription: Subscription, request: _Request) -> CommandOutcome:
    _limit_params(request, 0)
    return CommandOutcome(reply=_result(request, list(subscription.channels)))


def _set_property(subscription: Subscription, request: _Request) -> CommandOutcome:
    _limit_params(request, 2)
    _property(request)
    value = request.params[1] if len(request.params) == 2 else None
    if not isinstance(value, bool):
        raise _Invalid(1, "Invalid value type: expected Boolean", request.id)
    changed = subscription.combined != value
    subscription.combined = value
    return CommandOutcome(reply=_result(request), changed=changed)


def _get_property(subscription: Subscription, request: _Request) -> CommandOutcome:
    _limit_params(request, 1)
    _property(request)
    return CommandOutcome(reply=_result(request, subscription.combined))


def _limit_params(request: _Request, count: int) -> None:
    if len(request.params) > count:
        raise _Invalid(_INVALID_REQUEST, "Invalid request: too many parameters", request.id)


def _property(request: _Request) -> None:
    """Check that the property asked for is the only one there is. Raises _Invalid."""
    name = request.params[0] if request.params else None
    if not isinstance(name, str):
        raise _Invalid(
            _INVALID_REQUEST, "Invalid request: property name must be a string", request.id
        )
    if name != "combined":
        raise _Invalid(0, "Unknown property", request.id)


_Handler = Callable[[Subscription, _Request], CommandOutcome]
# In the order in which the venue's error text names them.
_HANDLERS: Mapping[str, _Handler] = MappingProxyType(
    {
        "SUBSCRIBE": _subscribe,
        "UNSUBSCRIBE": _unsubscribe,
        "LIST_SUBSCRIPTIONS": _list,
        "SET_PROPERTY": _set_property,
        "GET_PROPERTY": _get_property,
    }
)
STREAM_METHODS = frozenset(_HANDLERS)
