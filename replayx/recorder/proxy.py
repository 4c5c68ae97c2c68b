"""The proxy: one local port that stands for the venue's REST, stream and WS-API hosts.

The path decides where a WebSocket goes; everything else is REST. Answers are recorded before the
client gets them.
"""

import asyncio
import ssl
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from aiohttp import http, web

from replayx.cassette.records import Gap
from replayx.errors import InvalidOption
from replayx.limits import REQUEST_BODY_BYTES_MAX, TARGET_BYTES_MAX
from replayx.recorder.connection_tape import ConnectionTape
from replayx.recorder.headers import ADDED_BY_SERVER, answered, pairs
from replayx.recorder.recording import Recording
from replayx.recorder.relay import Relay
from replayx.recorder.rest_tape import record_exchange
from replayx.recorder.upstream import (
    Answer,
    NoAnswer,
    ParserAdapter,
    UpstreamClient,
    UpstreamSocket,
)
from replayx.venues.venue import (
    HttpReply,
    HttpRequest,
    Refusal,
    Role,
    Subscription,
    Venue,
    WsApiRequest,
)

_SWITCHING = 101
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_GOING_AWAY = 1001
_SHUTDOWN_S = 2.0
# The names of the headers that the venue gave; the server's own are taken out.
_GIVEN = web.ResponseKey("given", frozenset)
# Every ASCII character: only what HTTP does not allow in a target is escaped.
_ASCII = "".join(map(chr, range(33, 127)))
# No fault of ours, and no traceback: a request that is no HTTP, a client that has gone.
_CLIENTS_FAULT = (ConnectionError, http.HttpProcessingError, web.RequestPayloadError)
_TRADING = "trading through the recorder needs --allow-trading"


