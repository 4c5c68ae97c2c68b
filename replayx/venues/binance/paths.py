"""WebSocket paths: what a handshake's target subscribes to.

    /ws/<stream>[/<stream>...]    bare payloads        /stream?streams=<a>/<b>    in envelopes
    /ws, /ws/, /ws/0, /stream     nothing yet          /ws-api/v3, /ws-fapi/v1    the WS API
    /public|market|private/...    USDⓈ-M since 2026-04; the undivided paths deliver everything

Origin: web-socket-streams.md; derivatives docs; `/ws/0` is how ccxt opens a connection.
"""

from urllib.parse import unquote

from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.streams import STREAMS_MAX, is_stream_name
from replayx.venues.venue import HttpReply, Role, Subscription


def split_target(target: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the decoded path of a target, and the decoded pairs of its query.

    A plus sign stays one: `kline_1m@+08:00` is a stream's name.
    """
    path, _, query = target.partition("?")
    pairs = [
        (unquote(name), unquote(value))
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    ]
    return unquote(path), pairs


def open_path(dialect: Dialect, target: str) -> Subscription | HttpReply:
    """Return what a handshake at `target` subscribes to, or the venue's refusal."""
    path, query = split_target(target)
    if path.rstrip("/") == dialect.wsapi_path:
        return Subscription(role=Role.WS_API, target=target, channels={})
    route, rest = _split_route(dialect, path)
    door, _, names = rest.removeprefix("/").partition("/")
    combined = door == "stream"
    if door not in ("ws", "stream") or (combined and names):
        return HttpReply(404, b"")  # Binance's body for an unknown path is empty
    streams = [name for name in names.split("/") if is_stream_name(name)]
    if combined:
        streams = [name for key, value in query if key == "streams" for name in value.split("/")]
    streams += [value for key, value in query if key == "listenKey"]
    channels = dict.fromkeys(name for name in streams if name)
    if len(channels) > STREAMS_MAX:
        return HttpReply(400, b"")
    return Subscription(
        role=Role.STREAM, target=target, channels=channels, combined=combined, route=route
    )


def _split_route(dialect: Dialect, path: str) -> tuple[str, str]:
    """Return (route, rest of the path). `/pm` is portfolio margin's private door."""
    first, slash, rest = path.removeprefix("/").partition("/")
    if first in dialect.routes:
        return first, slash + rest
    if first == "pm" and dialect.routes:
        return "private", slash + rest
    return "", path


def asks_for_no_rate_limits(target: str) -> bool:
    """Say whether a WS-API URL switches the `rateLimits` of replies off."""
    return ("returnRateLimits", "false") in split_target(target)[1]
