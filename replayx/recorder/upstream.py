"""The recorder's side toward the venue: HTTP requests, WebSocket handshakes, raw frames after them.

Handshakes are made by aiohttp's HTTP client, so that a refusal has its status, headers and body;
then the connection is taken over, and its bytes go to whoever relays them.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol, TypeVar

import aiohttp
from yarl import URL

from replayx.errors import UpstreamFailure
from replayx.limits import (
    BODY_BYTES_MAX,
    TARGET_BYTES_MAX,
    UPSTREAM_ANSWER_S,
    UPSTREAM_CONNECT_S,
)
from replayx.recorder.headers import forwarded, pairs
from replayx.venues.venue import HeaderPairs, HttpRequest, Refusal, Role, Upstream

_T = TypeVar("_T")
_SWITCHING = 101
# Headers that aiohttp's client would add by itself.
_AUTOMATIC = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class Answer(NamedTuple):
    """A venue's answer, as it came."""

    status: int
    reason: str
    headers: HeaderPairs
    body: bytes


class NoAnswer(UpstreamFailure):
    """The venue did not answer; `refusal` is how it would itself say so."""

    def __init__(self, refusal: Refusal, detail: str, url: str) -> None:
        super().__init__(detail, where=url, hint="Check the URL and the network")
        self.refusal = refusal
        self.detail = detail


class Receiver(Protocol):
    """Takes what comes over a connection."""

    def data(self, data: bytes) -> None:
        """Take bytes as they arrive."""

    def lost(self) -> None:
        """The connection is gone."""


class ParserAdapter:
    """A Receiver in the shape of aiohttp's payload parsers, which get a connection's raw bytes."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Pass bytes on; never the end of the connection."""
        self._receiver.data(data)
        return False, b""

    def feed_eof(self) -> None:
        """Pass on that the connection is gone."""
        self._receiver.lost()


class UpstreamSocket:
    """A WebSocket connection to the venue whose handshake is complete. `start` lets bytes come."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        connection = response.connection
        assert connection is not None
        assert connection.protocol is not None
        assert connection.transport is not None
        self.headers = pairs(response.raw_headers)
        self.transport: asyncio.Transport = connection.transport
        self._protocol = connection.protocol
        self._response = response  # kept: it closes the connection when it is collected

    def start(self, receiver: Receiver) -> None:
        """Give what has come and what will come to `receiver`."""
        if not self._protocol.is_connected():
            receiver.lost()
            return
        self._protocol.read_timeout = None  # silence is the venue's right from here on
        self._protocol.set_parser(ParserAdapter(receiver), None)

    def release(self) -> None:
        """Let go of the connection, which is lost or about to be."""
        self._response.close()


class UpstreamClient:
    """Speaks to one deployment of a venue. Made inside a running event loop; to be closed."""

    def __init__(self, upstream: Upstream, tls: ssl.SSLContext) -> None:
        self.upstream = upstream
        origins = (
            (Role.REST, upstream.rest), (Role.STREAM, upstream.ws), (Role.WS_API, upstream.wsapi),
        )  # fmt: skip
        self._origins = {role: URL(origin) for role, origin in origins if origin}
        self._rest = _session(aiohttp.TCPConnector(limit=0, ssl=tls))
        # A handshake gets a connection of its own, never one that REST has left over.
        self._sockets = _session(aiohttp.TCPConnector(limit=0, ssl=tls, force_close=True))

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()
        await self._sockets.close()

    async def request(self, request: HttpRequest) -> Answer:
        """Send a request byte for byte and return the answer. Raises NoAnswer."""
        url = self.url(Role.REST, request.target)
        if request.method == "CONNECT":
            raise NoAnswer(Refusal.UPSTREAM_UNREACHABLE, "this is no tunnel", str(url))
        headers = forwarded(request.headers)

        async def exchange() -> Answer:
            async with self._rest.request(
                request.method,
                url,
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
            ) as response:
                return await _read(response)

        return await _answered(exchange, url)

    async def dial(
        self, role: Role, target: str, headers: HeaderPairs
    ) -> "UpstreamSocket | Answer":
        """Open a WebSocket; the answer if the venue refuses. Raises NoAnswer.

        `headers` are the client's, with its Sec-WebSocket-Key: the client checks the answer.
        """
        url = self.url(role, target)
        sent = forwarded(headers, handshake=True)
        sent["Connection"] = "Upgrade"
        sent["Upgrade"] = "websocket"

        async def handshake() -> UpstreamSocket | Answer:
            response = await self._sockets.get(
                url, headers=sent, allow_redirects=False, read_until_eof=False
            )
            if response.status == _SWITCHING:
                return UpstreamSocket(response)
            async with response:
                return await _read(response)

        return await _answered(handshake, url)

    def url(self, role: Role, target: str) -> URL:
        """Return where a request goes. Raises NoAnswer if there is nothing of that role."""
        origin = self._origins.get(role)
        if origin is None:
            raise NoAnswer(
                Refusal.UPSTREAM_UNREACHABLE, f"no {role.value} upstream is known", target
            )
        # All of the target as the path: taken apart it would lose a bare `?`, and what does not
        # begin with a slash could name another host.
        return origin.with_path(origin.raw_path.rstrip("/") + target, encoded=True)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Return a client that sends what it is given and changes nothing that it gets."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=_AUTOMATIC,
        max_line_size=TARGET_BYTES_MAX,
        max_field_size=TARGET_BYTES_MAX,
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=UPSTREAM_CONNECT_S, sock_read=UPSTREAM_ANSWER_S
        ),
    )


async def _answered(exchange: Callable[[], Awaitable[_T]], url: URL) -> _T:
    """Return what `exchange` does. Raises NoAnswer for what goes wrong on the way."""
    try:
        return await exchange()
    except TimeoutError as error:
        raise NoAnswer(
            Refusal.UPSTREAM_TIMEOUT, "the venue did not answer in time", str(url)
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        detail = str(error) or type(error).__name__
        raise NoAnswer(Refusal.UPSTREAM_UNREACHABLE, detail, str(url)) from error


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """Return the answer when it is complete. Raises NoAnswer if a cassette can't take it."""
    declared = response.content_length
    if declared is not None and declared <= BODY_BYTES_MAX:
        body = await response.read()
    else:
        body = await _bounded_body(response)
    headers = pairs(response.raw_headers)
    return Answer(response.status, response.reason or "", headers, body)


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise NoAnswer(
                Refusal.BODY_TOO_LARGE,
                f"the answer has more than {BODY_BYTES_MAX} bytes",
                str(response.url),
            )
        parts.append(part)
    return b"".join(parts)
