"""Which headers a proxy hands on (RFC 9110, 7.6.1)."""

from collections.abc import Iterable, Sequence

from multidict import CIMultiDict

from replayx.cassette.content_encoding import CODINGS
from replayx.venues.venue import HeaderPairs

_HOP_BY_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    )
)
# The request's way of being sent, which is our client's own matter; the body is sent whole.
_OURS = frozenset(("host", "content-length", "expect"))
# A compressed stream could not be cut into messages nor searched for secrets.
_UNWANTED_IN_HANDSHAKE = frozenset(("host", "content-length", "sec-websocket-extensions"))
# What a server adds by itself; a venue that leaves them out is recorded and served without them.
ADDED_BY_SERVER = ("Date", "Server", "Content-Type")


def pairs(raw: Iterable[tuple[bytes, bytes]]) -> HeaderPairs:
    """Return headers as they came, in order."""
    return tuple(
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in raw
    )


def forwarded(headers: HeaderPairs, *, handshake: bool = False) -> CIMultiDict[str]:
    """Return a request's headers as they go to the venue."""
    left_out = _UNWANTED_IN_HANDSHAKE if handshake else _OURS
    result: CIMultiDict[str] = CIMultiDict()
    for name, value in _end_to_end(headers):
        lower = name.lower()
        if lower in left_out:
            continue
        if lower == "accept-encoding":
            value = _understood(value)  # noqa: PLW2901 - the same header, with less in it
            if not value:
                continue
        result.add(name, value)
    return result


def answered(headers: HeaderPairs) -> CIMultiDict[str]:
    """Return an answer's headers as they go to the client."""
    return CIMultiDict(_end_to_end(headers))


def _end_to_end(headers: HeaderPairs) -> Sequence[tuple[str, str]]:
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for token in value.split(",")
    }
    hops = _HOP_BY_HOP | named
    return [(name, value) for name, value in headers if name.lower() not in hops]


def _understood(accept_encoding: str) -> str:
    """Return the codings among them that can be searched for secrets.

    Others, br above all, would be stored unsearched, so the venue is not asked for them.
    """
    kept = [
        item
        for item in accept_encoding.split(",")
        if item.partition(";")[0].strip().lower() in CODINGS
    ]
    return ",".join(kept).strip()
