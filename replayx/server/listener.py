"""One port that looks like the exchange: HTTP and WebSocket in, session inputs out.

The market is named by the listener; by the Host header, if it is one of the exchange's own; or by
the original host as the first segment of the path (`/fstream.example.com/ws/...`), so that one
port can carry every market.
"""

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from replayx.limits import CONNECTIONS_MAX, MESSAGE_BYTES_MAX, TARGET_BYTES_MAX
from replayx.server.numbering import Numbering
from replayx.server.pump import Pump
from replayx.server.sink import Sink
from replayx.session.inputs import (
    ConnectionAsked,
    ConnectionLost,
    ConnectionOpened,
    MessageReceived,
    PingReceived,
    PongReceived,
    RequestReceived,
)
from replayx.venues.venue import HttpReply, HttpRequest

MarketOfHost = Callable[[str], str | None]


class Listener:
    """Serves one market, and any other market of the cassette that a request names."""

    def __init__(
        self,
        market: str,
        pump: Pump,
        sink: Sink,
        numbering: Numbering,
        market_of_host: MarketOfHost,
    ) -> None:
        self.market = market
        self._pump = pump
        self._sink = sink
        self._numbering = numbering
        self._market_of_host = market_of_host
        self._runner = web.ServerRunner(
            web.Server(
                self._handle,
                access_log=None,
                max_line_size=TARGET_BYTES_MAX,
                max_field_size=TARGET_BYTES_MAX,
            ),
            shutdown_timeout=1.0,
        )

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen and return the port. Raises OSError."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=tls, backlog=1024).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    # ---- requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        market, target = self._addressed(request)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, market, target)
        body = await request.read() if request.can_read_body else b""
        number = self._numbering.next()
        asked = HttpRequest(request.method, target, tuple(request.headers.items()), body)
        self._pump.feed(RequestReceived(number, market, asked))
        return _response(self._pump.reply(number))

    def _addressed(self, request: web.BaseRequest) -> tuple[str, str]:
        """Return the market a request is for, and its target without the market's host."""
        target = request.raw_path
        if target.startswith(("http://", "https://")):
            parts = urlsplit(target)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
        first, slash, rest = target[1:].partition("/")
        if "." in first and (named := self._market_of_host(first)) is not None:
            return named, slash + rest or "/"
        named = self._market_of_host(request.headers.get("Host", ""))
        return named or self.market, target

    # ---- sockets

    async def _socket(
        self, request: web.BaseRequest, market: str, target: str
    ) -> web.StreamResponse:
        number = self._numbering.next()
        if self._numbering.open_count >= CONNECTIONS_MAX:
            return web.Response(status=503)
        self._pump.feed(ConnectionAsked(number, market, target))
        refusal = self._pump.verdict(number)
        if refusal is not None:
            return _response(refusal)
        socket = web.WebSocketResponse(
            autoping=False,
            compress=False,
            max_msg_size=MESSAGE_BYTES_MAX,
            timeout=1.0,
            decode_text=False,
        )
        self._numbering.open_count += 1
        try:
            await socket.prepare(request)
            self._sink.add(number, request, socket)
            self._pump.feed(ConnectionOpened(number))
            await self._read(number, socket)
        finally:
            self._numbering.open_count -= 1
            self._sink.remove(number)
            self._pump.feed(ConnectionLost(number))
        return socket

    async def _read(self, number: int, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    self._pump.feed(MessageReceived(number, bytes(message.data)))
                case WSMsgType.PING:
                    self._pump.feed(PingReceived(number, bytes(message.data)))
                case WSMsgType.PONG:
                    self._pump.feed(PongReceived(number, bytes(message.data)))
                case _:
                    return


def _response(reply: HttpReply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=CIMultiDict(reply.headers))


def urls(host: str, port: int, wsapi_path: str, *, tls: bool) -> Mapping[str, str]:
    """Return a listener's base URLs, ready to paste."""
    shown = f"[{host}]" if ":" in host else host
    secure = "s" if tls else ""
    ws = f"ws{secure}://{shown}:{port}"
    return {"rest": f"http{secure}://{shown}:{port}", "ws": ws, "wsapi": ws + wsapi_path}
