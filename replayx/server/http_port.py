"""HTTP as the exchange would speak it: aiohttp's server without its own name, texts and logs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import http, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.streams import StreamReader

from replayx.limits import REQUEST_BODY_BYTES_MAX, TARGET_BYTES_MAX

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

# What a client did wrong, or that it has gone: told to it, if anybody, and no traceback of ours.
_CLIENTS_FAULT = (ConnectionError, http.HttpProcessingError, web.RequestPayloadError)


class HttpPort(web.Server):
    """Answers HTTP requests with a handler, on as many connections as come."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler, request_factory=_request)

    def transports(self) -> list[asyncio.Transport]:
        """Return the open connections that are no WebSockets."""
        return [
            one.transport
            for one in self.connections
            if isinstance(one, _Protocol) and not one.is_upgraded and one.transport is not None
        ]

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return _Protocol(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # aiohttp's own way to have none
            auto_decompress=False,  # a request is matched by the bytes that came
            max_line_size=TARGET_BYTES_MAX,
            max_field_size=TARGET_BYTES_MAX,
        )


class _Request(web.BaseRequest):
    """A request whose answer names no server, unless the answer itself does."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        if response.headers.get("Server") == http.SERVER_SOFTWARE:
            del response.headers["Server"]


def _request(
    message: http.RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    loop, size = asyncio.get_running_loop(), REQUEST_BODY_BYTES_MAX
    return _Request(message, payload, protocol, writer, task, loop, client_max_size=size)


def client_left(request: web.BaseRequest) -> asyncio.Event:
    """Return what is set when a request's connection is gone."""
    protocol = request.protocol
    assert isinstance(protocol, _Protocol), "a request that came by this port"
    return protocol.is_gone


def note_upgrade(request: web.BaseRequest) -> None:
    """Note that a request's connection is a WebSocket now: the session knows when it ends."""
    protocol = request.protocol
    assert isinstance(protocol, _Protocol), "a request that came by this port"
    protocol.is_upgraded = True


class _Protocol(web.RequestHandler):
    """One HTTP connection. `is_gone` is set when it has ended, whoever ended it."""

    __slots__ = ("is_gone", "is_upgraded")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        self.is_gone = asyncio.Event()
        self.is_upgraded = False
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell whoever waits that the connection is gone."""
        super().connection_lost(exc)
        self.is_gone.set()

    def log_exception(self, *args: Any, **kwargs: Any) -> None:
        """Log what went wrong in the handler, and not what a client did wrong."""
        if not isinstance(kwargs.get("exc_info"), _CLIENTS_FAULT):
            super().log_exception(*args, **kwargs)
