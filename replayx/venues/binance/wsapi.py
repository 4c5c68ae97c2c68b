"""The WebSocket API: requests and replies in its envelope, and their REST twins.

    -> {"id":1,"method":"depth","params":{"symbol":"BTCUSDT"}}
    <- {"id":1,"status":200,"result":{...},"rateLimits":[...]}

Origin: web-socket-api.md. Bodies and ids are kept as the bytes they came in.
"""

import re

import msgspec

from replayx.errors import InvalidCapture
from replayx.venues.binance.attribution import WSAPI_USER_CHANNEL
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.methods import WSAPI
from replayx.venues.binance.paths import asks_for_no_rate_limits
from replayx.venues.binance.request_key import parameter_key
from replayx.venues.venue import (
    CommandOutcome,
    HttpReply,
    RequestKey,
    Subscription,
    WsApiRequest,
)

_NULL = b"null"
_VERSION = re.compile(r"^v[0-9]+/")
_ID = re.compile(r"[a-zA-Z0-9-_]{1,36}")
_WEIGHT_HEADER = "x-mbx-used-weight-1m"
# errors.md; which of them the WS API uses is not documented.
_INVALID_JSON = -1135
_NOT_SUPPORTED = -1020
_UNKNOWN = -1000


class _Request(msgspec.Struct):
    method: str
    id: msgspec.Raw = msgspec.Raw(_NULL)
    params: dict[str, object] | None = None


class _ReplyId(msgspec.Struct):
    id: msgspec.Raw
    status: int


class _Limit(msgspec.Struct, rename={"kind": "rateLimitType"}):
    kind: str = ""
    count: int = 0


class _Reply(msgspec.Struct):
    status: int
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    limits: list[_Limit] = msgspec.field(default_factory=list, name="rateLimits")


_decode_request = msgspec.json.Decoder(_Request).decode
_decode_reply_id = msgspec.json.Decoder(_ReplyId).decode
_decode_reply = msgspec.json.Decoder(_Reply).decode


def parse_request(message: bytes) -> WsApiRequest | None:
    """Parse a WS-API request; None if it is not one."""
    try:
        request = _decode_request(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return WsApiRequest(bytes(request.id), request.method, request.params or {}, message)


def twin(dialect: Dialect, method: str) -> tuple[str, str] | None:
    """Return the (HTTP method, path) that answers a WS-API method; None if there is no such one."""
    return dialect.methods.get(method) or dialect.methods.get(_VERSION.sub("", method, count=1))


def wsapi_key(dialect: Dialect, request: WsApiRequest) -> RequestKey:
    """Return what identifies a WS-API request: the key of its HTTP twin if it has one."""
    method, path = twin(dialect, request.method) or (WSAPI, request.method)
    return parameter_key(dialect, method, path, request.params)


def command(dialect: Dialect, subscription: Subscription, message: bytes) -> CommandOutcome:
    """Say what a client's message on a WS-API connection is: a request, or an error reply."""
    request = parse_request(message)
    if request is None:
        return _refused(dialect, _NULL, _INVALID_JSON, "Invalid JSON Request")
    if not _is_id(request.id):
        return _refused(
            dialect,
            _NULL,
            _INVALID_JSON,
            "Invalid 'id' in JSON request; expected an integer, "
            "string matching '^[a-zA-Z0-9-_]{1,36}$', or null.",
        )
    if twin(dialect, request.method) is None:
        return _refused(dialect, request.id, _NOT_SUPPORTED, "This operation is not supported.")
    if asks_for_no_rate_limits(subscription.target):
        request.params.setdefault("returnRateLimits", False)
    return CommandOutcome(request=request, changed=_follow(subscription, request.method))


def _follow(subscription: Subscription, method: str) -> bool:
    """Keep the channel of private events, which some methods open and close."""
    before = len(subscription.channels)
    if method.startswith("userDataStream.subscribe"):
        subscription.channels[WSAPI_USER_CHANNEL] = None
    elif method in ("userDataStream.unsubscribe", "session.logout"):
        subscription.channels.pop(WSAPI_USER_CHANNEL, None)
    return len(subscription.channels) != before


def _is_id(text: bytes) -> bool:
    value: object = msgspec.json.decode(text)
    if isinstance(value, str):
        return _ID.fullmatch(value) is not None
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _refused(dialect: Dialect, request_id: bytes, code: int, text: str) -> CommandOutcome:
    error = msgspec.json.encode({"code": code, "msg": text})
    return CommandOutcome(reply=_frame(request_id, 400, error, _rate_limits(dialect, "1")))


def _frame(request_id: bytes, status: int, body: bytes, limits: bytes) -> bytes:
    key = b"result" if status < 400 else b"error"
    return b'{"id":%b,"status":%d,"%b":%b%b}' % (request_id, status, key, body, limits)


def _rate_limits(dialect: Dialect, count: str) -> bytes:
    return (
        b',"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,'
        b'"limit":%d,"count":%b}]' % (dialect.weight_max, count.encode())
    )


def wsapi_reply(dialect: Dialect, request: WsApiRequest, reply: HttpReply) -> bytes:
    """Return an HTTP answer as the WS-API sends it, with the request's id."""
    weights = [value for name, value in reply.headers if name.lower() == _WEIGHT_HEADER]
    count = weights[0] if weights and weights[0].isascii() and weights[0].isdigit() else "1"
    wanted = request.params.get("returnRateLimits") is not False
    limits = _rate_limits(dialect, count) if wanted else b""
    return _frame(request.id, reply.status, _json_body(reply), limits)


def _json_body(reply: HttpReply) -> bytes:
    """Return a reply's body, or an error that stands for one that is not JSON (a CDN's page)."""
    body = reply.body.strip()
    if body[:1] in (b"{", b"["):
        return body
    if reply.status < 400:
        return body or b"{}"
    text = "An unknown error occurred while processing the request."
    return msgspec.json.encode({"code": _UNKNOWN, "msg": text})


def reply_id(message: bytes) -> bytes | None:
    """Return the id of a WS-API reply, as its JSON text; None if it is no reply."""
    try:
        return bytes(_decode_reply_id(message).id)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def wsapi_recorded(dialect: Dialect, message: bytes) -> HttpReply:
    """Return a recorded WS-API reply as the HTTP answer it is equal to.

    Raises InvalidCapture if the message is not a reply.
    """
    try:
        reply = _decode_reply(message)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise InvalidCapture(
            f"a WS-API answer that is not a reply ({problem})",
            expected='{"id":...,"status":...,"result" or "error":...}',
        ) from problem
    body = reply.error if reply.result is msgspec.UNSET else reply.result
    headers = [("Content-Type", dialect.content_type)]
    for limit in reply.limits:
        if limit.kind == "REQUEST_WEIGHT":
            headers.append((_WEIGHT_HEADER, str(limit.count)))
    return HttpReply(reply.status, b"{}" if body is msgspec.UNSET else bytes(body), tuple(headers))