class Listen(NamedTuple):
    """Where the proxy listens. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None


class ProxyRequest(web.BaseRequest):
    """A request whose answer is sent without the headers that the server has added to it."""

    @classmethod
    def made(cls, *parsed: Any) -> Self:
        """Return a request of what aiohttp has parsed."""
        parts = (*parsed, asyncio.get_running_loop())
        return cls(*parts, client_max_size=REQUEST_BODY_BYTES_MAX)

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """Called with the headers complete, before they are sent (Application's signal is too)."""
        if _GIVEN not in response:
            return
        for name in ADDED_BY_SERVER:
            if name.lower() not in response[_GIVEN]:
                response.headers.popall(name, None)


class Port(web.Server):
    """Makes the protocol of each connection."""

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return _Protocol(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # aiohttp's own way to have none
            auto_decompress=False,
            max_line_size=TARGET_BYTES_MAX,
            max_field_size=TARGET_BYTES_MAX,
        )


class _Protocol(web.RequestHandler):
    """One HTTP connection."""

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Log what went wrong here, and not what a client did wrong: it has been told."""
        if not isinstance(kwargs.get("exc_info"), _CLIENTS_FAULT):
            super().log_exception(*args, **kwargs)


class Proxy:
    """Serves clients and records what passes. `start` listens, `stop` closes everything."""

    def __init__(
        self,
        recording: Recording,
        venue: Venue,
        upstream: UpstreamClient,
        *,
        allow_trading: bool = False,
    ) -> None:
        self.port = 0
        self._recording = recording
        self._venue = venue
        self._upstream = upstream
        self._refuses_trading = upstream.upstream.live and not allow_trading
        self._relays: dict[Relay, None] = {}
        self._runner: web.ServerRunner | None = None

    async def start(self, listen: Listen) -> None:
        """Listen. Raises InvalidOption if the address cannot be had."""
        # aiohttp's low-level server: with one handler for all there is nothing to route.
        server = Port(self._handle, request_factory=ProxyRequest.made)
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, listen.host, listen.port, ssl_context=listen.tls, backlog=1024
        )
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise InvalidOption(
                f"cannot listen on {listen.host}:{listen.port}: {error.strerror or error}",
                where="--port",
                hint="Choose another port, or 0 for a free one",
            ) from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection with 1001 and stop listening."""
        relays = tuple(self._relays)
        for relay in relays:
            relay.shut_down(_GOING_AWAY, "the recorder stops")
        with suppress(TimeoutError):
            async with asyncio.timeout(_SHUTDOWN_S):
                for relay in relays:
                    await relay.done.wait()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = _origin_form(_ascii(request.raw_path))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, target)
        started_ns = self._recording.stamp()
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(_CONTINUE)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            asked = HttpRequest(request.method, target, pairs(request.raw_headers))
            detail = f"a request body of more than {REQUEST_BODY_BYTES_MAX} bytes"
            return self._refuse(asked, Refusal.BODY_TOO_LARGE, detail, started_ns)
        asked = HttpRequest(request.method, target, pairs(request.raw_headers), body)
        return await self._exchange(asked, started_ns)

    # ---- REST

    async def _exchange(self, asked: HttpRequest, started_ns: int) -> web.Response:
        if self._refuses_trading and self._venue.is_trading(asked):
            return self._refuse(asked, Refusal.TRADING_REFUSED, _TRADING, started_ns)
        await self._recording.room()
        started_ns = self._recording.stamp()
        try:
            answer = await self._upstream.request(asked)
        except NoAnswer as error:
            return self._refuse(asked, error.refusal, error.detail, started_ns)
        except asyncio.CancelledError:
            self._recording.add(
                partial(
                    Gap,
                    market=self._venue.name,
                    connection=0,
                    channel="",
                    reason=f"stopped before {asked.method} {asked.target} was answered",
                )
            )
            raise
        record_exchange(self._recording, asked, answer, started_ns)
        return _exact(answer)

    def _refuse(
        self, asked: HttpRequest, refusal: Refusal, detail: str, started_ns: int
    ) -> web.Response:
        """Answer in the venue's place, and record that we did."""
        reply = self._venue.refuse(refusal, detail)
        answer = Answer(reply.status, "", reply.headers, reply.body)
        record_exchange(
            self._recording, asked, answer, started_ns, label=f"replayx: {refusal.value}: {detail}"
        )
        return _exact(answer)

    # ---- WebSocket

    async def _socket(self, request: web.BaseRequest, target: str) -> web.StreamResponse:
        headers = pairs(request.raw_headers)
        asked = HttpRequest(request.method, target, headers)
        opened = self._venue.open(target)
        # The venue itself decides what it refuses; what we do not know of is recorded as opaque.
        subscription = (
            Subscription(Role.STREAM, target, {}) if isinstance(opened, HttpReply) else opened
        )
        await self._recording.room()
        started_ns = self._recording.stamp()
        try:
            dialled = await self._upstream.dial(subscription.role, target, headers)
        except NoAnswer as error:
            return self._refuse(asked, error.refusal, error.detail, started_ns)
        if isinstance(dialled, Answer):
            record_exchange(self._recording, asked, dialled, started_ns)
            return _exact(dialled)
        try:
            return await self._relay(request, subscription, dialled)
        finally:
            dialled.release()

    async def _relay(
        self, request: web.BaseRequest, subscription: Subscription, socket: UpstreamSocket
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=_SWITCHING, headers=answered(socket.headers))
        response.headers["Connection"] = "Upgrade"
        response.headers["Upgrade"] = "websocket"
        response[_GIVEN] = frozenset(name.lower() for name in response.headers)
        response.force_close()
        tape = ConnectionTape(self._recording, self._venue, subscription)
        tape.opened(pairs(request.raw_headers), socket.headers)
        await response.prepare(request)
        transport = request.transport
        if transport is None:  # gone before it was answered
            tape.closed(1006, "", by="client")
            return response
        gate = partial(_gate, self._venue, tape) if self._is_gated(subscription) else None
        relay = Relay(self._recording, tape, transport, socket.transport, gate=gate)
        self._relays[relay] = None
        request.protocol.set_parser(ParserAdapter(relay.from_client))  # type: ignore[arg-type] # its methods are those of a parser
        socket.start(relay.from_venue)
        try:
            await relay.done.wait()
        finally:
            del self._relays[relay]
        return response

    def _is_gated(self, subscription: Subscription) -> bool:
        return self._refuses_trading and subscription.role is Role.WS_API


def _gate(venue: Venue, tape: ConnectionTape, payload: bytes, at_ns: int) -> bytes | None:
    """Answer a message that trades; None lets it pass."""
    if not venue.is_trading_message(payload):
        return None
    request = venue.wsapi_request(payload) or WsApiRequest(b"null", "", {}, payload)
    reply = venue.wsapi_reply(request, venue.refuse(Refusal.TRADING_REFUSED, _TRADING))
    tape.refused(request, reply, f"replayx: {Refusal.TRADING_REFUSED.value}", at_ns)
    return reply


def _ascii(target: str) -> str:
    """Return a request's target with what HTTP does not allow in it escaped."""
    return target if target.isascii() else quote(target.encode("utf-8", "surrogateescape"), _ASCII)


def _origin_form(target: str) -> str:
    """Return a target without the scheme and host that a client of proxies writes before it.

    RFC 9112, 3.2.2: a server has to understand that form.
    """
    scheme, separator, rest = target.partition("://")
    if not separator or not scheme.isalpha():
        return target
    path = rest[len(rest.partition("/")[0].partition("?")[0]) :]
    return path if path.startswith("/") else "/" + path


def _exact(answer: Answer) -> web.Response:
    """Return the venue's answer as it came."""
    headers = answered(answer.headers)
    response = web.Response(
        status=answer.status, reason=answer.reason or None, headers=headers, body=answer.body
    )
    response[_GIVEN] = frozenset(name.lower() for name in headers)
    return response
