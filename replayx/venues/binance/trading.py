"""What moves money or orders, and what is public market data.

Toward a live market the doubtful counts as trading: what is not known to be harmless is refused.
"""

from replayx.venues.binance.commands import STREAM_METHODS
from replayx.venues.binance.dialect import Dialect
from replayx.venues.binance.methods import WSAPI
from replayx.venues.binance.wsapi import parse_request, twin
from replayx.venues.venue import HttpRequest, RequestKey

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Not reading, but neither orders nor money: listen keys, and orders that are only checked.
_HARMLESS = frozenset(
    (
        *("/api/v3/userDataStream", "/api/v1/userDataStream", "/fapi/v1/listenKey"),
        *("/sapi/v1/userDataStream", "/sapi/v1/userDataStream/isolated"),
        *("/sapi/v1/userListenToken", "/api/v3/order/test", "/api/v3/sor/order/test"),
        "/fapi/v1/order/test",
    )
)
_TRADING_WORDS = (b"rder", b"cancel", b"place", b"modify", b"amend")


def is_trading(request: HttpRequest) -> bool:
    """Say whether an HTTP request moves money or orders."""
    if request.method.upper() in _READING:
        return False
    return request.target.partition("?")[0] not in _HARMLESS


def is_trading_message(dialect: Dialect, message: bytes) -> bool:
    """Say whether a WS-API message moves money or orders."""
    request = parse_request(message)
    if request is None:
        # The venue's parser may be laxer than ours.
        return any(word in message for word in _TRADING_WORDS)
    if request.method in STREAM_METHODS:
        return False
    method, path = twin(dialect, request.method) or ("", "")
    return not (method in _READING or method == WSAPI or path in _HARMLESS)


def is_stateful(dialect: Dialect, key: RequestKey) -> bool:
    """Say whether answers are to be played in order: all that is not public market data."""
    if key.method != "GET":
        return True
    return key.path not in dialect.public and not key.path.startswith("/futures/data/")
